internal import KernelProfiles
internal import KernelRuntime
internal import PCI
internal import VTdFormats

/// PASID directories, tables and entries (drivers/iommu/intel/pasid.c).
extension DeviceTables {
  /// intel_pasid_alloc_table: each device gets a directory when it is probed, before any domain
  /// exists. A function without PASIDs of its own gets one page, which covers 2^15; one with gets as
  /// many pages as its own PASIDs, or the unit's, take.
  func allocatePASIDDirectory(for device: DeviceInfo) throws(DriverError) {
    guard device.unit.isScalable, device.directory == nil else { return }
    var pagesNeeded = 1
    if let width = device.function.traits.pasidWidth, device.supportsPASIDs {
      let most = 1 << min(width, device.unit.extendedCapability.pasidWidth)
      // The page allocator gives powers of two.
      while pagesNeeded * Self.pasidsOfDirectoryPage < most { pagesNeeded *= 2 }
    }
    device.directory = try tables.allocatePages(pagesNeeded)
    device.pasidLimit = UInt32(pagesNeeded * Self.pasidsOfDirectoryPage)
  }

  /// The PASIDs whose tables a page of a directory names.
  private static let pasidsOfDirectoryPage =
    Int(Paging.pageSize / PASIDDirectoryEntry.byteCount) * PASIDTableEntry.countInTable

  /// intel_pasid_get_entry: where the entry lies, with the table made if it is missing.
  func pasidEntryAddress(
    of pasid: PASID, for device: DeviceInfo
  ) throws(DriverError) -> UInt64? {
    guard let directory = device.directory, pasid.rawValue < device.pasidLimit else { return nil }
    let slot = directory.rawValue + PASIDDirectoryEntry.offset(of: pasid)
    var entry = PASIDDirectoryEntry(rawValue: tables.load(slot))
    if !entry[flag: .present] {
      entry[inPlace: .pasidTable] = try tables.allocatePage().rawValue
      entry[flag: .present] = true
      try tables.store(entry.rawValue, at: slot)
    }
    return entry[inPlace: .pasidTable] + PASIDTableEntry.offset(of: pasid)
  }

  // MARK: Setting

  /// What a PASID's requests shall go through.
  enum PASIDTarget {
    case domain(IOMMUDomain)
    /// A process's own tables, for requests of its PASID.
    case process(IOMMUProcess)
  }

  /// intel_pasid_setup_first_level, _second_level and _pass_through.
  func setPASIDEntry(
    of pasid: PASID, for device: DeviceInfo, to translation: PASIDTarget
  ) throws(DriverError) {
    let unit = device.unit
    let behaviour = kernel.build.behaviour
    let isRequestEntry = behaviour.driver.sharesDeviceLock && pasid == .none
    let saved = kernel.acquire(
      unit.lock, isRequestEntry ? behaviour.coreLocks.requestLock : kernel.unitLockMode)
    guard let address = try pasidEntryAddress(of: pasid, for: device),
      !tables.pasidEntry(at: address)[flag: .present]
    else { return kernel.release(unit.lock, restoring: saved) }
    let entry = self.entry(for: translation, pasid, of: unit)
    for (index, word) in entry.words.enumerated().reversed() {
      try tables.store(word, at: address + UInt64(index) * 8)
    }
    kernel.release(unit.lock, restoring: saved)
    // pasid_flush_caches.
    if unit.capability[flag: .cachingMode] {
      try flusher.flushPASID(pasid, of: entry.domain, of: unit)
      try flusher.flushFirstStage(pasid, of: entry.domain, of: unit)
    } else {
      flusher.flushWriteBuffer(of: unit)
    }
  }

