internal import KernelRuntime
internal import PCI
internal import VTdFormats

/// The units, and what the driver knows of the functions behind them.
final class FunctionTable {
  let units: [IntelIOMMU]
  /// What the bus scan found out about each function.
  private(set) var found: [PCIAddress: ProbedFunction] = [:]
  /// The functions that were probed, in the bus's order.
  var probed: [ProbedFunction] = []
  /// What the driver knows of each function that it has met.
  var devices: [PCIAddress: DeviceInfo] = [:]

  init(_ units: [IntelIOMMU]) { self.units = units }

  /// Parts devices from their domains and processes: the kernel is gone.
  func letGoOfDevices() {
    for device in devices.values {
      device.domain = nil
      device.processes = [:]
    }
    devices = [:]
  }

  /// dmar_dev_scope_init: units and ids of all functions are settled before the units come up.
  func find(_ functions: [ProbedFunction]) {
    for function in functions { found[function.address] = function }
  }

  func unit(covering device: PCIAddress) -> IntelIOMMU? {
    switch found[device]?.unit ?? .ofSegment {
    case .index(let index): return index < units.count ? units[index] : nil
    case .ofSegment: return units.first { $0.segment == device.segment }
    case .uncovered: return nil
    }
  }

  /// The unit whose registers lie there.
  func unit(at base: UInt64) -> IntelIOMMU? { units.first { $0.registerBase.rawValue == base } }

  /// `drhd->gfx_dedicated`.
  func coversGraphicsOnly(_ unit: IntelIOMMU) -> Bool {
    let covered = found.values.filter { $0.unit == .index(unit.number) }
    return !covered.isEmpty && covered.allSatisfy { $0.traits.classCode.isDisplay }
  }

  /// hw_pass_through: every unit can pass requests through.
  var hasPassThrough: Bool { units.allSatisfy { $0.extendedCapability[flag: .passThrough] } }
}

extension PASID {
  /// That of requests that carry none (PASID_RID2PASID, IOMMU_NO_PASID).
  static var none: PASID { PASID(rawValue: 0) }
}

extension DomainID {
  /// The one that identity and first-stage domains of all devices share (FLPT_DEFAULT_DID).
  static var shared: DomainID { DomainID(rawValue: 1) }
  /// What a unit in caching mode tags with that is not present.
  static var notPresent: DomainID { DomainID(rawValue: 0) }
}

extension FunctionTable {
  /// Functions that somebody attached to a domain without a probe, by their addresses.
  var unprobed: [PCIAddress] {
    let known = Set(probed.map { $0.address })
    return devices.keys.filter { !known.contains($0) }.sorted()
  }

  /// The functions that debugfs shows, in the bus's order.
  var shown: [PCIAddress] { probed.map { $0.address } + unprobed }
}
