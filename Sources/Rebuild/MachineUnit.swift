internal import PCI
internal import VTdFormats

/// A unit of a rebuilt machine.
struct MachineUnit {
  var name: String
  var base: UInt64?
  /// Nil where the log has no boot line of it.
  var knownCapability: Capability?
  var capability: Capability
  var extended: ExtendedCapability
  /// Whether its tables are those of scalable mode. Linux asks each unit for itself (`sm_supported`).
  var isScalable: Bool
  /// Where its root table lies.
  var root: UInt64
  /// The segment that it covers.
  var segment: UInt32 = 0
  /// Functions that are its own though another unit has their segment.
  var covers: [PCIAddress] = []
}