  private func entry(
    for translation: PASIDTarget, _ pasid: PASID, of unit: IntelIOMMU
  ) -> PASIDTableEntry {
    var entry = PASIDTableEntry()
    entry[.addressWidth] = UInt64(unit.levels - 2)
    var type = PASIDTranslationType.firstStage
    switch translation {
    case .process(let process):
      entry.domain = .shared
      entry[inPlace: .firstStageTable] = process.pageTable.rawValue
      entry[.firstStagePagingMode] = process.levels == 5 ? 1 : 0
    case .domain(let domain) where passesThrough(domain):
      type = .passThrough
      entry.domain = .shared
    case .domain(let domain) where domain.usesFirstStage:
      entry.domain = domain.id(in: unit)
      entry[inPlace: .firstStageTable] = domain.pageTable.rawValue
      entry[.firstStagePagingMode] = domain.levels == 5 ? 1 : 0
    case .domain(let domain):
      type = .secondStage
      entry.domain = domain.id(in: unit)
      entry[inPlace: .secondStageTable] = domain.pageTable.rawValue
      entry[.addressWidth] = UInt64(domain.levels - 2)
      entry[flag: .secondStageAccessedDirty] = domain.tracksWrites
    }
    entry[.translationType] = UInt64(type.rawValue)
    let isOld = kernel.build.behaviour.driver.setsNoExecute
    if type == .firstStage { entry[flag: .noExecute] = isOld }
    // Addresses are the guest's then, and supervisor requests count as any other.
    if type == .passThrough, isOld {
      entry[flag: .supervisorRequests] = unit.extendedCapability[flag: .supervisorRequests]
    }
    // pasid_set_page_snoop: as coherent as the unit's walks are.
    entry[flag: .pageWalkSnoop] = unit.extendedCapability[flag: .scalableModePageWalkCoherency]
    entry[flag: .present] = true
    return entry
  }

  /// intel_pasid_setup_dirty_tracking: the entry's SSADE, and what the unit and the device had cached
  /// under its old value.
  func setDirtyTracking(
    _ isOn: Bool, of pasid: PASID, for device: DeviceInfo
  ) throws(DriverError) {
    let unit = device.unit
    let saved = kernel.acquire(unit.lock, kernel.unitLockMode)
    guard let address = try pasidEntryAddress(of: pasid, for: device) else {
      return kernel.release(unit.lock, restoring: saved)
    }
    var entry = tables.pasidEntry(at: address)
    guard entry.translationType == .secondStage,
      entry[flag: .secondStageAccessedDirty] != isOn
    else { return kernel.release(unit.lock, restoring: saved) }
    entry[flag: .secondStageAccessedDirty] = isOn
    try tables.store(entry[word: 0], at: address)
    kernel.release(unit.lock, restoring: saved)
    try flusher.flushPASID(pasid, of: entry.domain, of: unit)
    try flusher.flushDomain(entry.domain, of: unit)
    if !unit.capability[flag: .cachingMode] || kernel.build.behaviour.driver.hasCacheTags {
      try flusher.flushDeviceTLB(of: device, .everything, pasid: pasid)
    }
  }

  // MARK: Clearing

  /// intel_pasid_tear_down_entry.
  func clearPASIDEntry(of pasid: PASID, for device: DeviceInfo) throws(DriverError) {
    let unit = device.unit
    try kernel.call("intel_pasid_tear_down_entry") { () throws(DriverError) in
      let saved = kernel.acquire(unit.lock, kernel.unitLockMode)
      guard let address = try pasidEntryAddress(of: pasid, for: device),
        tables.pasidEntry(at: address)[flag: .present]
      else { return kernel.release(unit.lock, restoring: saved) }
      var entry = tables.pasidEntry(at: address)
      let clearsPresentFirst = kernel.build.behaviour.driver.clearsPresentFirst
      if clearsPresentFirst {
        entry[flag: .present] = false
        try tables.store(entry[word: 0], at: address)
      } else {
        try tables.clear(address, PASIDTableEntry.byteCount)
      }
      kernel.release(unit.lock, restoring: saved)

      try flusher.flushPASID(pasid, of: entry.domain, of: unit)
      switch entry.translationType {
      case .passThrough, .firstStage: try flusher.flushFirstStage(pasid, of: entry.domain, of: unit)
      case .secondStage, .nested, nil: try flusher.flushDomain(entry.domain, of: unit)
      }
      // A unit in caching mode is a guest's, which has no device TLBs to flush (before 6.10).
      if !unit.capability[flag: .cachingMode] || kernel.build.behaviour.driver.hasCacheTags {
        try flusher.flushDeviceTLB(of: device, .everything, pasid: pasid)
      }
      if clearsPresentFirst { try tables.clear(address, PASIDTableEntry.byteCount) }
      if kernel.build.behaviour.driver.pageRequestDrain == .everyDomain {
        try pageRequests.drainPageRequests(of: pasid, for: device)
      }
    }
  }
}
