internal import KernelLog
internal import KernelProfiles
internal import KernelRuntime
internal import Lockdep
internal import PCI
internal import VTdFormats

/// What became of an attach.
public enum AttachOutcome: Hashable, Sendable {
  /// The function uses the domain now.
  case attached
  /// The driver refused, and says why.
  case refused
}

/// Attaching devices to domains, and taking them off.
extension Domains {
  // MARK: Attach

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
    try kernel.call(core.attachFunctions.driver) { () throws(DriverError) in
      try block(device)
      if domain.kind == .blocked { return .attached }
      guard fits(domain, device) else { return .refused }
      dropLevels(of: domain, beyond: device.unit)
      guard takeID(for: domain, of: device.unit) else { return .refused }
      device.domain = domain
      kernel.locked(domain.lock, kernel.domainLockMode) { domain.devices.insert(device, at: 0) }
      if device.unit.isScalable {
        try deviceTables.setPASIDEntry(of: .none, for: device, to: .domain(domain))
        if !kernel.build.behaviour.driver.setsContextAtProbe {
          for source in device.sourceIDs {
            try deviceTables.setScalableContextEntry(of: source, for: device)
          }
        }
      } else {
        for source in device.sourceIDs {
          try deviceTables.setContextEntry(of: source, for: device, to: domain)
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
      kernel.print(.note(.device(device.address, driver: "vfio-pci", .needsDirectMapping)))
      return true
    }
    guard domain.kind == .unmanaged else { return false }
    kernel.print(.note(.device(device.address, driver: "vfio-pci", .ineligible)))
    return true
  }

  /// prepare_domain_attach_device: what is mapped must be within the unit's width.
  private func fits(_ domain: IOMMUDomain, _ device: DeviceInfo) -> Bool {
    let unit = device.unit
    let width = min(Paging.width(levels: unit.levels), unit.capability.maximumGuestAddressWidth)
    if domain.limit > 1 << UInt64(min(width, 63)) {
      if !kernel.build.behaviour.driver.hasCacheTags {
        kernel.print(
          .note(
            .device(
              device.address, driver: "pci", .domainTooWide(width: width, limit: domain.limit))))
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
      let entry = SecondStageEntry(rawValue: tables.load(domain.pageTable.rawValue))
      if entry.isPresent {
        tables.free([domain.pageTable])
        domain.pageTable = PhysicalAddress(rawValue: entry[inPlace: .address])
      }
      domain.levels -= 1
    }
  }

  /// domain_attach_iommu: the unit's first free id, and then what the unit can do.
  private func takeID(for domain: IOMMUDomain, of unit: IntelIOMMU) -> Bool {
    if domain.kind == .identity, kernel.build.behaviour.driver.needsPassThrough { return true }
    return locks.withDevicesLocked(of: unit, takesID: true) { () -> Bool in
      if domain.attachments[unit.number] != nil {
        domain.attachments[unit.number]?.devices += 1
        return true
      }
      guard let id = domain.fixedID ?? unit.freeDomainID() else {
        kernel.print(.note(.noDomainIDs(unit: unit.name)))
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
    // One that was made for a device stays as it is.
    if kernel.build.behaviour.driver.sizesDomainsForDevice { return }
    kernel.call("domain_update_iommu_cap") {
      domain.superpageSizes =
        options.usesSuperpages
        ? functionTable.units.map { $0.superpageSizes(inFirstStage: domain.usesFirstStage) }.min()
          ?? 0 : 0
      // With one lock for all domains, the caller holds it.
      if !kernel.build.behaviour.driver.sharesDeviceLock {
        kernel.locked(domain.lock, kernel.domainLockMode) {}
      }
    }
  }

  /// iommu_enable_pci_caps; a device that passes through in legacy mode is left as it is.
  private func enableCapabilities(of device: DeviceInfo) {
    guard let domain = device.domain, device.unit.isScalable || domain.kind != .identity else {
      return
    }
    setATS(of: device, device.supportsATS)
    if kernel.build.behaviour.driver.pageRequestSwitch == .attach {
      device.isPageRequestEnabled = device.supportsPageRequests
    }
    // domain_update_iotlb.
    if device.isATSEnabled { kernel.locked(domain.lock, kernel.domainLockMode) {} }
  }

  // MARK: Detach

  /// device_block_translation: no request without PASID gets through any more.
  func block(_ device: DeviceInfo) throws(DriverError) {
    guard let domain = device.domain else { return }
    try kernel.call("device_block_translation") { () throws(DriverError) in
      disable(device)
      if device.unit.isScalable {
        try deviceTables.clearPASIDEntry(of: .none, for: device)
      } else {
        for source in device.sourceIDs {
          try deviceTables.clearContextEntry(of: source, for: device)
        }
      }
      leave(domain, device)
    }
  }

  /// dmar_remove_one_dev_info: the context entry goes as well. Kernels with a blocking domain keep
  /// scalable-mode entries.
  func remove(_ device: DeviceInfo) throws(DriverError) {
    guard let domain = device.domain else { return }
    if device.unit.isScalable, kernel.build.behaviour.driver.setsContextAtProbe {
      // As for any other domain that comes next: the device has no TLB any more to be flushed.
      disable(device)
      try deviceTables.clearPASIDEntry(of: .none, for: device)
    } else if device.unit.isScalable {
      try deviceTables.clearPASIDEntry(of: .none, for: device)
      disable(device)
      for source in device.sourceIDs { try deviceTables.clearContextEntry(of: source, for: device) }
    } else {
      disable(device)
      for source in device.sourceIDs { try deviceTables.clearContextEntry(of: source, for: device) }
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
    guard let device = functionTable.devices[address] else { return }
    for process in device.processes.values { try processes.unbind(device, from: process) }
    try remove(device)
    if device.unit.isScalable, kernel.build.behaviour.driver.setsContextAtProbe {
      for source in device.sourceIDs { try deviceTables.clearContextEntry(of: source, for: device) }
    }
    functionTable.devices[address] = nil
    functionTable.probed.removeAll { $0.address == address }
  }

  /// cache_tag_assign_domain and cache_tag_unassign_domain: who has cached what of the domain.
  private func noteCaches(of domain: IOMMUDomain) {
    guard kernel.build.behaviour.driver.hasCacheTags else { return }
    kernel.locked(domain.cacheLock, .irqsave) {}
  }

  private func leave(_ domain: IOMMUDomain, _ device: DeviceInfo) {
    noteCaches(of: domain)
    kernel.locked(domain.lock, kernel.domainLockMode) { domain.devices.removeAll { $0 === device } }
    let unit = device.unit
    locks.withDevicesLocked(of: unit, takesID: true) {
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
