import VTdFormats
import VTdUnit

/// A paging entry of either stage, as far as a builder asks.
struct TableEntry {
  var rawValue: UInt64
  let stage: TranslationStage

  init(rawValue: UInt64, stage: TranslationStage) {
    self.rawValue = rawValue
    self.stage = stage
  }

  /// An entry that leads to a table and allows everything: the leaf decides.
  ///
  /// - Parameter isUsed: the accessed bit is set already.
  init(table: UInt64, stage: TranslationStage, isUsed: Bool) {
    self.stage = stage
    switch stage {
    case .second:
      var entry = SecondStageEntry()
      entry[flag: .read] = true
      entry[flag: .write] = true
      entry[inPlace: .address] = table
      rawValue = entry.rawValue
    case .first:
      var entry = FirstStageEntry()
      entry[flag: .present] = true
      entry[flag: .write] = true
      entry[flag: .user] = true
      entry[flag: .accessed] = isUsed
      entry[inPlace: .address] = table
      rawValue = entry.rawValue
    }
  }

  /// An entry that maps a page. First-stage pages can always be read, and are open to user requests.
  ///
  /// - Parameter isUsed: the accessed and dirty bits are set already.
  init(
    page: UInt64, _ permissions: Permissions, _ size: PageSize, stage: TranslationStage,
    isUsed: Bool
  ) {
    self.stage = stage
    switch stage {
    case .second:
      var entry = SecondStageEntry()
      entry[flag: .read] = permissions.contains(.read)
      entry[flag: .write] = permissions.contains(.write)
      entry[flag: .pageSize] = size != .fourKiB
      entry[inPlace: .address] = page
      rawValue = entry.rawValue
    case .first:
      var entry = FirstStageEntry()
      entry[flag: .present] = true
      entry[flag: .write] = permissions.contains(.write)
      entry[flag: .user] = true
      entry[flag: .accessed] = isUsed
      entry[flag: .dirty] = isUsed
      entry[flag: .pageSize] = size != .fourKiB
      entry[inPlace: .address] = page
      rawValue = entry.rawValue
    }
  }

  var isPresent: Bool {
    switch stage {
    case .second: SecondStageEntry(rawValue: rawValue).isPresent
    case .first: FirstStageEntry(rawValue: rawValue)[flag: .present]
    }
  }

  /// Whether an entry of that level maps a page.
  func isLeaf(level: Int) -> Bool {
    switch stage {
    case .second: level == 1 || SecondStageEntry(rawValue: rawValue)[flag: .pageSize]
    case .first: level == 1 || FirstStageEntry(rawValue: rawValue)[flag: .pageSize]
    }
  }

  /// Where it leads.
  var address: UInt64 {
    switch stage {
    case .second: SecondStageEntry(rawValue: rawValue)[inPlace: .address]
    case .first: FirstStageEntry(rawValue: rawValue)[inPlace: .address]
    }
  }
}
