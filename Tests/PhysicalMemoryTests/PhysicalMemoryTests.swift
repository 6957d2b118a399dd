import PhysicalMemory
import Testing
import VTdFormats

private func at(_ address: UInt64) -> PhysicalAddress { PhysicalAddress(rawValue: address) }

@Suite("Physical memory")
struct PhysicalMemoryTests {
  @Test("what was written is read, in every width, and memory starts as zeros")
  func readBack() throws {
    let memory = try PhysicalMemory(size: 1 << 20)
    #expect(memory.load64(at(0x1000)) == 0)
    #expect(memory.store64(0x1122_3344_5566_7788, at: at(0x1000)))
    #expect(memory.load64(at(0x1000)) == 0x1122_3344_5566_7788)
    #expect(memory.load32(at(0x1004)) == 0x1122_3344)
    #expect(memory.read(at(0x1000), count: 2) == [0x88, 0x77])
    #expect(memory.write([1, 2, 3], at: at(0x1006)))
    #expect(memory.read(at(0x1005), count: 5) == [0x33, 1, 2, 3, 0])
  }

  @Test("outside its ranges nothing is read and nothing is written, to the byte")
  func bounds() throws {
    let memory = try PhysicalMemory(ranges: [
      .init(base: at(0x10000), size: 0x1000), .init(base: at(1 << 51), size: 0x2000),
    ])
    #expect(memory.load64(at(0x10ff8)) == 0)
    #expect(memory.load64(at(0x11000)) == nil)
    #expect(memory.load64(at(0xfff8)) == nil)
    #expect(memory.load64(at(0)) == nil)
    #expect(memory.load64(at(.max - 7)) == nil)
    #expect(!memory.store64(1, at: at(0x11000)))
    #expect(memory.store64(7, at: at(1 << 51 + 0x1ff8)))
    #expect(memory.load64(at(1 << 51 + 0x1ff8)) == 7)
    #expect(memory.read(at(0x10fff), count: 2) == nil)
    #expect(!memory.write([1, 2], at: at(0x10fff)))
    #expect(memory.read(at(0x10fff), count: 1) == [0])
  }

  @Test("memory without ranges answers nothing")
  func empty() throws {
    let memory = try PhysicalMemory(ranges: [])
    #expect(memory.load64(at(0)) == nil)
    #expect(!memory.store64(1, at: at(0)))
    #expect(memory.compareExchange64(at(0), expected: 0, desired: 1) == nil)
  }

  @Test("read-only ranges are read and refuse every write")
  func readOnly() throws {
    let memory = try PhysicalMemory(ranges: [
      .init(base: at(0), size: 0x1000, isReadOnly: true), .init(base: at(0x1000), size: 0x1000),
    ])
    #expect(memory.load64(at(8)) == 0)
    #expect(!memory.store64(1, at: at(8)))
    #expect(!memory.store32(1, at: at(8)))
    #expect(!memory.write([1], at: at(8)))
    #expect(memory.compareExchange64(at(8), expected: 0, desired: 1) == nil)
    #expect(memory.store64(1, at: at(0x1000)))
  }

  @Test("compare and exchange replaces only what is still there")
  func compareExchange() throws {
    let memory = try PhysicalMemory(size: 0x1000)
    memory.store64(5, at: at(16))
    let refused = memory.compareExchange64(at(16), expected: 4, desired: 6)
    #expect(refused?.exchanged == false && refused?.original == 5)
    let done = memory.compareExchange64(at(16), expected: 5, desired: 6)
    #expect(done?.exchanged == true)
    #expect(memory.load64(at(16)) == 6)
  }

  @Test("a tebibyte costs what is touched of it, within 5 %")
  func sparse() throws {
    let memory = try PhysicalMemory(size: 1 << 40)
    let touched: UInt64 = 16 << 20
    // One word in every page of 16 MiB, spread over the whole range.
    let pages = touched / 4096
    for page in 0..<pages { memory.store64(page, at: at(page * ((1 << 40) / pages))) }
    let resident = memory.residentBytes
    #expect(resident >= touched)
    #expect(resident <= touched * 105 / 100)
    #expect(memory.load64(at((pages - 1) * ((1 << 40) / pages))) == pages - 1)
  }

  @Test("clearing gives every page back and leaves zeros")
  func clear() throws {
    let memory = try PhysicalMemory(size: 1 << 24)
    memory.store64(1, at: at(0x2000))
    #expect(memory.residentBytes == 4096)
    memory.clear()
    #expect(memory.residentBytes == 0)
    #expect(memory.load64(at(0x2000)) == 0)
  }

  @Test(
    "a layout that cannot be is refused, and says why",
    arguments: [
      ([PhysicalMemory.Range(base: at(0), size: 0)], "multiples"),
      ([PhysicalMemory.Range(base: at(8), size: 0x1000)], "multiples"),
      ([PhysicalMemory.Range(base: at(1 << 52), size: 0x1000)], "52 bits"),
      (
        [
          PhysicalMemory.Range(base: at(0), size: 0x2000),
          PhysicalMemory.Range(base: at(0x1000), size: 0x1000),
        ], "overlaps"
      ),
      ([PhysicalMemory.Range(base: at(0), size: 1 << 52)], "address space"),
    ])
  func refused(_ ranges: [PhysicalMemory.Range], _ why: String) {
    #expect {
      try PhysicalMemory(ranges: ranges)
    } throws: { error in
      "\(error)".contains(why)
    }
  }
}
