internal import KernelProfiles
internal import KernelRuntime
internal import PCI
internal import VTdFormats

/// Root and context entries: which tables a source-id's requests go through.
extension DeviceTables {
  /// Where the context entry lies: iommu_context_addr, which makes the context table if told to. In
  /// scalable mode the upper half of the devices has a table of its own, and entries are twice as
  /// wide.
  func contextEntryAddress(
    for source: SourceID, of unit: IntelIOMMU, allocates: Bool
  ) throws(DriverError) -> PhysicalAddress? {
    guard let root = unit.rootTable else { return nil }
    let isScalable = unit.isScalable
    let isUpper = isScalable && ScalableRootEntry.isUpper(source)
    // The two halves of a scalable entry are laid out alike, and as a legacy entry's lower one.
    let slot =
      root.rawValue + RootEntry.offset(of: source)
      + (isUpper ? RootEntry.byteCount / 2 : 0)
    var entry = RootEntry(low: tables.load(slot), high: 0)
    if !entry[flag: .present] {
      guard allocates else { return nil }
      entry[inPlace: .contextTable] = try tables.allocatePage().rawValue
      entry[flag: .present] = true
      try tables.store(entry.low, at: slot)
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
    return ContextEntry(low: tables.load(entry.rawValue), high: 0)[flag: .present]
  }

  // MARK: Setting

  /// domain_context_mapping_one in legacy mode, or context_setup_pass_through. An entry that is
  /// present stays as it is.
  func setContextEntry(
    of source: SourceID, for device: DeviceInfo, to domain: IOMMUDomain
  ) throws(DriverError) {
    let unit = device.unit
    try kernel.call("domain_context_mapping_one") { () throws(DriverError) in
      try locks.withDevicesLocked(of: unit) { () throws(DriverError) in
        guard let entry = try contextEntryAddress(for: source, of: unit, allocates: true),
          try !isMapped(source, of: unit)
        else { return }
        var context = ContextEntry()
        if passesThrough(domain) {
          context.domain =
            kernel.build.behaviour.driver.needsPassThrough
            ? .shared : domain.id(in: unit)
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
        try tables.store(context.high, at: entry.rawValue + 8)
        try tables.store(context.low, at: entry.rawValue)
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
      try locks.withDevicesLocked(of: unit) { () throws(DriverError) in
        guard let directory = device.directory,
          let entry = try contextEntryAddress(for: source, of: unit, allocates: true),
          try !isMapped(source, of: unit)
        else { return }
        var context = ScalableContextEntry()
        context[inPlace: .pasidDirectory] = directory.rawValue
        context[.directorySize] = device.directorySize
        if source == device.source {
          context[flag: .deviceTLBEnable] = device.supportsATS
          context[flag: .pasidEnable] = device.supportsPASIDs
          context[flag: .pageRequestEnable] = device.supportsPageRequests
        }
        context[flag: .present] = true
        for (index, word) in context.words.enumerated().reversed() {
          try tables.store(word, at: entry.rawValue + UInt64(index) * 8)
        }
        // At the probe there is no domain yet.
        let id = device.domain?.id(in: unit) ?? .notPresent
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
      try flusher.flushContext(of: source, domain: .notPresent, of: unit)
      try flusher.flushDomain(domain, of: unit)
    } else {
      flusher.flushWriteBuffer(of: unit)
    }
  }

  // MARK: Clearing

  /// domain_context_clear_one: P goes first, the rest when the unit has forgotten the entry; in older
  /// kernels all at once.
  func clearContextEntry(of source: SourceID, for device: DeviceInfo) throws(DriverError) {
    let unit = device.unit
    try kernel.call("domain_context_clear_one") { () throws(DriverError) in
      let saved = kernel.acquire(unit.lock, kernel.unitLockMode)
      guard let entry = try contextEntryAddress(for: source, of: unit, allocates: false) else {
        return kernel.release(unit.lock, restoring: saved)
      }
      var context = ContextEntry(
        low: tables.load(entry.rawValue), high: tables.load(entry.rawValue + 8))
      let isScalable = unit.isScalable
      let id =
        isScalable ? device.domain?.id(in: unit) ?? .notPresent : context.domain
      let width = isScalable ? ScalableContextEntry.byteCount : ContextEntry.byteCount
      context[flag: .present] = false
      if kernel.build.behaviour.driver.clearsPresentFirst {
        try tables.store(context.low, at: entry.rawValue)
      } else {
        try tables.clear(entry.rawValue, width)
      }
      kernel.release(unit.lock, restoring: saved)
      if isScalable, kernel.build.behaviour.driver.setsContextAtProbe {
        // All PASID entries have gone before, each with its own flushes.
        try flusher.flushContext(of: source, domain: .notPresent, of: unit)
      } else {
        try flusher.flushContext(of: source, domain: id, of: unit)
        if isScalable { try flusher.flushPASIDs(of: id, of: unit) }
        try flusher.flushDomain(id, of: unit)
      }
      try flusher.flushDeviceTLB(of: device, .everything)
      if kernel.build.behaviour.driver.clearsPresentFirst {
        try tables.clear(entry.rawValue, width)
      }
    }
  }
}
