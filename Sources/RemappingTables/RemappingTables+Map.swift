public import VTdFormats
public import VTdUnit

// Page tables: making them, mapping pages, and the place of an entry, which is what one changes to
// break a mapping on purpose.
extension RemappingTables {
  /// An empty top table.
  ///
  /// - Parameters:
  ///   - stage: the format of the tables.
  ///   - levels: 3, 4 or 5; nil for the most that both the unit and the stage have up to 4.
  ///   - secondStage: for a first stage whose tables and pages go through a second one (nested).
  /// - Throws: ``TableError`` where the unit lacks the stage or the levels, or no page is left.
  public mutating func makePageTables(
    _ stage: TranslationStage, levels: Int? = nil, over secondStage: PageTables? = nil
  ) throws(TableError) -> PageTables {
    let depths = supportedLevels(stage)
    guard let usual = depths.last(where: { $0 <= 4 }) ?? depths.first else {
      throw .unsupported(
        what: "\(stage.rawValue)-stage tables",
        needs: mode == .legacy && stage == .first
          ? "legacy mode has none; build scalable tables" : "the unit cannot read any")
    }
    let levels = levels ?? usual
    guard depths.contains(levels) else {
      throw .unsupported(
        what: "\(stage.rawValue)-stage tables of \(levels) levels",
        needs: "the unit reads \(depths.map(String.init).joined(separator: ", ")) levels")
    }
    if secondStage != nil && !unit.extendedCapability[flag: .nested] {
      throw .unsupported(
        what: "nested translation", needs: "the unit lacks it (ECAP.NEST is clear)")
    }
    let top = try page(stage == .first ? .firstStage : .secondStage)
    let tables = PageTables(
      top: PhysicalAddress(rawValue: top), stage: stage, levels: levels,
      under: secondStage.map { PageTables.Under(top: $0.top, levels: $0.levels) })
    if let secondStage { try mapOneToOne(top, in: secondStage) }
    return tables
  }

  private func supportedLevels(_ stage: TranslationStage) -> [Int] {
    switch stage {
    case .second:
      if mode == .scalable && !unit.extendedCapability[flag: .secondStage] { return [] }
      return unit.secondStageLevels
    case .first:
      guard mode == .scalable, unit.extendedCapability[flag: .firstStage] else { return [] }
      return unit.capability[flag: .firstStage5Levels] ? [4, 5] : [4]
    }
  }

  /// Maps `length` bytes from an address on, page by page.
  ///
  /// - Parameters:
  ///   - address: first byte as devices see it; a multiple of the page's size.
  ///   - target: first byte in memory (under a second stage: in the guest's memory); the same.
  ///   - length: bytes; a multiple of the page's size; nil for one page.
  ///   - permissions: what the leaf entries allow. Entries above them allow all.
  ///   - size: the pages to map it with.
  ///   - tables: the page tables.
  /// - Throws: ``TableError``. What was mapped before the error stays mapped.
  public mutating func map(
    _ address: IOVA, to target: PhysicalAddress, length: UInt64? = nil,
    _ permissions: Permissions = [.read, .write], size: PageSize = .fourKiB, in tables: PageTables
  ) throws(TableError) {
    let step = size.byteCount
    let length = length ?? step
    if address.rawValue % step != 0 {
      throw .unaligned(what: "address", address: address.rawValue, size: size)
    }
    if target.rawValue % step != 0 {
      throw .unaligned(what: "target", address: target.rawValue, size: size)
    }
    guard length % step == 0, let last = address.rawValue.last(ofBytes: length),
      target.rawValue.last(ofBytes: length) != nil
    else { throw .length(length, size: size) }
    if last >> UInt64(tables.width) != 0 { throw .tooWide(address: last, width: tables.width) }
    try check(size, in: tables)
    for offset in stride(from: 0, to: length, by: Int(step)) {
      try mapPage(
        address.rawValue + offset, to: target.rawValue + offset, permissions, size, in: tables)
    }
  }

  private func check(_ size: PageSize, in tables: PageTables) throws(TableError) {
    let has: Bool
    switch (tables.stage, size) {
    case (_, .fourKiB): has = true
    case (.second, _): has = unit.capability.supportsSecondStageLargePage(level: size.level)
    case (.first, .twoMiB): has = true
    case (.first, .oneGiB): has = unit.capability[flag: .firstStage1GiBPages]
    }
    if !has {
      throw .unsupported(
        what: "\(tables.stage.rawValue)-stage pages of \(size)", needs: "the unit lacks them")
    }
  }

