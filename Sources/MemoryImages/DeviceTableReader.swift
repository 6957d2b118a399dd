import VTdFormats

/// Reads root, context and PASID tables: which functions there are, and how each is translated.
public struct DeviceTableReader {
  /// What stands in the tables and cannot be.
  public struct Flaw: Hashable, Sendable {
    /// What is wrong.
    public var words: String
    /// Where.
    public var address: UInt64
  }

  /// The devices with tables.
  public private(set) var entries: [DeviceEntry] = []
  /// What is wrong in the tables.
  public private(set) var flaws: [Flaw] = []
  /// Whether the tables are those of scalable mode.
  public let isScalable: Bool
  private static let mostFlaws = 64
  private static let mostEntries = 1 << 20
  /// Tables that point to themselves would give every function a million PASIDs.
  private static let mostTables = 1 << 16
  private var tableCount = 0
  private var lastTable: UInt64 = 0
  /// Whether reading stopped at one of the limits; the last of `flaws` says so.
  private var isCut = false

  /// The devices of the tables behind one root table.
  ///
  /// - Parameters:
  ///   - memory: where the tables lie.
  ///   - root: the value of RTADDR; or the root table's address alone: the tables show the mode.
  public init(_ memory: some TableSource, root: UInt64) {
    let table = root.pageStart
    isScalable = Self.isScalable(memory, root: root)
    guard let page = Self.words(memory, table) else {
      flaws.append(Flaw(words: "the root table lies outside the image", address: table))
      return
    }
    for bus in 0..<256 {
      for half in 0..<(isScalable ? 2 : 1) where !isCut {
        let word = page[bus * 2 + half]
        guard word & 1 != 0 else { continue }
        let context = word.pageStart
        guard let words = Self.words(memory, context) else {
          note(
            "the context table of bus \(hex(UInt64(bus), digits: 2)) lies outside the image",
            table + UInt64(bus * 16 + half * 8))
          continue
        }
        if isScalable {
          scalable(memory, UInt8(bus), half, words, context)
        } else {
          legacy(UInt8(bus), words)
        }
      }
    }
  }

  /// Whether the tables behind one root table are those of scalable mode.
  ///
  /// - Parameters:
  ///   - memory: where the tables lie.
  ///   - root: the value of RTADDR; or the root table's address alone.
  public static func isScalable(_ memory: some TableSource, root: UInt64) -> Bool {
    let mode = RootTableAddress(rawValue: root).mode
    return mode == .scalable || mode == .abortDMA || looksScalable(memory, root.pageStart)
  }

  private mutating func note(_ words: String, _ address: UInt64) {
    if flaws.count < Self.mostFlaws { flaws.append(Flaw(words: words, address: address)) }
  }

  private mutating func add(_ entry: DeviceEntry) {
    if entries.count < Self.mostEntries { entries.append(entry) } else { cut(entry.source) }
  }

  private mutating func cut(_ source: SourceID) {
    guard !isCut else { return }
    isCut = true
    flaws.append(
      Flaw(
        words: "the tables lead in circles; nothing was read from \(source) on", address: lastTable)
    )
  }

