internal import KernelProfiles
internal import PCI
internal import VTdFormats

/// Root and context entries: which tables a source-id's requests go through.
extension IntelIOMMUDriver {
  /// Every id that pci_for_each_dma_alias comes by.
  func sourceIDs(of device: DeviceInfo) -> [SourceID] {
    [device.source] + device.function.aliases
  }

  /// Where the context entry lies: iommu_context_addr, which makes the context table if told to. In
  /// scalable mode the upper half of the devices has a table of its own, and entries are twice as
  /// wide.
  func contextEntryAddress(
    for source: SourceID, of unit: IntelIOMMU, allocates: Bool
  ) throws(DriverError) -> PhysicalAddress? {
    guard let root = unit.rootTable else { return nil }
    let isScalable = isScalable(unit)
    let isUpper = isScalable && ScalableRootEntry.isUpper(source)
    // The two halves of a scalable entry are laid out alike, and as a legacy entry's lower one.
    let slot =
      root.rawValue + RootEntry.offset(of: source)
      + (isUpper ? RootEntry.byteCount / 2 : 0)
    var entry = RootEntry(low: load(slot), high: 0)
    if !entry[flag: .present] {
      guard allocates else { return nil }
      entry[inPlace: .contextTable] = try allocatePage().rawValue
      entry[flag: .present] = true
      try store(entry.low, at: slot)
    }
    let offset =
      isScalable ? ScalableContextEntry.offset(of: source) : ContextEntry.offset(of: source)
    return PhysicalAddress(rawValue: entry[inPlace: .contextTable] + offset)
  }

  /// Whether the id has a present context entry; one that was copied from a crashed kernel makes way.
  func isMapped(_ source: SourceID, of unit: IntelIOMMU) throws(DriverError) -> Bool {
    if unit.inherited.contains(source) { return false }
    guard let entry = try contextEntryAddress(for: source, of: unit, allocates: false) else {
      return false
    }
    return ContextEntry(low: load(entry.rawValue), high: 0)[flag: .present]
  }

  // MARK: Setting

  /// domain_context_mapping_one in legacy mode, or context_setup_pass_through. An entry that is
  /// present stays as it is.
  func setContextEntry(
    of source: SourceID, for device: DeviceInfo, to domain: IOMMUDomain
  ) throws(DriverError) {
    let unit = device.unit
    try kernel.call("domain_context_mapping_one") { () throws(DriverError) in
      try withDevicesLocked(of: unit) { () throws(DriverError) in
        guard let entry = try contextEntryAddress(for: source, of: unit, allocates: true),
          try !isMapped(source, of: unit)
        else { return }
        var context = ContextEntry()
        if passesThrough(domain, of: unit) {
          context.domain =
            kernel.build.behaviour.driver.needsPassThrough
            ? Self.sharedDomainID : domain.id(in: unit)
          context[.addressWidth] = UInt64(unit.levels - 2)
          context[.translationType] = UInt64(TranslationType.passThrough.rawValue)
        } else {
          context.domain = domain.id(in: unit)
          context[.addressWidth] = UInt64(domain.levels - 2)
          context[inPlace: .secondStageTable] = domain.pageTable.rawValue
          let usesATS = device.supportsATS && source == device.source
          context[.translationType] = UInt64(
            (usesATS ? TranslationType.deviceTLB : .untranslatedOnly).rawValue)
        }
        context[flag: .present] = true
        try store(context.high, at: entry.rawValue + 8)
        try store(context.low, at: entry.rawValue)
        unit.inherited.remove(source)
        try announceContext(of: source, domain: context.domain, to: unit)
      }
    }
  }

  /// The scalable-mode entry, which points to the function's PASID directory.
  func setScalableContextEntry(
    of source: SourceID, for device: DeviceInfo
  ) throws(DriverError) {
    let unit = device.unit
    try kernel.call("domain_context_mapping_one") { () throws(DriverError) in
      try withDevicesLocked(of: unit) { () throws(DriverError) in
        guard let directory = device.directory,
          let entry = try contextEntryAddress(for: source, of: unit, allocates: true),
          try !isMapped(source, of: unit)
        else { return }
        var context = ScalableContextEntry()
        context[inPlace: .pasidDirectory] = directory.rawValue
        context[.directorySize] = directorySize(of: device)
        if source == device.source {
          context[flag: .deviceTLBEnable] = device.supportsATS
          context[flag: .pasidEnable] = supportsPASIDs(device)
          context[flag: .pageRequestEnable] = supportsPageRequests(device)
        }
        context[flag: .present] = true
        for (index, word) in context.words.enumerated().reversed() {
          try store(word, at: entry.rawValue + UInt64(index) * 8)
        }
        // At the probe there is no domain yet.
        let id = device.domain?.id(in: unit) ?? DomainID(rawValue: 0)
        try announceContext(of: source, domain: id, to: unit)
      }
    }
  }

