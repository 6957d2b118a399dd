import PhysicalMemory
import VTdFormats
import VTdUnit

/// Units with tables: each maps `pages` pages from `base` for its devices.
struct BenchUnit {
  static let root: UInt64 = 0x10_0000
  static let contextTable: UInt64 = 0x11_0000
  static let directory: UInt64 = 0x14_0000
  static let pasidTable: UInt64 = 0x15_0000
  static let queue: UInt64 = 0x16_0000
  /// Above 4 GiB, so that no page lies in the interrupt range.
  static let base: UInt64 = 0x1_4000_0000
  static let source = SourceID(rawValue: 0x18)
  /// PS of an entry above the last level.
  private static let pageSize = BitField<SecondStageEntry>.pageSize.mask

  let unit: RemappingUnit
  let memory: PhysicalMemory
  let stride: UInt64
  private let leaf: Leaf
  private var nextTable: UInt64 = 0x40_0000

  enum Mode: String, CaseIterable { case legacy, passThrough, secondStage, firstStage, nested }

  /// What maps the pages: entries of 4 KiB, or of 2 MiB or 1 GiB, as many as hold them all.
  enum Leaf: Int { case page = 1, large, huge }

  /// - Parameters:
  ///   - stride: bytes from page to page; 2 MiB gives each its own table.
  init(
    _ mode: Mode, pages: Int, stride: UInt64 = 4096, leaf: Leaf = .page,
    caches: CacheConfiguration = CacheConfiguration()
  ) throws {
    self.stride = stride
    self.leaf = leaf
    memory = try PhysicalMemory(size: 1 << 30)
    var cap = Capability(rawValue: 0xd2008c_222f0606)
    var ecap = ExtendedCapability(rawValue: 0xf00f4a)
    if !mode.isLegacy {
      for flag in [
        BitField<ExtendedCapability>.scalableMode, .secondStage, .firstStage, .nested,
        .scalableModePageWalkCoherency, .pasid,
      ] { ecap[flag: flag] = true }
      cap[flag: .firstStage1GiBPages] = true
    }
    var configuration = UnitConfiguration(capability: cap, extendedCapability: ecap)
    configuration.caches = caches
    unit = try RemappingUnit(configuration: configuration, memory: memory)
    try build(mode, pages: pages)
    let ttm: UInt64 = mode.isLegacy ? 0 : 1
    unit.write64(Self.root | ttm << 10, at: RegisterOffset.rtaddr)
    var command = GlobalCommand()
    command[flag: .setRootTable] = true
    unit.write32(command.rawValue, at: RegisterOffset.gcmd)
    command = GlobalCommand()
    command[flag: .translation] = true
    unit.write32(command.rawValue, at: RegisterOffset.gcmd)
  }

  /// Turns the invalidation queue on: one page of descriptors.
  func startQueue(wide: Bool) {
    unit.write64(Self.queue | (wide ? 1 << 11 : 0), at: RegisterOffset.iqa)
    var command = GlobalCommand()
    command[flag: .translation] = true
    command[flag: .queuedInvalidation] = true
    unit.write32(command.rawValue, at: RegisterOffset.gcmd)
  }

  func store(_ value: UInt64, at address: UInt64) {
    memory.store64(value, at: PhysicalAddress(rawValue: address))
  }

  /// Maps a page of 2 MiB far from the others, and uses it.
  mutating func useLargePage() {
    let address: UInt64 = 0x7f_c000_0000
    let entry = place(of: address, last: 2, topTable, upper: 3)
    store(0x2_0000_0000 | 3 | Self.pageSize, at: entry)
    _ = unit.translate(DMARequest(source: Self.source, address: IOVA(rawValue: address)))
  }

  /// The first table of the pages.
  var topTable: UInt64 { 0x40_0000 }

  /// Copies all tables to the same places of other memory.
  func copyTables(to bytes: UnsafeMutablePointer<UInt8>) {
    for address in Swift.stride(from: 0, to: nextTable, by: 8) {
      guard let word = memory.load64(PhysicalAddress(rawValue: address)), word != 0 else {
        continue
      }
      UnsafeMutableRawPointer(bytes + Int(address)).storeBytes(of: word, as: UInt64.self)
    }
  }