  static func words(_ memory: some TableSource, _ address: UInt64) -> [UInt64]? {
    guard address.pageOffset == 0, address < 1 << 52, let page = memory.page(at: address) else {
      return nil
    }
    return (0..<512).map {
      UInt64(littleEndian: page.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self))
    }
  }

  /// A legacy context entry always has an address width in its second word; a scalable one has
  /// there the PASID of requests that carry none, which is 0 with every kernel.
  private static func looksScalable(_ memory: some TableSource, _ table: UInt64) -> Bool {
    guard let page = words(memory, table) else { return false }
    if (0..<256).contains(where: { page[$0 * 2 + 1] & 1 != 0 }) { return true }
    for bus in 0..<256 where page[bus * 2] & 1 != 0 {
      guard let context = words(memory, page[bus * 2].pageStart) else { continue }
      for index in stride(from: 0, to: 512, by: 2) where context[index] & 1 != 0 {
        return !(1...3).contains(context[index + 1] & 7)
      }
    }
    return false
  }

  private mutating func legacy(_ bus: UInt8, _ words: [UInt64]) {
    for devfn in 0..<256 {
      let entry = ContextEntry(words: [words[devfn * 2], words[devfn * 2 + 1]])
      guard entry[flag: .present] else { continue }
      let translation: DeviceEntry.Translation =
        switch entry.translationType {
        case .passThrough: .passThrough
        case .reserved: .reserved
        case .untranslatedOnly, .deviceTLB:
          .secondStage(table: entry[inPlace: .secondStageTable], levels: entry.levels)
        }
      add(
        DeviceEntry(
          source: SourceID(bus: bus, devfn: UInt8(devfn)), pasid: nil,
          isForRequestsWithout: true, domain: entry.domain, translation: translation,
          usesDeviceTLB: entry.translationType == .deviceTLB))
    }
  }

  private mutating func scalable(
    _ memory: some TableSource, _ bus: UInt8, _ half: Int, _ words: [UInt64], _ table: UInt64
  ) {
    for index in 0..<128 where !isCut {
      let entry = ScalableContextEntry(words: Array(words[index * 4..<index * 4 + 4]))
      guard entry[flag: .present] else { continue }
      let source = SourceID(bus: bus, devfn: UInt8(half * 128 + index))
      directory(memory, entry, source)
    }
  }

  private mutating func directory(
    _ memory: some TableSource, _ context: ScalableContextEntry, _ source: SourceID
  ) {
    let start = context[inPlace: .pasidDirectory]
    let count = Int(context.pasidLimit) / PASIDTableEntry.countInTable
    let without = context[.ridPASID]
    var index = 0
    while index < count, !isCut {
      let address = start &+ UInt64(index * 8)
      guard let page = Self.words(memory, address.pageStart) else {
        return note("the PASID directory of \(source) lies outside the image", address)
      }
      for place in 0..<min(512, count - index) where page[place] & 1 != 0 && !isCut {
        let entry = PASIDDirectoryEntry(rawValue: page[place])
        self.table(
          memory, entry[inPlace: .pasidTable], context, source,
          UInt32((index + place) * PASIDTableEntry.countInTable), without)
      }
      index += 512
    }
  }

  private mutating func table(
    _ memory: some TableSource, _ address: UInt64, _ context: ScalableContextEntry,
    _ source: SourceID, _ first: UInt32, _ without: UInt64
  ) {
    tableCount += 1
    lastTable = address
    if tableCount > Self.mostTables { return cut(source) }
    guard let page = Self.words(memory, address.pageStart) else {
      return note("a PASID table of \(source) lies outside the image", address)
    }
    for index in 0..<64 where !isCut {
      let entry = PASIDTableEntry(words: Array(page[index * 8..<index * 8 + 8]))
      guard entry[flag: .present] else { continue }
      let pasid = first + UInt32(index)
      add(
        DeviceEntry(
          source: source, pasid: PASID(rawValue: pasid),
          isForRequestsWithout: UInt64(pasid) == without, domain: entry.domain,
          translation: Self.translation(entry), usesDeviceTLB: context[flag: .deviceTLBEnable]))
    }
  }

  private static func translation(_ entry: PASIDTableEntry) -> DeviceEntry.Translation {
    switch entry.translationType {
    case .passThrough: return .passThrough
    case .secondStage:
      return .secondStage(
        table: entry[inPlace: .secondStageTable], levels: entry.secondStageLevels)
    case .firstStage:
      guard let levels = entry.firstStageLevels else { return .reserved }
      return .firstStage(table: entry[inPlace: .firstStageTable], levels: levels)
    case .nested:
      return .nested(
        first: entry[inPlace: .firstStageTable], second: entry[inPlace: .secondStageTable],
        levels: entry.secondStageLevels)
    case nil: return .reserved
    }
  }
}