  /// An entry became present. A unit that caches entries that are not present (CM) has the old one
  /// under domain 0; another one needs its write buffer flushed, if it has one.
  private func announceContext(
    of source: SourceID, domain: DomainID, to unit: IntelIOMMU
  ) throws(DriverError) {
    if unit.capability[flag: .cachingMode] {
      try flushContext(of: source, domain: DomainID(rawValue: 0), of: unit)
      try flushDomain(domain, of: unit)
    } else {
      flushWriteBuffer(of: unit)
    }
  }

  // MARK: Clearing

  /// domain_context_clear_one: P goes first, the rest when the unit has forgotten the entry.
  func clearContextEntry(of source: SourceID, for device: DeviceInfo) throws(DriverError) {
    let unit = device.unit
    try kernel.call("domain_context_clear_one") { () throws(DriverError) in
      let saved = kernel.acquire(unit.lock, lockMode)
      guard let entry = try contextEntryAddress(for: source, of: unit, allocates: false) else {
        return kernel.release(unit.lock, restoring: saved)
      }
      var context = ContextEntry(low: load(entry.rawValue), high: load(entry.rawValue + 8))
      let isScalable = isScalable(unit)
      let id =
        isScalable ? device.domain?.id(in: unit) ?? DomainID(rawValue: 0) : context.domain
      context[flag: .present] = false
      try store(context.low, at: entry.rawValue)
      kernel.release(unit.lock, restoring: saved)
      if isScalable, kernel.build.behaviour.driver.setsContextAtProbe {
        // All PASID entries have gone before, each with its own flushes.
        try flushContext(of: source, domain: DomainID(rawValue: 0), of: unit)
      } else {
        try flushContext(of: source, domain: id, of: unit)
        if isScalable { try flushPASIDs(of: id, of: unit) }
        try flushDomain(id, of: unit)
      }
      try flushDeviceTLB(of: device, .everything)
      let width = isScalable ? ScalableContextEntry.byteCount : ContextEntry.byteCount
      for offset in stride(from: 0, to: width, by: 8) {
        try store(0, at: entry.rawValue + offset)
      }
    }
  }

  // MARK: Switches

  /// The id that identity and first-stage domains of all devices share (FLPT_DEFAULT_DID).
  static let sharedDomainID = DomainID(rawValue: 1)

  /// Whether the unit passes an identity domain's requests through (hw_pass_through): it does if
  /// every unit can.
  func passesThrough(_ domain: IOMMUDomain, of unit: IntelIOMMU) -> Bool {
    domain.kind == .identity && hasPassThrough
  }

  var hasPassThrough: Bool { units.allSatisfy { $0.extendedCapability[flag: .passThrough] } }

  /// Runs `body` under `iommu->lock`, in kernels to 5.19 with `device_domain_lock` around it.
  ///
  /// - Parameter takesID: a domain gets its id, or gives it back.
  func withDevicesLocked<Result, Failure: Error>(
    of unit: IntelIOMMU, takesID: Bool = false, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let behaviour = kernel.build.behaviour.driver
    guard behaviour.sharesDeviceLock else {
      return try kernel.locked(unit.lock, lockMode, body)
    }
    if takesID, behaviour.locking == .swappedDomainLock {
      return try kernel.locked(unit.lock, .plain) { () throws(Failure) in
        try kernel.locked(deviceDomainLock, .irqsave, body)
      }
    }
    return try kernel.locked(deviceDomainLock, .irqsave) { () throws(Failure) in
      try kernel.locked(unit.lock, .plain, body)
    }
  }

  /// How `iommu->lock` is taken where nothing is around it.
  var lockMode: KernelBehaviour.LockMode {
    kernel.build.behaviour.driver.sharesDeviceLock ? .irqsave : .plain
  }

  /// How the lock of a domain's device list is taken.
  var domainLockMode: KernelBehaviour.LockMode {
    kernel.build.behaviour.driver.locking == .plainDomainLock ? .plain : .irqsave
  }
}
