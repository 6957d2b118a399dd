internal import KernelLog
internal import VTdFormats

/// The paging entries of assumed tables.
extension AssumedTables {
  /// The pages of a walk: the tables below the top, then what the leaf maps.
  private func below(_ level: Int, of levels: Int) -> UInt64 {
    page(3) + Paging.pageSize * UInt64(levels - level)
  }

  mutating func secondStage(_ top: UInt64, _ levels: Int) {
    func entry(to target: UInt64) -> SecondStageEntry {
      var entry = SecondStageEntry()
      entry[flag: .read] = true
      entry[flag: .write] = true
      entry[inPlace: .address] = target
      return entry
    }
    let place = image.entryAddress(top, levels, address)
    switch row.problem {
    case .unreadable where row.reason != .secondStageTableRead:
      put([entry(to: image.beyond).rawValue], at: place)
      need.assumptions.append("the table that cannot be read is the one below the top")
    case .reserved:
      // PS is reserved where there are no pages of that size.
      var spoilt = entry(to: 0)
      spoilt[flag: .pageSize] = true
      // At level 3 there are such pages, but none begins here.
      if levels == 3 { spoilt[inPlace: .address] = Paging.pageSize }
      put([spoilt.rawValue], at: place)
      need.assumptions.append("the entry with the reserved bit is the top one")
    case .interruptRange, .notUpdated: fallthrough
    case .notPermitted where row.structure == .page:
      var table = top
      for level in stride(from: levels, through: 1, by: -1) {
        let target = below(level, of: levels)
        var next = entry(to: target)
        if level == 1 {
          if row.problem == .interruptRange {
            next[inPlace: .address] = UInt64.interruptRange.lowerBound
          }
          if row.reason == .scalableWriteNotPermitted { next[flag: .write] = false }
          if row.reason == .scalableReadNotPermitted { next[flag: .read] = false }
        }
        put([next.rawValue], at: image.entryAddress(table, level, address))
        table = target
      }
      need.assumptions.append("the walk down to the page")
    case .notPresent, .notPermitted: put([0], at: place)
    default: break
    }
  }

  /// A whole walk, its entries present, writable, used and written, with what is wrong in one of them.
  mutating func firstStage(_ top: UInt64) {
    guard row.reason != .firstStageTableRead, row.reason != .firstStageTableBeyondWidth else {
      return
    }
    var table = top
    for level in stride(from: 4, through: 1, by: -1) {
      var entry = FirstStageEntry()
      for flag in [BitField<FirstStageEntry>.present, .write, .accessed, .dirty] {
        entry[flag: flag] = true
      }
      entry[flag: .user] = row.reason != .userNotPermitted
      let target = below(level, of: 4)
      entry[inPlace: .address] = target
      if level == 4 { spoilTop(&entry) }
      if level == 1 { spoilLeaf(&entry) }
      put([entry.rawValue], at: image.entryAddress(table, level, address))
      if entry.rawValue == 0 { break }
      table = target
    }
    need.assumptions.append(
      row.reason == .userNotPermitted ? "no level of the walk has U/S" : "the walk to the page")
  }

  private func spoilTop(_ entry: inout FirstStageEntry) {
    switch row.reason {
    case .firstStageNotPresent: entry = FirstStageEntry()
    case .firstStageReserved: entry[flag: .pageSize] = true
    case .firstStageRead: entry[inPlace: .address] = image.beyond
    case .firstStageTableNotReadable: entry[inPlace: .address] = Self.unreadable
    default: break
    }
  }

  private func spoilLeaf(_ entry: inout FirstStageEntry) {
    switch row.reason {
    case .intermediateAddressBeyondWidth:
      entry[inPlace: .address] = 1 << UInt64(Paging.width(levels: levels))
    case .executeNotPermitted: entry[flag: .executeDisable] = true
    case .scalableWriteNotPermitted: entry[flag: .write] = false
    case .scalableInterruptRange: entry[inPlace: .address] = UInt64.interruptRange.lowerBound
    case .firstStageAccessedDirtyNoSnoop, .firstStageTableNotWritable:
      entry[flag: .accessed] = false
      entry[flag: .dirty] = false
    default: break
    }
  }

  /// The GiB that a second stage lets nobody read.
  private static let unreadable: UInt64 = 1 << 38

  /// A second stage that maps memory to itself, in pages of 1 GiB, but for what is wrong with it.
  mutating func sharedSecondStage() {
    var top = shared(0)
    for level in stride(from: levels, through: 4, by: -1) {
      var entry = SecondStageEntry()
      entry[flag: .read] = true
      entry[flag: .write] = true
      entry[inPlace: .address] = shared(UInt64(6 - level))
      put([entry.rawValue], at: top)
      top = shared(UInt64(6 - level))
    }
    func cover(_ address: UInt64, read: Bool, write: Bool) {
      var entry = SecondStageEntry()
      entry[flag: .read] = read
      entry[flag: .write] = write
      entry[flag: .pageSize] = true
      entry[inPlace: .address] = address & ~(Paging.byteCount(level: 3) - 1)
      put([entry.rawValue], at: top + Paging.entryOffset(of: address, level: 3))
    }
    cover(
      page(0), read: row.reason != .firstStageTopTableNotReadable,
      write: row.reason != .firstStageTableNotWritable)
    cover(Self.unreadable, read: false, write: true)
    need.assumptions.append("a second stage that maps memory to itself, but for what is wrong")
  }
}
