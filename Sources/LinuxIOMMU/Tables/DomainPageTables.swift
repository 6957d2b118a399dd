internal import KernelProfiles
internal import KernelRuntime
internal import VTdFormats

/// A domain's page table as the driver walks, fills and empties it.
///
/// Both stages have their present, size and address bits in the same places, and the driver treats
/// them alike but for the bits that it sets.
struct DomainPageTables {
  let kernel: KernelContext
  let tables: TableMemory

  /// Where the entry for the IOVA's page lies (pfn_to_dma_pte): at `level`, with the tables made on
  /// the way, or with level 0 where a walk ends, which is then the level. Nil beyond the tables.
  func entryAddress(
    of page: UInt64, at level: inout Int, in domain: IOMMUDomain
  ) throws(DriverError) -> UInt64? {
    guard domain.covers(page: page) else { return nil }
    var table = domain.pageTable.rawValue
    var current = domain.levels
    while true {
      let slot = table &+ Paging.entryOffset(of: UInt64(page: page), level: current)
      let entry = SecondStageEntry(rawValue: tables.load(slot))
      if level == 0, !entry.isPresent || entry[flag: .pageSize] {
        level = current
        return slot
      }
      if current == level { return slot }
      table = entry[inPlace: .address]
      if !entry.isPresent {
        table = try tables.allocatePage().rawValue
        try tables.store(tableEntry(to: table, in: domain), at: slot)
      }
      if current == 1 {
        if level == 0 { level = 1 }
        return slot
      }
      current -= 1
    }
  }

  /// An entry that points to the next table: it allows everything, the leaves decide.
  private func tableEntry(to table: UInt64, in domain: IOMMUDomain) -> UInt64 {
    guard domain.usesFirstStage else {
      var entry = SecondStageEntry()
      entry[flag: .read] = true
      entry[flag: .write] = true
      entry[inPlace: .address] = table
      return entry.rawValue | (domain.marksFlushedTables ? Self.flushedSecondStage : 0)
    }
    return firstStageEntry(to: table, writes: true).rawValue
      | (domain.marksFlushedTables ? Self.flushedFirstStage : 0)
  }

  /// SW_BIT_CACHE_FLUSH_DONE of the generic library, in bits that are left to software: as it lies in
  /// its vtdss and x86_64 formats.
  private static let flushedSecondStage = BitField<SecondStageEntry>.available.mask
  private static let flushedFirstStage = BitField<FirstStageEntry>.available.mask

  /// An entry that maps a page, of a size that the caller adds.
  func leafEntry(to page: UInt64, _ access: MappingAccess, in domain: IOMMUDomain) -> UInt64 {
    guard domain.usesFirstStage else {
      var entry = SecondStageEntry()
      entry[flag: .read] = access.reads || !kernel.build.behaviour.driver.mapsWriteOnly
      entry[flag: .write] = access.writes
      entry[inPlace: .address] = page
      return entry.rawValue
    }
    var entry = firstStageEntry(to: page, writes: access.writes)
    entry[flag: .dirty] = access.writes
    return entry.rawValue
  }

  /// The unit need not note uses: A is set from the start, and D with it where writes are allowed.
  private func firstStageEntry(to address: UInt64, writes: Bool) -> FirstStageEntry {
    var entry = FirstStageEntry()
    entry[flag: .present] = true
    entry[flag: .write] = writes
    entry[flag: .user] = true
    entry[flag: .accessed] = true
    entry[flag: .executeDisable] = kernel.build.behaviour.driver.setsNoExecute
    entry[inPlace: .address] = address
    return entry
  }

  /// Whether a table at `level`, and those below it, map nothing.
  func isEmpty(_ table: UInt64, level: Int) throws(DriverError) -> Bool {
    try tables.spend(512)
    for index in 0..<UInt64(Paging.entryCount) {
      let entry = SecondStageEntry(rawValue: tables.load(table &+ index * Paging.entryBytes))
      guard entry.isPresent else { continue }
      if level == 1 || entry[flag: .pageSize] { return false }
      if try !isEmpty(entry[inPlace: .address], level: level - 1) { return false }
    }
    return true
  }

  // MARK: Emptying

  /// dma_pte_clear_level: clears the entries for the pages of `range` at `level` and below it. A
  /// table whose whole range goes is unlinked as it is and put on `freed`: the unit may still be
  /// walking it.
  ///
  /// What is only partly in the range is entered, a large page too: its memory is then taken for a
  /// table, as the driver does where a caller unmaps the middle of one.
  func clear(
    _ range: ClosedRange<UInt64>, table: UInt64, level: Int, from page: UInt64,
    _ freed: inout [PhysicalAddress]
  ) throws(DriverError) {
    var page = max(range.lowerBound, page)
    var slot = table &+ Paging.entryOffset(of: UInt64(page: page), level: level)
    repeat {
      try tables.spend()
      let pages = Paging.pages(level: level)
      let first = page & ~(pages - 1)
      let entry = SecondStageEntry(rawValue: tables.load(slot))
      if entry.isPresent {
        if range.lowerBound <= first, range.upperBound >= first &+ pages &- 1 {
          if level > 1, !entry[flag: .pageSize] {
            try collectTables(entry[inPlace: .address], level: level - 1, &freed)
          }
          try tables.store(0, at: slot)
        } else if level > 1 {
          try clear(
            range, table: entry[inPlace: .address], level: level - 1, from: first, &freed)
        }
      }
      page = first &+ pages
      slot &+= Paging.entryBytes
    } while slot % Paging.pageSize != 0 && page <= range.upperBound
  }

  /// dma_pte_list_pagetables: a table at `level` and all tables below it.
  private func collectTables(
    _ table: UInt64, level: Int, _ freed: inout [PhysicalAddress]
  ) throws(DriverError) {
    freed.append(PhysicalAddress(rawValue: table))
    guard level > 1 else { return }
    try tables.spend(512)
    for index in 0..<UInt64(Paging.entryCount) {
      let entry = SecondStageEntry(rawValue: tables.load(table &+ index * Paging.entryBytes))
      if entry.isPresent, !entry[flag: .pageSize] {
        try collectTables(entry[inPlace: .address], level: level - 1, &freed)
      }
    }
  }
}
