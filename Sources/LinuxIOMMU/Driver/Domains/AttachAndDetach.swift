internal import KernelLog
internal import KernelProfiles
internal import Lockdep
internal import PCI
internal import VTdFormats

/// What became of an attach.
public enum AttachOutcome: Hashable, Sendable {
  case attached
  /// The driver refused, and says why.
  case refused
}

/// Attaching devices to domains, and taking them off.
extension IntelIOMMUDriver {
  /// Makes a domain with an empty page table, of the stage that the kernel's rule gives it.
  ///
  /// - Parameter levels: nil for the widest there are (DEFAULT_DOMAIN_ADDRESS_WIDTH, 57 bits), of
  ///   which attaching drops what the unit has not.
  func makeDomain(
    _ kind: DomainKind, levels: Int? = nil, id: DomainID? = nil
  ) throws(DriverError) -> IOMMUDomain {
    let behaviour = kernel.build.behaviour.driver
    let hasOwnLock = !behaviour.sharesDeviceLock
    let domain = IOMMUDomain(
      kind, usesFirstStage: usesFirstStage(kind), levels: levels ?? 5,
      pageTable: needsTables(kind) ? try allocatePage() : PhysicalAddress(rawValue: 0),
      fixedID: id,
      lock: hasOwnLock
        ? kernel.makeLock(.spinlock, class: "&domain->lock", instance: "domain.lock")
        : deviceDomainLock,
      cacheLock: behaviour.hasCacheTags
        ? kernel.makeLock(.spinlock, class: "&domain->cache_lock", instance: "domain.cache_lock")
        : deviceDomainLock,
      cookieMutex: kernel.makeLock(
        .mutex, class: "&domain->iova_cookie->mutex", instance: "domain.iova_cookie.mutex"))
    domain.isLazy = kind == .dma && options.defaultDomain == .lazy
    return domain
  }

  private func needsTables(_ kind: DomainKind) -> Bool {
    switch kind {
    case .dma, .unmanaged: true
    // si_domain has a top table even where units pass its requests through.
    case .identity: !kernel.build.behaviour.driver.needsPassThrough
    case .blocked: false
    }
  }

  /// first_level_by_default: in scalable mode what all units have; where they have both stages, a
  /// user's own domain gets the second, the DMA API's the first.
  private func usesFirstStage(_ kind: DomainKind) -> Bool {
    guard !units.isEmpty, units.allSatisfy(isScalable) else { return false }
    let hasFirst = units.allSatisfy { $0.extendedCapability[flag: .firstStage] }
    let hasSecond = units.allSatisfy { $0.extendedCapability[flag: .secondStage] }
    guard hasFirst && hasSecond else { return hasFirst }
    return kind != .unmanaged && kernel.build.behaviour.driver.firstStage == .on
  }

  /// What the driver knows of the function; it is made at the first mention.
  func device(at address: PCIAddress) throws(DriverError) -> DeviceInfo {
    if let known = devices[address] { return known }
    guard let unit = unit(covering: address) else {
      throw DriverError(.noUnit(address.segment))
    }
    let function = found[address] ?? ProbedFunction(address: address, group: -1)
    let device = DeviceInfo(function, unit: unit)
    devices[address] = device
    try allocatePASIDDirectory(for: device)
    if kernel.build.behaviour.driver.setsContextAtProbe, isScalable(unit) {
      for source in sourceIDs(of: device)
      where !device.function.bridgeAliases.contains(source) {
        try setScalableContextEntry(of: source, for: device)
      }
    }
    return device
  }

  // MARK: Attach

  /// What shares a domain with the device: the group's functions, itself included.
  func group(of device: DeviceInfo) throws(DriverError) -> [DeviceInfo] {
    let members = probed.filter { $0.group == device.function.group }
    guard members.contains(where: { $0.address == device.address }) else { return [device] }
    var infos: [DeviceInfo] = []
    for member in members where found[member.address] != nil {
      infos.append(try self.device(at: member.address))
    }
    return infos
  }

  /// iommu_attach_group: a domain gets a group or nothing of it.
  func attachGroup(
    of device: DeviceInfo, to domain: IOMMUDomain
  ) throws(DriverError) -> AttachOutcome {
    let members = try group(of: device)
    if members.contains(where: { refuses(domain, for: $0) }) { return .refused }
    for member in members {
      let outcome = try kernel.call("__iommu_attach_device") { () throws(DriverError) in
        try attach(member, to: domain)
      }
      if outcome == .refused { return .refused }
    }
    return .attached
  }