  private mutating func table() -> UInt64 {
    defer { nextTable += 0x1000 }
    return nextTable
  }

  /// Where the entry of an address lies in the table at `last`; tables above it are made, with
  /// entries `upper`.
  private mutating func place(
    of address: UInt64, last: Int, _ top: UInt64, upper: UInt64
  ) -> UInt64 {
    var table = top
    for level in Swift.stride(from: 4, to: last, by: -1) {
      let place = table + Paging.entryOffset(of: address, level: level)
      var entry = memory.load64(PhysicalAddress(rawValue: place)) ?? 0
      if entry == 0 {
        entry = self.table() | upper
        store(entry, at: place)
      }
      table = entry & ~0xfff
    }
    return table + Paging.entryOffset(of: address, level: last)
  }

  /// Maps pages of 4 KiB, `stride` apart, to pages side by side.
  private mutating func map(
    _ top: UInt64, _ iova: UInt64, to page: UInt64, pages: Int, stride: UInt64, upper: UInt64,
    leaf: UInt64
  ) {
    for index in 0..<UInt64(pages) {
      let entry = place(of: iova + index * stride, last: 1, top, upper: upper)
      store(page + index * 4096 | leaf, at: entry)
    }
  }

  /// Maps the benchmark's pages by this unit's leaves.
  private mutating func mapPages(_ top: UInt64, pages: Int, upper: UInt64, leaf: UInt64) {
    if self.leaf == .page {
      map(top, Self.base, to: 0x2000_0000, pages: pages, stride: stride, upper: upper, leaf: leaf)
      return
    }
    let last = self.leaf.rawValue
    for offset in Swift.stride(
      from: 0, to: UInt64(pages) * stride, by: 1 << Paging.shift(level: last))
    {
      let entry = place(of: Self.base + offset, last: last, top, upper: upper)
      store(0x2_0000_0000 + offset | leaf | Self.pageSize, at: entry)
    }
  }

  private mutating func build(_ mode: Mode, pages: Int) throws {
    store(Self.contextTable | 1, at: Self.root)
    let top = table()
    if mode.isLegacy {
      let type: UInt64 = mode == .passThrough ? 2 << 2 : 0
      for device in 0..<UInt64(4) {
        let entry = Self.contextTable + (0x18 + device * 8) * 16
        store(top | type | 1, at: entry)
        store(0x102 + device << 8, at: entry + 8)
      }
      mapPages(top, pages: pages, upper: 3, leaf: 3)
      return
    }
    store(Self.directory | 9, at: Self.contextTable + 0x18 * 32)
    store(Self.pasidTable | 1, at: Self.directory)
    var entry = PASIDTableEntry()
    entry[flag: .present] = true
    entry[.domainID] = 1
    entry[.addressWidth] = 2
    entry[flag: .pageWalkSnoop] = true
    switch mode {
    case .firstStage:
      entry[.translationType] = 1
      entry[inPlace: .firstStageTable] = top
      mapPages(top, pages: pages, upper: 0x27, leaf: 0x67)
    case .nested:
      let second = table()
      entry[.translationType] = 3
      entry[inPlace: .firstStageTable] = top
      entry[inPlace: .secondStageTable] = second
      map(top, Self.base, to: 0x2000_0000, pages: pages, stride: stride, upper: 0x27, leaf: 0x67)
      map(second, 0, to: 0, pages: 0x2000, stride: 4096, upper: 3, leaf: 3)
      map(second, 0x2000_0000, to: 0x2000_0000, pages: pages, stride: 4096, upper: 3, leaf: 3)
    default:
      entry[.translationType] = 2
      entry[inPlace: .secondStageTable] = top
      mapPages(top, pages: pages, upper: 3, leaf: 3)
    }
    for (index, word) in entry.words.enumerated() {
      store(word, at: Self.pasidTable + UInt64(index) * 8)
    }
  }

  /// One read of each of `count` pages, in order.
  static func requests(
    _ count: Int, stride: UInt64 = 4096, source: SourceID = BenchUnit.source
  ) -> [DMARequest] {
    (0..<UInt64(count)).map {
      DMARequest(source: source, address: IOVA(rawValue: base + $0 * stride + 0x40))
    }
  }
}

extension BenchUnit.Mode {
  var isLegacy: Bool { self == .legacy || self == .passThrough }
}
