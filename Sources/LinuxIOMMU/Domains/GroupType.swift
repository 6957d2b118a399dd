internal import KernelLog
internal import KernelProfiles
internal import KernelRuntime
internal import VTdFormats

/// What is written to `/sys/kernel/iommu_groups/N/type`.
public enum GroupType: String, CaseIterable, Hashable, Sendable {
  /// Addresses pass unchanged.
  case identity
  /// Translated; each unmapping is flushed at once.
  case strict = "DMA"
  /// Translated, with a flush queue.
  case lazy = "DMA-FQ"
  /// What the driver insists on, or else what the kernel was booted with.
  case auto
}

/// What became of the write.
public enum GroupTypeOutcome: Hashable, Sendable {
  /// The group has a new default domain.
  case replaced
  /// The domain stays; at most a flush queue came to it.
  case kept
  /// The write failed.
  case refused
}

extension Domains {
  /// The `type` file of a group is written. Before groups of several devices could change, the device
  /// was locked as well, for it had to have no driver.
  func storeType(
    ofGroupOf device: DeviceInfo, _ type: GroupType
  ) throws(DriverError) -> GroupTypeOutcome {
    let locksDevice = kernel.build.behaviour.driver.groupTypes != .wholeGroup
    return try kernel.locked(core.locks.openFile, .mutex) { () throws(DriverError) in
      if locksDevice { try core.inGroup(of: device) {} }
      guard !locksDevice else {
        return try kernel.locked(core.locks.device, .mutex) { () throws(DriverError) in
          try changeType(ofGroupOf: device, to: type)
        }
      }
      return try core.inGroup(of: device) { () throws(DriverError) in
        try changeType(ofGroupOf: device, to: type)
      }
    }
  }

  /// iommu_group_store_type.
  private func changeType(
    ofGroupOf device: DeviceInfo, to type: GroupType
  ) throws(DriverError) -> GroupTypeOutcome {
    let generation = kernel.build.behaviour.driver.groupTypes
    let members = try group(of: device)
    guard generation != .fixed, let old = defaultDomains[device.function.group] else {
      return .refused
    }
    if type == .lazy, generation == .singleDevice { return .refused }
    if generation == .wholeGroup, addsQueue(type, to: old) { return .kept }
    guard isFree(members, of: old, generation) else { return .refused }

    let required = members.compactMap { requiredKind(of: $0.function) }.first
    let kind = wantedKind(type, required)
    if let required, required != kind {
      if generation != .wholeGroup {
        note(.wrongDomain(isPassthrough: kind == .identity), of: device)
      }
      return .refused
    }
    let isLazy = wantsQueue(type, kind)
    // A domain of the same type stays (__iommu_group_alloc_default_domain).
    if old.kind == kind, old.isLazy == isLazy { return .kept }
    if generation != .wholeGroup, addsQueue(isLazy ? .lazy : type, to: old) { return .kept }
    return try replace(old, by: kind, isLazy: isLazy, for: members)
  }

  /// Nobody else has taken the devices; before 6.5 there may be but one.
  ///
  /// The model's devices have no drivers that would have to be unbound first.
  private func isFree(
    _ members: [DeviceInfo], of domain: IOMMUDomain, _ generation: DriverBehaviour.GroupTypes
  ) -> Bool {
    let isAssigned = members.allSatisfy { $0.domain === domain }
    if generation == .wholeGroup { return isAssigned }
    guard members.count == 1, let device = members.first else {
      kernel.print(.note(.groupTooLarge))
      return false
    }
    if !isAssigned { note(.groupTaken, of: device) }
    return isAssigned
  }

  private func note(_ note: DriverNote.DeviceNote, of device: DeviceInfo) {
    kernel.print(.note(.device(device.address, driver: "pci", note)))
  }

  private func wantedKind(_ type: GroupType, _ required: DomainKind?) -> DomainKind {
    switch type {
    case .identity: .identity
    case .strict, .lazy: .dma
    case .auto: required ?? (options.defaultDomain == .passthrough ? .identity : .dma)
    }
  }

  /// Before 5.15 a domain is as lazy as the kernel is.
  private func wantsQueue(_ type: GroupType, _ kind: DomainKind) -> Bool {
    guard kind == .dma else { return false }
    let isKernelLazy = options.defaultDomain == .lazy
    if kernel.build.behaviour.driver.groupTypes == .singleDevice { return isKernelLazy }
    return type == .auto ? isKernelLazy : type == .lazy
  }

  /// iommu_dma_init_fq: a strict domain becomes a lazy one where it stands.
  private func addsQueue(_ type: GroupType, to domain: IOMMUDomain) -> Bool {
    guard type == .lazy, domain.kind == .dma, !domain.isLazy else { return false }
    domain.isLazy = true
    if let space = domain.addressSpace { space.queue = FlushQueue(in: kernel) }
    return true
  }

  /// iommu_setup_default_domain: the new domain is complete before a device goes over, and the old
  /// one goes last, so that its pages are the next to be given.
  private func replace(
    _ old: IOMMUDomain, by kind: DomainKind, isLazy: Bool, for members: [DeviceInfo]
  ) throws(DriverError) -> GroupTypeOutcome {
    let new =
      kind == .identity
      ? try sharedIdentityDomain() : try makeDomain(kind, for: members.first?.address)
    if new === old { return .kept }
    if kind == .dma {
      new.isLazy = isLazy
      for member in members {
        try mapDirectly(directRegions(of: member.function.traits), in: new)
      }
    }
    for member in members {
      defaultDomains[member.function.group] = new
      try core.changingDomain(of: member) { () throws(DriverError) in
        try kernel.call("__iommu_attach_device") { () throws(DriverError) in
          _ = try attach(member, to: new)
        }
      }
      setUpDMA(of: member)
    }
    if old.kind == .dma { try free(old) }
    return .replaced
  }

  /// iommu_domain_free: what the DMA API kept, then every table, the top one last.
  private func free(_ domain: IOMMUDomain) throws(DriverError) {
    if let queue = domain.addressSpace?.queue {
      for entry in queue.entries { tables.free(entry.tables) }
      kernel.deleteTimer(queue.timerMap)
    }
    domain.addressSpace = nil
    var tables: [PhysicalAddress] = []
    let last = UInt64(1) << UInt64(Paging.width(levels: domain.levels) - 12) - 1
    try pageTables.clear(
      0...last, table: domain.pageTable.rawValue, level: domain.levels, from: 0, &tables)
    self.tables.free(tables + [domain.pageTable])
  }
}