  /// intel_iommu_attach_device.
  @discardableResult
  func attach(
    _ device: DeviceInfo, to domain: IOMMUDomain
  ) throws(DriverError) -> AttachOutcome {
    try kernel.call(attachFunctions.driver) { () throws(DriverError) in
      try block(device)
      if domain.kind == .blocked { return .attached }
      guard fits(domain, device) else { return .refused }
      dropLevels(of: domain, beyond: device.unit)
      guard takeID(for: domain, of: device.unit) else { return .refused }
      device.domain = domain
      kernel.locked(domain.lock, domainLockMode) { domain.devices.insert(device, at: 0) }
      if isScalable(device.unit) {
        try setPASIDEntry(of: Self.noPASID, for: device, to: .domain(domain))
        if !kernel.build.behaviour.driver.setsContextAtProbe {
          for source in sourceIDs(of: device) {
            try setScalableContextEntry(of: source, for: device)
          }
        }
      } else {
        for source in sourceIDs(of: device) {
          try setContextEntry(of: source, for: device, to: domain)
        }
      }
      enableCapabilities(of: device)
      noteCaches(of: domain)
      return .attached
    }
  }

  /// A device whose memory firmware reserved cannot be given to a user: the user's domain has not
  /// the mapping that firmware's agent needs.
  func refuses(_ domain: IOMMUDomain, for device: DeviceInfo) -> Bool {
    guard device.function.traits.locksReservedMemory else { return false }
    if kernel.build.behaviour.driver.hasCacheTags {
      // The core's check, which comes before the driver: a claim blocks the device first.
      guard domain.kind == .unmanaged || domain.kind == .blocked else { return false }
      kernel.print(
        .warning,
        "vfio-pci \(device.address): Firmware has requested this device have a 1:1 IOMMU mapping,"
          + " rejecting configuring the device without a 1:1 mapping. Contact your platform"
          + " vendor.")
      return true
    }
    guard domain.kind == .unmanaged else { return false }
    kernel.print(
      .warning,
      "vfio-pci \(device.address): DMAR: Device is ineligible for IOMMU domain attach due to"
        + " platform RMRR requirement.  Contact your platform vendor.")
    return true
  }

  /// prepare_domain_attach_device: what is mapped must be within the unit's width.
  private func fits(_ domain: IOMMUDomain, _ device: DeviceInfo) -> Bool {
    let unit = device.unit
    let width = min(Paging.width(levels: unit.levels), unit.capability.maximumGuestAddressWidth)
    if domain.limit > 1 << UInt64(min(width, 63)) {
      if !kernel.build.behaviour.driver.hasCacheTags {
        kernel.print(
          .error,
          "pci \(device.address): DMAR: prepare_domain_attach_device: iommu width (\(width)) is not"
            + " sufficient for the mapped address (\(hex(domain.limit)))")
      }
      return false
    }
    domain.width = min(width, Paging.width(levels: min(domain.levels, unit.levels)))
    return true
  }

  /// The domain loses the levels that the unit has not; their first entry is all that they hold.
  private func dropLevels(of domain: IOMMUDomain, beyond unit: IntelIOMMU) {
    guard domain.pageTable.rawValue != 0 else { return }
    while domain.levels > unit.levels {
      let entry = SecondStageEntry(rawValue: load(domain.pageTable.rawValue))
      if entry.isPresent {
        pages.free(domain.pageTable)
        domain.pageTable = PhysicalAddress(rawValue: entry[inPlace: .address])
      }
      domain.levels -= 1
    }
  }

  /// domain_attach_iommu: the unit's first free id, and then what the unit can do.
  private func takeID(for domain: IOMMUDomain, of unit: IntelIOMMU) -> Bool {
    if domain.kind == .identity, kernel.build.behaviour.driver.needsPassThrough { return true }
    return withDevicesLocked(of: unit, takesID: true) { () -> Bool in
      if domain.attachments[unit.number] != nil {
        domain.attachments[unit.number]?.devices += 1
        return true
      }
      guard let id = domain.fixedID ?? unit.freeDomainID() else {
        kernel.print(.error, "DMAR: \(unit.name): No free domain ids")
        return false
      }
      unit.usedDomainIDs.insert(id)
      domain.attachments[unit.number] = IOMMUDomain.Attachment(id: id)
      updateCapabilities(of: domain)
      return true
    }
  }

