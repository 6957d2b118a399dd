internal import ACPITables
internal import KernelLog
internal import KernelProfiles
internal import KernelRuntime
internal import PCI
internal import PhysicalMemory
internal import VTdFormats

/// How devices came to domains before the IOMMU core made one for each group (5.3).
///
/// At boot only those get one whose memory firmware has reserved, the ISA bridge, and with
/// `iommu=pt` all that can be passed through. Any other has nothing in the tables until its driver
/// first maps something: what it sends before faults for want of a context entry.
extension Domains {
  /// The end of init_dmars.
  func prepareDomains(
    _ functions: [ProbedFunction], _ messages: BootMessages?
  ) throws(DriverError) {
    makesDomainsAtFirstUse = true
    let isTold = messages != nil
    // Where tables were taken over, all devices keep what they have.
    if functionTable.units.contains(where: { $0.hasInheritedTables }) { return }
    for function in functions where startsWithIdentity(function, messages) {
      let device = try device(at: function.address)
      _ = try attach(device, to: try sharedIdentityDomain())
      if isTold {
        kernel.announce(
          .staticIdentity(function.address, isHardware: functionTable.hasPassThrough))
      }
    }
    if isTold { kernel.announce(.settingReservedRegions) }
    for region in (messages?.table.reservedMemory ?? []).reversed() {
      guard region.base <= region.limit else { continue }
      let range = region.base...region.limit
      for function in functions where function.traits.reservedMemory.contains(range) {
        try prepareIdentity(range, for: function, isTold: isTold)
      }
    }
    // iommu_prepare_isa, for floppies.
    guard let bridge = functions.first(where: { $0.traits.isISABridge }) else { return }
    if isTold { kernel.announce(.lowMemoryMap) }
    try prepareIdentity(0...0xff_ffff, for: bridge, isTold: isTold)
  }

  /// iommu_prepare_identity_map.
  private func prepareIdentity(
    _ range: ClosedRange<UInt64>, for function: ProbedFunction, isTold: Bool
  ) throws(DriverError) {
    let device = try device(at: function.address)
    if device.domain == nil { try attachOwnDomain(to: device) }
    guard let domain = device.domain else { return }
    let line: BootLine
    if domain.kind == .identity, functionTable.hasPassThrough {
      line = .identityMapIgnored(
        function.address, start: range.lowerBound, end: range.upperBound)
    } else {
      line = .identityMap(function.address, start: range.lowerBound, end: range.upperBound)
      try mapDirectly([range], in: domain)
    }
    if isTold { kernel.announce(line) }
  }

  /// iommu_should_identity_map: all devices start so with `iommu=pt`, but those whose requests a
  /// conventional bridge may mix with others', and those that firmware's agents use.
  private func startsWithIdentity(_ function: ProbedFunction, _ messages: BootMessages?) -> Bool {
    if options.sparesGraphics, function.traits.classCode.isDisplay { return true }
    guard options.defaultDomain == .passthrough, !function.traits.locksReservedMemory else {
      return false
    }
    guard let bus = messages?.bus, let found = bus[function.address] else { return true }
    guard let express = found.configuration.express else {
      return bus.isRoot(function.address.onBus) && !function.traits.classCode.isBridge
    }
    return express.portType != .expressToPCIBridge
  }

  // MARK: First use

  /// get_valid_domain_for_dev: a domain of the device's own, or that of others behind the same
  /// bridge, with what firmware has reserved for it.
  func attachOwnDomain(to device: DeviceInfo) throws(DriverError) {
    let alias = device.function.aliases.last ?? device.source
    let key = FirstUse(unit: device.unit.number, source: alias)
    let domain: IOMMUDomain
    if let known = firstUseDomains[key] {
      domain = known
    } else {
      domain = try makeDomain(.dma)
      domain.isLazy = options.defaultDomain != .strict
      firstUseDomains[key] = domain
    }
    _ = try attach(device, to: domain)
    try mapDirectly(device.function.traits.reservedMemory, in: domain)
  }

  /// iommu_need_mapping: a device that passes through but cannot reach all of memory gets a domain
  /// after all, until 5.7.
  func leaveIdentity(_ device: DeviceInfo, addressBits: Int) throws(DriverError) {
    guard kernel.build.behaviour.driver.narrowIdentity == .moved, device.domain?.kind == .identity,
      addressBits < requiredAddressBits
    else { return }
    try remove(device)
    try attachOwnDomain(to: device)
    kernel.print(.note(.device(device.address, driver: "pci", .nonIdentityMapping)))
  }

  /// dma_get_required_mask: as many bits as the last byte of memory takes.
  private var requiredAddressBits: Int {
    let last = tables.memory.ranges.map { $0.base.rawValue + ($0.size - 1) }.max() ?? 0
    return max(UInt64.bitWidth - last.leadingZeroBitCount, 32)
  }
}
