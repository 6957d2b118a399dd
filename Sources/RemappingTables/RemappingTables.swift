public import PhysicalMemory
public import VTdFormats
public import VTdUnit

/// Builds the tables of a remapping unit in memory: root, context and PASID tables, page tables and
/// the interrupt table.
///
/// It only writes memory. A unit sees the tables when software puts ``rootTableAddress`` into RTADDR
/// and sets SRTP, and sees a later change when its caches hold nothing of what stood there before:
/// as with hardware, invalidating is the caller's part.
public struct RemappingTables {
  /// Where the tables lie.
  public let memory: PhysicalMemory
  /// What the unit can read; nothing is built that it could not.
  public let unit: UnitConfiguration
  /// Legacy or scalable tables.
  public let mode: TranslationTableMode
  /// The root table.
  public let rootTable: PhysicalAddress
  /// The interrupt table and the number of its entries; nil before the first entry is set.
  public internal(set) var interruptTable: (address: PhysicalAddress, entries: Int)?
  private var pages: TablePages

  /// Entries that the interrupt table has: one page of them.
  static let interruptEntries = Int(Paging.pageSize / InterruptEntry.byteCount)

  /// An empty root table.
  ///
  /// - Parameters:
  ///   - mode: legacy, or scalable where the unit has it.
  ///   - unit: the unit that will read the tables.
  ///   - memory: where the tables lie.
  ///   - pages: where tables may lie.
  /// - Throws: ``TableError`` where the unit lacks the mode or no page is left.
  public init(
    mode: TranslationTableMode, for unit: UnitConfiguration, in memory: PhysicalMemory,
    pages: TablePages
  ) throws(TableError) {
    if mode == .scalable && !unit.extendedCapability[flag: .scalableMode] {
      throw .unsupported(
        what: "scalable mode", needs: "the unit lacks it (ECAP.SMTS is clear); take a scalable unit"
      )
    }
    if mode != .legacy && mode != .scalable {
      throw .unsupported(
        what: "translation table mode \(mode)", needs: "only legacy and scalable mode have tables")
    }
    self.memory = memory
    self.unit = unit
    self.mode = mode
    self.pages = pages
    walksSnoop = unit.extendedCapability[flag: .scalableModePageWalkCoherency]
    marksUsed = !walksSnoop
    rootTable = PhysicalAddress(rawValue: try Self.page(&self.pages, .root, memory))
  }

  /// What RTADDR has to hold for these tables.
  public var rootTableAddress: RootTableAddress {
    var address = RootTableAddress()
    address[inPlace: .rootTable] = rootTable.rawValue
    address[.translationTableMode] = UInt64(mode.rawValue)
    return address
  }

  /// What IRTA has to hold for the interrupt table, in xAPIC mode; nil before the first entry is set.
  public var interruptTableAddress: InterruptTableAddress? {
    guard let table = interruptTable else { return nil }
    var address = InterruptTableAddress()
    address[inPlace: .address] = table.address.rawValue
    // 2^(S+1) entries.
    address[.size] = UInt64(table.entries.trailingZeroBitCount - 1)
    return address
  }

  /// Whether first-stage walks snoop the processor's caches (PWSNP of new PASID entries): those of a
  /// unit that can, unless it is set otherwise.
  public var walksSnoop: Bool
  /// Whether new first-stage entries have their accessed and dirty bits set already: a unit whose walks
  /// do not snoop cannot set them (reason 0x90).
  public var marksUsed: Bool
  /// The size field (PDTS) of new PASID directories: 2^(7 + size) entries of 64 PASIDs each.
  public var directorySize: UInt64 = 2

  /// The pages that tables lie on, in the order in which they were made.
  public var tablePages: [UInt64] { pages.taken }

  // MARK: Pages and words

  /// A zeroed page for whatever else software keeps in memory, such as the invalidation queue.
  ///
  /// - Throws: ``TableError/noPage(end:)``.
  public mutating func makePage() throws(TableError) -> PhysicalAddress {
    PhysicalAddress(rawValue: try page(.other))
  }

  /// A zeroed page for a table.
  mutating func page(_ kind: TableKind) throws(TableError) -> UInt64 {
    try Self.page(&pages, kind, memory)
  }

  private static func page(
    _ pages: inout TablePages, _ kind: TableKind, _ memory: PhysicalMemory
  ) throws(TableError) -> UInt64 {
    guard let page = pages.take(kind) else { throw .noPage(end: pages.end) }
    let zeros = [UInt8](repeating: 0, count: Int(Paging.pageSize))
    guard memory.write(zeros, at: PhysicalAddress(rawValue: page)) else {
      throw .outsideMemory(page)
    }
    return page
  }

  func load(_ address: UInt64) throws(TableError) -> UInt64 {
    guard let word = memory.load64(PhysicalAddress(rawValue: address)) else {
      throw .outsideMemory(address)
    }
    return word
  }

  func store(_ word: UInt64, at address: UInt64) throws(TableError) {
    guard memory.store64(word, at: PhysicalAddress(rawValue: address)) else {
      throw .outsideMemory(address)
    }
  }

  /// The entry at an address.
  public func entry<Entry: BitImage>(_: Entry.Type = Entry.self, at address: PhysicalAddress)
    throws(TableError) -> Entry
  {
    var words: [UInt64] = []
    for index in 0..<Entry.wordCount {
      words.append(try load(address.rawValue + UInt64(index) * 8))
    }
    return Entry(words: words)
  }

  /// Writes an entry, its lowest word last: that word makes it present.
  ///
  /// - Throws: ``TableError/outsideMemory(_:)`` where memory does not take it.
  public func store(_ entry: some BitImage, at address: PhysicalAddress) throws(TableError) {
    for (index, word) in entry.words.enumerated().reversed() {
      try store(word, at: address.rawValue + UInt64(index) * 8)
    }
  }
}