  private mutating func mapPage(
    _ address: UInt64, to target: UInt64, _ permissions: Permissions, _ size: PageSize,
    in tables: PageTables
  ) throws(TableError) {
    var table = tables.top.rawValue
    for level in stride(from: tables.levels, to: size.level, by: -1) {
      let place = table + Paging.entryOffset(of: address, level: level)
      var entry = TableEntry(rawValue: try load(place), stage: tables.stage)
      if entry.isPresent {
        if entry.isLeaf(level: level), let large = PageSize(rawValue: level) {
          throw .insideLargePage(address: address, size: large)
        }
      } else {
        let next = try page(tables.stage == .first ? .firstStage : .secondStage)
        if let second = tables.secondStage { try mapOneToOne(next, in: second) }
        entry = TableEntry(table: next, stage: tables.stage, isUsed: marksUsed)
        try store(entry.rawValue, at: place)
      }
      table = entry.address
    }
    let place = table + Paging.entryOffset(of: address, level: size.level)
    if TableEntry(rawValue: try load(place), stage: tables.stage).isPresent {
      throw .mapped(address: address)
    }
    let entry = TableEntry(
      page: target, permissions, size, stage: tables.stage, isUsed: marksUsed)
    try store(entry.rawValue, at: place)
  }

  /// A table of a first stage is itself read through the second one.
  private mutating func mapOneToOne(_ page: UInt64, in second: PageTables) throws(TableError) {
    try mapPage(page, to: page, [.read, .write], .fourKiB, in: second)
  }

  /// Takes the entries away that map `length` bytes from an address on. Tables stay.
  ///
  /// - Throws: ``TableError/notMapped(address:)``, also where part of a large page would stay.
  public func unmap(_ address: IOVA, length: UInt64? = nil, in tables: PageTables)
    throws(TableError)
  {
    var at = address.rawValue
    var left = length ?? 1
    while left > 0 {
      let (place, level) = try leaf(of: at, in: tables)
      let size = Paging.pageSize * Paging.pages(level: level)
      if at % size != 0 || (length != nil && left < size) {
        throw .insideLargePage(address: at, size: PageSize(rawValue: level) ?? .fourKiB)
      }
      try store(0, at: place.rawValue)
      left = left > size ? left - size : 0
      at &+= size
    }
  }

  /// Where the entry that maps an address lies, and its level: 1 for a page of 4 KiB.
  ///
  /// - Throws: ``TableError/notMapped(address:)``.
  public func leaf(of address: UInt64, in tables: PageTables) throws(TableError)
    -> (place: PhysicalAddress, level: Int)
  {
    var table = tables.top.rawValue
    for level in stride(from: tables.levels, through: 1, by: -1) {
      let place = table + Paging.entryOffset(of: address, level: level)
      let entry = TableEntry(rawValue: try load(place), stage: tables.stage)
      guard entry.isPresent else { throw .notMapped(address: address) }
      if level == 1 || entry.isLeaf(level: level) {
        return (PhysicalAddress(rawValue: place), level)
      }
      table = entry.address
    }
    throw .notMapped(address: address)
  }

  /// Where the entry of a level for an address lies: the one to change to break a mapping.
  ///
  /// - Throws: ``TableError/notMapped(address:)`` where no table of that level covers the address.
  public func entryAddress(level: Int, of address: IOVA, in tables: PageTables)
    throws(TableError) -> PhysicalAddress
  {
    guard (1...tables.levels).contains(level) else {
      throw .unsupported(
        what: "level \(level)", needs: "the tables have levels 1 to \(tables.levels)")
    }
    if address.rawValue >> UInt64(tables.width) != 0 {
      throw .tooWide(address: address.rawValue, width: tables.width)
    }
    var table = tables.top.rawValue
    for above in stride(from: tables.levels, to: level, by: -1) {
      let place = table + Paging.entryOffset(of: address.rawValue, level: above)
      let entry = TableEntry(rawValue: try load(place), stage: tables.stage)
      guard entry.isPresent, !entry.isLeaf(level: above) else {
        throw .notMapped(address: address.rawValue)
      }
      table = entry.address
    }
    return PhysicalAddress(
      rawValue: table + Paging.entryOffset(of: address.rawValue, level: level))
  }
}

/// What a unit can walk, as whoever builds tables asks.
extension UnitConfiguration {
  /// Levels of the second-stage tables that the unit reads, fewest first.
  public var secondStageLevels: [Int] {
    (3...5).filter { capability.supports(secondStageLevels: $0) }
  }
}
