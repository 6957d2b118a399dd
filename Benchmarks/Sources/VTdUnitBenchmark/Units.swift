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

  let unit: RemappingUnit
  let memory: PhysicalMemory
  let stride: UInt64
  private var nextTable: UInt64 = 0x40_0000

  enum Mode: String, CaseIterable { case legacy, passThrough, secondStage, firstStage, nested }

  /// - Parameter stride: bytes from page to page; 2 MiB gives each its own table.
  init(
    _ mode: Mode, pages: Int, stride: UInt64 = 4096,
    caches: CacheConfiguration = CacheConfiguration()
  ) throws {
    self.stride = stride
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

  /// Maps pages through tables of four levels, entries `upper` above and `leaf` at the bottom.
  private mutating func map(
    _ top: UInt64, _ iova: UInt64, to page: UInt64, pages: Int, stride: UInt64, upper: UInt64,
    leaf: UInt64
  ) {
    for index in 0..<UInt64(pages) {
      let address = iova + index * stride
      var table = top
      for level in Swift.stride(from: 4, to: 1, by: -1) {
        let place = table + Paging.entryOffset(of: address, level: level)
        var entry = memory.load64(PhysicalAddress(rawValue: place)) ?? 0
        if entry == 0 {
          entry = self.table() | upper
          store(entry, at: place)
        }
        table = entry & ~0xfff
      }
      store(page + index * 4096 | leaf, at: table + Paging.entryOffset(of: address, level: 1))
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
      map(top, Self.base, to: 0x2000_0000, pages: pages, stride: stride, upper: 3, leaf: 3)
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
      map(top, Self.base, to: 0x2000_0000, pages: pages, stride: stride, upper: 0x27, leaf: 0x67)
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
      map(top, Self.base, to: 0x2000_0000, pages: pages, stride: stride, upper: 3, leaf: 3)
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
