public import PCI
public import VTdFormats

/// A function as the IOMMU core finds it on the bus.
public struct ProbedFunction: Hashable, Sendable {
  public var address: PCIAddress
  /// Functions of one group share a domain.
  public var group: Int
  /// Other ids under which its requests may arrive; they share its context entry's contents.
  public var aliases: [SourceID]
  /// Which unit covers it.
  public var unit: UnitChoice
  /// A PCI-to-ISA bridge (class 0601): floppy-era devices behind it may use the first 16 MiB.
  public var isISABridge: Bool

  public init(
    address: PCIAddress, group: Int, aliases: [SourceID] = [], unit: UnitChoice = .ofSegment,
    isISABridge: Bool = false
  ) {
    self.address = address
    self.group = group
    self.aliases = aliases
    self.unit = unit
    self.isISABridge = isISABridge
  }
}

/// The unit that device_to_iommu finds for a function.
public enum UnitChoice: Hashable, Sendable {
  /// The one of the function's segment: there is no table that says more.
  case ofSegment
  /// By its place among the kernel's units.
  case index(Int)
  /// None: the function is not remapped, and gets no domain.
  case uncovered
}

/// bus_iommu_probe: every function gets into its group, every group its default domain.
extension IntelIOMMUDriver {
  /// Reserved ids: 0, and the one that identity and first-stage domains of all devices share
  /// (FLPT_DEFAULT_DID).
  private static let firstDomainID: UInt16 = 2

  func probe(_ functions: [ProbedFunction]) throws(DriverError) {
    let functions = functions.filter { $0.unit != .uncovered }
    probed = functions
    for function in functions { try allocatePASIDDirectory(for: function.address) }
    var groups: [Int] = []
    for function in functions where !groups.contains(function.group) {
      groups.append(function.group)
    }
    for (index, group) in groups.enumerated() {
      let members = functions.filter { $0.group == group }
      // The domain is made for the widest tables there are (DEFAULT_DOMAIN_ADDRESS_WIDTH, 57 bits).
      let domain = try makeDomain(
        id: DomainID(rawValue: Self.firstDomainID + UInt16(index)), levels: 5)
      for member in members where member.isISABridge { try mapLowMemory(in: domain) }
      for member in members { try attach(member.address, to: domain) }
    }
  }

  /// iommu_create_device_direct_mappings for the range that intel_iommu_get_resv_regions gives an
  /// ISA bridge. No unit is known to the domain yet, so pages are of 4 KiB.
  private func mapLowMemory(in domain: IOMMUDomain) throws(DriverError) {
    try map(
      Mapping(
        address: IOVA(rawValue: 0), target: PhysicalAddress(rawValue: 0), size: 16 << 20,
        access: .readWrite),
      in: domain)
  }
}
