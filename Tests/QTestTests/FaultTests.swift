import QTest
import Testing

/// The unit, driven as a client drives it.
@Suite struct FaultTests {
  private static let root = 0x10_0000
  private static let context = 0x10_1000

  /// Translation on, with an empty context table for bus 0, and the fault event open.
  private func machine() throws -> Conversation {
    let edu = try Conversation.edu()
    edu.enable()
    _ = edu.ask("irq_intercept_in lapic")
    for request in [
      "writeq \(Self.root) \(Self.context | 1)", "writeq 0xfed90020 \(Self.root)",
      "writel 0xfed90018 0x40000000", "writel 0xfed90018 0x80000000", "writel 0xfed9003c 0x31",
      "writel 0xfed90040 0xfee00000", "writel 0xfed90038 0",
    ] {
      #expect(edu.ask(request) == "OK")
    }
    #expect(edu.number("readl 0xfed9001c") == 0xc000_0000)
    return edu
  }

  private func transfer(_ edu: Conversation, to address: UInt64, count: Int = 16) -> [String] {
    for (offset, value) in [(0x80, 0x40000), (0x88, address), (0x90, UInt64(count)), (0x98, 3)] {
      _ = edu.ask("writeq \(0xe000_0000 + offset) \(value)")
    }
    return edu.lines("clock_step 100000000").filter { $0.hasPrefix("IRQ") }
  }

  @Test("a DMA that faults is recorded and interrupts, and software clears the record")
  func fault() throws {
    let edu = try machine()
    #expect(transfer(edu, to: 0x1234_5678) == ["IRQ raise 49", "IRQ lower 49"])
    #expect(edu.number("readl 0xfed90034") == 2)
    #expect(edu.number("readq 0xfed90220") == 0x234_5000)
    #expect(edu.number("readq 0xfed90228") == 0x8000_0002_0000_0008)
    // The same source-id again: folded, and silent.
    #expect(transfer(edu, to: 0) == [])
    _ = edu.ask("writel 0xfed9022c 0x80000000")
    _ = edu.ask("writel 0xfed90034 1")
    #expect(edu.number("readl 0xfed90034") == 0)
    #expect(transfer(edu, to: 0) == ["IRQ raise 49", "IRQ lower 49"])
  }

  @Test("a mapped DMA lands where the tables say, page by page")
  func mapped() throws {
    let edu = try machine()
    // A context entry of 3 levels, and two pages that are not neighbours.
    _ = edu.ask("writeq \(Self.context + 8 * 16) 0x102001")
    _ = edu.ask("writeq \(Self.context + 8 * 16 + 8) 0x101")
    _ = edu.ask("writeq 0x102000 0x103003")
    _ = edu.ask("writeq 0x103000 0x104003")
    _ = edu.ask("writeq 0x104000 0x200003")
    _ = edu.ask("writeq 0x104008 0x300003")
    _ = edu.ask("writeq 0xfed90028 0xa000000000000000")
    _ = edu.ask("writeq 0x1ffff8 0x1111111111111111")
    for (offset, value) in [(0x80, 0x40000), (0x88, 0xff8), (0x90, 16), (0x98, 3)] {
      _ = edu.ask("writeq \(0xe000_0000 + offset) \(value)")
    }
    _ = edu.ask("memset 0x200ff8 8 0x77")
    _ = edu.ask("memset 0x300000 16 0x77")
    _ = edu.ask("clock_step 100000000")
    #expect(edu.number("readq 0x200ff8") == 0)
    #expect(edu.number("readq 0x300000") == 0)
    #expect(edu.number("readq 0x300008") == 0x7777_7777_7777_7777)
    #expect(edu.number("readl 0xfed90034") == 0)
  }

  @Test("the whole register block comes in one read, two registers of 32 bits in one of 64")
  func block() throws {
    let edu = try machine()
    let text = edu.ask("read 0xfed90000 0x230").dropFirst(5)
    #expect(text.count == 2 * 0x230)
    #expect(text.dropFirst(2 * 0x1c).prefix(8) == "000000c0")
    #expect(edu.number("readq 0xfed90018") == 0xc000_0000_0000_0000)
    #expect(edu.number("readq 0xfed90038") == 0x31_0000_0000)
  }
}
