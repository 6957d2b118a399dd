import Testing
import VTdFormats

@testable import MemoryImages

/// Pages in memory, by their addresses.
final class SparsePages: TableSource {
  private var pages: [UInt64: [UInt64]] = [:]
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 4096)

  deinit { buffer.deallocate() }

  var pageLimit: UInt64 { UInt64(pages.count) }

  func store(_ value: UInt64, at address: UInt64) {
    pages[address & ~0xfff, default: [UInt64](repeating: 0, count: 512)][
      Int(address & 0xfff) / 8] = value
  }

  func page(at address: UInt64) -> UnsafeRawBufferPointer? {
    guard let words = pages[address] else { return nil }
    words.withUnsafeBytes { buffer.copyMemory(from: $0) }
    return UnsafeRawBufferPointer(buffer)
  }
}

@Suite("Tables of an image")
struct TableReaderTests {
  static func ranges(
    _ memory: SparsePages, levels: Int, stage: PageTableReader.Stage = .second
  ) -> (ranges: [MappedRange], reader: PageTableReader) {
    var ranges: [MappedRange] = []
    let reader = PageTableReader.read(memory, table: 0x1000, levels: levels, stage: stage) {
      ranges.append($0)
    }
    return (ranges, reader)
  }

  @Test("neighbours are joined while memory, permission and size go on")
  func merging() {
    let memory = SparsePages()
    memory.store(0x2003, at: 0x1000)
    memory.store(0x3003, at: 0x2000)
    // Two pages that follow each other, one elsewhere, one for reads alone, and a large page.
    for (index, entry) in [0x10_0003, 0x10_1003, 0x20_0003, 0x20_1001].enumerated() {
      memory.store(UInt64(entry), at: 0x3000 + UInt64(index) * 8)
    }
    memory.store(0x40_0083, at: 0x2008)
    let found = Self.ranges(memory, levels: 3)
    #expect(found.reader.leafCount == 5)
    #expect(
      found.ranges.map { "\($0.start) \($0.size) \($0.physical) \($0.permission) \($0.pageSize)" }
        == [
          "0 8192 \(0x10_0000) rw 4 KiB", "8192 4096 \(0x20_0000) rw 4 KiB",
          "12288 4096 \(0x20_1000) r- 4 KiB", "\(0x20_0000) \(0x20_0000) \(0x40_0000) rw 2 MiB",
        ])
  }

  @Test("a permission that an upper level refuses is refused")
  func permissions() {
    let memory = SparsePages()
    memory.store(0x2001, at: 0x1000)
    memory.store(0x3003, at: 0x2000)
    memory.store(0x10_0003, at: 0x3000)
    #expect(Self.ranges(memory, levels: 3).ranges.map(\.permission) == ["r-"])
  }

  @Test("first-stage entries are present by bit 0 and always readable")
  func firstStage() {
    let memory = SparsePages()
    memory.store(0x2003, at: 0x1000)
    memory.store(0x3003, at: 0x2000)
    memory.store(0x4003, at: 0x3000)
    memory.store(0x10_0001, at: 0x4000)
    memory.store(0x10_1002, at: 0x4008)
    let found = Self.ranges(memory, levels: 4, stage: .first)
    #expect(found.ranges.map(\.permission) == ["r-"])
  }

  @Test("tables that lead to themselves end")
  func circles() {
    let memory = SparsePages()
    for index in 0..<512 { memory.store(0x1003, at: 0x1000 + UInt64(index) * 8) }
    let found = Self.ranges(memory, levels: 5)
    #expect(found.reader.isCircular)
  }

  @Test("a table outside the image is counted, and its entry named")
  func missing() {
    let memory = SparsePages()
    memory.store(0x9000_0003, at: 0x1008)
    let found = Self.ranges(memory, levels: 3)
    #expect(found.reader.missingCount == 1)
    #expect(found.reader.firstMissing == 0x1008)
  }

  @Test("scalable tables give a device's PASIDs")
  func scalable() throws {
    let memory = SparsePages()
    // Root 0x1000: bus 0, upper half at 0x2000; 00:1a.0 has its directory at 0x3000.
    memory.store(0x2001, at: 0x1008)
    memory.store(0x3001, at: 0x2000 + UInt64(0x1a * 8 & 0x7f) * 32)
    memory.store(0x4001, at: 0x3000)
    // PASID 0: second stage, 4 levels, domain 7; PASID 1: first stage, domain 8; PASID 2: both, where the
    // second stage has 3 levels.
    memory.store(0x5000 | 2 << 2 | 2 << 6 | 1, at: 0x4000)
    memory.store(7, at: 0x4008)
    memory.store(1 << 6 | 1, at: 0x4040)
    memory.store(8, at: 0x4048)
    memory.store(0x6000, at: 0x4050)
    memory.store(0x7000 | 1 << 2 | 3 << 6 | 1, at: 0x4080)
    memory.store(9, at: 0x4088)
    memory.store(0x8000, at: 0x4090)
    let reader = DeviceTableReader(memory, root: 0x1000)
    #expect(reader.isScalable)
    #expect(
      reader.entries.map(\.name) == ["00:1a.0", "00:1a.0 PASID 0x1", "00:1a.0 PASID 0x2"])
    #expect(
      reader.entries.map(\.translation) == [
        .secondStage(table: 0x5000, levels: 4), .firstStage(table: 0x6000, levels: 4),
        .nested(first: 0x8000, second: 0x7000, levels: 3),
      ])
    #expect(reader.entries.map(\.domain.rawValue) == [7, 8, 9])
  }

  @Test("the mode is told from RTADDR where it is there")
  func mode() {
    let memory = SparsePages()
    memory.store(0x2001, at: 0x1000)
    memory.store(0x3001, at: 0x2000)
    memory.store(0x0102, at: 0x2008)
    #expect(!DeviceTableReader(memory, root: 0x1000).isScalable)
    #expect(DeviceTableReader(memory, root: 0x1400).isScalable)
  }
}
