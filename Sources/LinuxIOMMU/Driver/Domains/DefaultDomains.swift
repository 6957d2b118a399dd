internal import KernelProfiles
internal import PCI
internal import PhysicalMemory
internal import VTdFormats

/// bus_iommu_probe: every function gets into its group, every group its default domain.
extension IntelIOMMUDriver {
  func probe(
    _ functions: [ProbedFunction], _ messages: BootMessages? = nil
  ) throws(DriverError) {
    let functions = functions.filter { function in
      function.unit != .uncovered && unit(covering: function.address).map(isIgnored) != true
    }
    probed = functions
    if kernel.build.behaviour.driver.defaultDomains == .firstUse {
      return try prepareDomains(functions, messages)
    }
    // The driver makes it before it looks at devices; its page is of interest where it is used.
    if options.defaultDomain == .passthrough { _ = try sharedIdentityDomain() }
    for function in functions {
      try kernel.locked(coreLocks.probe, .mutex) { () throws(DriverError) in
        let device = try device(at: function.address)
        try inGroup(of: device) {}
      }
    }
    var groups: [Int] = []
    for function in functions where !groups.contains(function.group) {
      groups.append(function.group)
    }
    for group in groups {
      let members = functions.filter { $0.group == group }
      try inGroup(group) { () throws(DriverError) in
        try setUpDefaultDomain(of: members, group)
        if lockBehaviour.group >= .dmaAPI { try setUpDMA(of: members) }
      }
      if lockBehaviour.group < .dmaAPI { try setUpDMA(of: members) }
    }
  }

  /// iommu_setup_default_domain.
  private func setUpDefaultDomain(
    of members: [ProbedFunction], _ group: Int
  ) throws(DriverError) {
    let domain = try makeDefaultDomain(for: members)
    defaultDomains[group] = domain
    if domain.kind == .dma {
      for member in members { try mapDirectly(listReservedRegions(of: member), in: domain) }
    }
    // Where tables were taken over, a device keeps its own until its driver asks for memory
    // (intel_iommu_is_attach_deferred).
    for member in members where unit(covering: member.address)?.hasInheritedTables != true {
      let device = try device(at: member.address)
      try kernel.call(attachFunctions.core) { () throws(DriverError) in
        _ = try attach(device, to: domain)
      }
    }
  }

  private func setUpDMA(of members: [ProbedFunction]) throws(DriverError) {
    for member in members { setUpDMA(of: try device(at: member.address)) }
  }

  private func makeDefaultDomain(
    for members: [ProbedFunction]
  ) throws(DriverError) -> IOMMUDomain {
    let kinds = members.compactMap { requiredKind(of: $0) }
    let kind = kinds.first ?? (options.defaultDomain == .passthrough ? .identity : .dma)
    return kind == .identity ? try sharedIdentityDomain() : try makeDomain(.dma)
  }

  /// device_def_domain_type: what the driver insists on.
  func requiredKind(of function: ProbedFunction) -> DomainKind? {
    let behaviour = kernel.build.behaviour.driver
    if behaviour.needsPassThrough,
      unit(covering: function.address)?.extendedCapability[flag: .passThrough] == false
    {
      return .dma
    }
    if function.traits.isUntrusted { return .dma }
    return options.sparesGraphics && behaviour.identityMapsGraphics
      && function.traits.classCode.isDisplay ? .identity : nil
  }

  /// `si_domain`: where a unit cannot pass requests through, all of memory and what firmware
  /// reserved is mapped to itself.
  func sharedIdentityDomain() throws(DriverError) -> IOMMUDomain {
    if let known = identityDomain { return known }
    let domain = try makeDomain(.identity)
    identityDomain = domain
    guard !hasPassThrough else { return domain }
    var regions = memory.ranges.map { range in
      range.base.rawValue...(range.base.rawValue + range.size - 1)
    }
    for function in found.values.sorted(by: { $0.address < $1.address }) {
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
      let first = region.lowerBound.saturatingAdd(0xfff) >> 12
      let end = region.upperBound >> 12 + 1
      guard first <= end else { continue }
      try kernel.check(first...end)
      for page in first...end {
        try kernel.spend()
        let isMapped = try target(of: IOVA(rawValue: page << 12), in: domain) != nil
        let isFree = page < end && !isMapped
        if isFree {
          start = start ?? page
        } else if let first = start {
          try map(
            Mapping(
              address: IOVA(rawValue: first << 12), target: PhysicalAddress(rawValue: first << 12),
              size: (page - first) << 12, access: .readWrite),
            in: domain)
          start = nil
        }
      }
    }
  }

  /// init_no_remapping_devices: with `igfx_off` a unit that covers nothing but graphics is not used.
  /// One without widths is there for interrupts alone, and one without devices for nothing.
  func isIgnored(_ unit: IntelIOMMU) -> Bool {
    unit.widths != .some || unit.isEmpty || options.sparesGraphics && coversGraphicsOnly(unit)
  }
}