  /// domain_update_iommu_cap: the sizes of pages that every unit has. It looks at the domain's
  /// devices too, for the memory node that tables shall come from.
  private func updateCapabilities(of domain: IOMMUDomain) {
    kernel.call("domain_update_iommu_cap") {
      domain.superpageSizes =
        options.usesSuperpages
        ? units.map { $0.superpageSizes(inFirstStage: domain.usesFirstStage) }.min() ?? 0 : 0
      // With one lock for all domains, the caller holds it.
      if !kernel.build.behaviour.driver.sharesDeviceLock {
        kernel.locked(domain.lock, domainLockMode) {}
      }
    }
  }

  /// iommu_enable_pci_caps; a device that passes through in legacy mode is left as it is.
  private func enableCapabilities(of device: DeviceInfo) {
    guard let domain = device.domain, isScalable(device.unit) || domain.kind != .identity else {
      return
    }
    setATS(of: device, device.supportsATS)
    if kernel.build.behaviour.driver.pageRequestSwitch == .attach {
      device.isPageRequestEnabled = supportsPageRequests(device)
    }
    // domain_update_iotlb.
    if device.isATSEnabled { kernel.locked(domain.lock, domainLockMode) {} }
  }

  // MARK: Detach

  /// device_block_translation: no request without PASID gets through any more.
  func block(_ device: DeviceInfo) throws(DriverError) {
    guard let domain = device.domain else { return }
    try kernel.call("device_block_translation") { () throws(DriverError) in
      disable(device)
      if isScalable(device.unit) {
        try clearPASIDEntry(of: Self.noPASID, for: device)
      } else {
        for source in sourceIDs(of: device) { try clearContextEntry(of: source, for: device) }
      }
      leave(domain, device)
    }
  }

  /// dmar_remove_one_dev_info: the context entry goes as well. Kernels with a blocking domain keep
  /// scalable-mode entries.
  func remove(_ device: DeviceInfo) throws(DriverError) {
    guard let domain = device.domain else { return }
    if isScalable(device.unit), kernel.build.behaviour.driver.setsContextAtProbe {
      // As for any other domain that comes next: the device has no TLB any more to be flushed.
      disable(device)
      try clearPASIDEntry(of: Self.noPASID, for: device)
    } else if isScalable(device.unit) {
      try clearPASIDEntry(of: Self.noPASID, for: device)
      disable(device)
      for source in sourceIDs(of: device) { try clearContextEntry(of: source, for: device) }
    } else {
      disable(device)
      for source in sourceIDs(of: device) { try clearContextEntry(of: source, for: device) }
    }
    leave(domain, device)
  }

  /// iommu_disable_dev_iotlb: the device drops its translations when its ATS goes off, so nothing
  /// has to be sent to it afterwards.
  private func disable(_ device: DeviceInfo) {
    setATS(of: device, false)
    if kernel.build.behaviour.driver.pageRequestSwitch == .attach {
      device.isPageRequestEnabled = false
    }
  }

  /// pci_enable_ats and pci_disable_ats: the driver notes what it wrote to the function's
  /// configuration space.
  private func setATS(of device: DeviceInfo, _ isOn: Bool) {
    if device.isATSEnabled != isOn, kernel.death == nil {
      host.configurationSpace.write(device.address) { $0.setAddressTranslationServices(isOn) }
    }
    device.isATSEnabled = isOn
  }

  /// intel_iommu_release_device: the function is gone from the bus.
  func release(_ address: PCIAddress) throws(DriverError) {
    guard let device = devices[address] else { return }
    for process in device.processes.values { try unbind(device, from: process) }
    try remove(device)
    if isScalable(device.unit), kernel.build.behaviour.driver.setsContextAtProbe {
      for source in sourceIDs(of: device) { try clearContextEntry(of: source, for: device) }
    }
    devices[address] = nil
    probed.removeAll { $0.address == address }
  }

  /// cache_tag_assign_domain and cache_tag_unassign_domain: who has cached what of the domain.
  private func noteCaches(of domain: IOMMUDomain) {
    guard kernel.build.behaviour.driver.hasCacheTags else { return }
    kernel.locked(domain.cacheLock, .irqsave) {}
  }

  private func leave(_ domain: IOMMUDomain, _ device: DeviceInfo) {
    noteCaches(of: domain)
    kernel.locked(domain.lock, domainLockMode) { domain.devices.removeAll { $0 === device } }
    let unit = device.unit
    withDevicesLocked(of: unit, takesID: true) {
      domain.attachments[unit.number]?.devices -= 1
      if let left = domain.attachments[unit.number], left.devices == 0 {
        unit.usedDomainIDs.remove(left.id)
        domain.attachments[unit.number] = nil
        updateCapabilities(of: domain)
      }
    }
    device.domain = nil
  }
}
