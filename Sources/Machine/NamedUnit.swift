public import VTdUnit

/// A remapping unit of a machine with its name and the PCI segment that it covers.
public struct NamedUnit {
  /// Its name, such as `dmar0`.
  public let name: String
  /// The PCI segment that it covers.
  public let segment: UInt32
  /// The unit itself.
  public let hardware: RemappingUnit
}
