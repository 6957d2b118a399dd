internal import KernelProfiles
internal import KernelRuntime
internal import PCI
internal import PhysicalMemory
internal import VTdFormats

/// bus_iommu_probe: every function gets into its group, every group its default domain.
extension Domains {
  func probe(
    _ functions: [ProbedFunction], _ messages: BootMessages? = nil
  ) throws(DriverError) {
    let functions = functions.filter { function in
      function.unit != .uncovered
        && functionTable.unit(covering: function.address).map { isIgnored($0) } != true
    }
    functionTable.probed = functions
    if kernel.build.behaviour.driver.defaultDomains == .firstUse {
      return try prepareDomains(functions, messages)
    }
    // The driver makes it before it looks at devices; its page is of interest where it is used.
    if options.defaultDomain == .passthrough { _ = try sharedIdentityDomain() }
    for function in functions {
      try kernel.locked(core.locks.probe, .mutex) { () throws(DriverError) in
        let device = try device(at: function.address)
        try core.inGroup(of: device) {}
      }
    }
    var groups: [Int] = []
    for function in functions where !groups.contains(function.group) {
      groups.append(function.group)
    }
    for group in groups {
      let members = functions.filter { $0.group == group }
      try core.inGroup(group) { () throws(DriverError) in
        try setUpDefaultDomain(of: members, group)
        if core.lockBehaviour.group >= .dmaAPI { try setUpDMA(of: members) }
      }
      if core.lockBehaviour.group < .dmaAPI { try setUpDMA(of: members) }
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
    for member in members
    where functionTable.unit(covering: member.address)?.hasInheritedTables != true {
      let device = try device(at: member.address)
      try kernel.call(core.attachFunctions.core) { () throws(DriverError) in
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
    return kind == .identity
      ? try sharedIdentityDomain() : try makeDomain(.dma, for: members.first?.address)
  }

  /// device_def_domain_type: what the driver insists on.
  func requiredKind(of function: ProbedFunction) -> DomainKind? {
    let behaviour = kernel.build.behaviour.driver
    if behaviour.needsPassThrough,
      functionTable.unit(covering: function.address)?.extendedCapability[flag: .passThrough]
        == false
    {
      return .dma
    }
    if function.traits.isUntrusted { return .dma }
    return options.sparesGraphics && behaviour.identityMapsGraphics
      && function.traits.classCode.isDisplay ? .identity : nil
  }

  /// init_no_remapping_devices: with `igfx_off` a unit that covers nothing but graphics is not used.
  /// One without widths is there for interrupts alone, and one without devices for nothing.
  func isIgnored(_ unit: IntelIOMMU) -> Bool {
    unit.widths != .some || unit.isEmpty
      || options.sparesGraphics && functionTable.coversGraphicsOnly(unit)
  }

  /// intel_iommu_get_resv_regions, with what guards the list.
  func listReservedRegions(of function: ProbedFunction) -> [ClosedRange<UInt64>] {
    kernel.call("iommu_create_device_direct_mappings") {
      kernel.call("intel_iommu_get_resv_regions") {
        guard core.lockBehaviour.regions == .globalLock else {
          return directRegions(of: function.traits)
        }
        return kernel.locked(core.locks.global, .shared) { directRegions(of: function.traits) }
      }
    }
  }
}
