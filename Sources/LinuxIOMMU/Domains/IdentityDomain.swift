internal import KernelRuntime
internal import PCI
internal import PhysicalMemory
internal import VTdFormats

/// Addresses that stay as they are: the identity domain, and what firmware has reserved.
extension Domains {
  /// `si_domain`: where a unit cannot pass requests through, all of memory and what firmware
  /// reserved is mapped to itself.
  func sharedIdentityDomain() throws(DriverError) -> IOMMUDomain {
    if let known = identityDomain { return known }
    let domain = try makeDomain(.identity)
    identityDomain = domain
    guard !functionTable.hasPassThrough else { return domain }
    var regions = tables.memory.ranges.map { range in
      range.base.rawValue...(range.base.rawValue + range.size - 1)
    }
    for function in functionTable.found.values.sorted(by: { $0.address < $1.address }) {
      regions += function.traits.reservedMemory
    }
    try mapDirectly(regions, in: domain)
    return domain
  }

  /// intel_iommu_get_resv_regions, as far as it is mapped: RMRRs, and for an ISA bridge the first
  /// 16 MiB (CONFIG_INTEL_IOMMU_FLOPPY_WA).
  func directRegions(of traits: ProbedFunction.Traits) -> [ClosedRange<UInt64>] {
    traits.reservedMemory + (traits.isISABridge ? [0...0xff_ffff] : [])
  }

  /// iommu_create_device_direct_mappings. No unit is known to the domain yet, so pages are of
  /// 4 KiB; what another function's region covers already is left out.
  func mapDirectly(
    _ regions: [ClosedRange<UInt64>], in domain: IOMMUDomain
  ) throws(DriverError) {
    for region in regions {
      var start: UInt64?
      let first = region.lowerBound.saturatingAdd(0xfff).page
      let end = region.upperBound.page + 1
      guard first <= end else { continue }
      try tables.check(first...end)
      for page in first...end {
        try tables.spend()
        let isMapped = try target(of: IOVA(rawValue: UInt64(page: page)), in: domain) != nil
        let isFree = page < end && !isMapped
        if isFree {
          start = start ?? page
        } else if let first = start {
          try map(
            Mapping(
              address: IOVA(rawValue: UInt64(page: first)),
              target: PhysicalAddress(rawValue: UInt64(page: first)),
              size: UInt64(page: page - first), access: .readWrite),
            in: domain)
          start = nil
        }
      }
    }
  }
}
