import QTest
import Testing

@Suite struct EduTests {
  private static let base: UInt64 = 0xe000_0000

  private func edu() throws -> Conversation {
    let conversation = try Conversation.edu()
    conversation.enable()
    return conversation
  }

  private func read(_ conversation: Conversation, _ offset: UInt64) -> UInt64? {
    conversation.number("readl \(Self.base + offset)")
  }

  @Test("registers answer as QEMU's device does")
  func registers() throws {
    let edu = try edu()
    #expect(read(edu, 0) == 0x0100_00ed)
    _ = edu.ask("writel 0xe0000004 0x12345678")
    #expect(read(edu, 4) == 0xedcb_a987)
    #expect(edu.number("readq 0xe0000000") == .max)
    #expect(edu.number("readb 0xe0000000") == 0)
    #expect(read(edu, 0x84) == 0xffff_ffff)
    #expect(read(edu, 0x100) == 0xffff_ffff)
    #expect(read(edu, 0x40000) == 0xffff_ffff)
  }

  @Test(
    "a factorial is computed modulo 2^32",
    arguments: [(0, 1), (1, 1), (5, 120), (13, 1_932_053_504), (34, 0), (0xffff_ffff, 0)])
  func factorial(number: UInt64, result: UInt64) throws {
    let edu = try edu()
    _ = edu.ask("writel 0xe0000008 \(number)")
    #expect(read(edu, 8) == result)
  }

  @Test(
    "the edu device's pin reaches the I/O APIC at the line of its slot",
    arguments: [(1, 21), (2, 22), (3, 23), (4, 20)])
  func pin(slot: Int, line: Int) throws {
    let edu = try Conversation(arguments: ["-device", "edu,addr=\(slot)"])
    edu.enable(slot << 3)
    _ = edu.ask("irq_intercept_in ioapic")
    #expect(edu.lines("writel 0xe0000060 3") == ["IRQ raise \(line)", "OK"])
    #expect(edu.lines("writel 0xe0000064 1") == ["OK"])
    #expect(edu.lines("writel 0xe0000064 2") == ["IRQ lower \(line)", "OK"])
    _ = edu.ask("writel 0xe0000020 0x80")
    #expect(edu.lines("writel 0xe0000008 3") == ["IRQ raise \(line)", "OK"])
    #expect(read(edu, 0x24) == 1)
  }

  @Test("a DMA takes 100 ms, moves bytes both ways, and interrupts at its end")
  func transfer() throws {
    let edu = try edu()
    _ = edu.ask("write 0x100ff8 16 0x000102030405060708090a0b0c0d0e0f")
    for (offset, value) in [(0x80, 0x100ff8), (0x88, 0x40010), (0x90, 16), (0x98, 5)] {
      #expect(edu.ask("writeq \(0xe000_0000 + offset) \(value)") == "OK")
    }
    #expect(edu.ask("writeq 0xe0000090 99") == "OK")
    _ = edu.ask("clock_step 99999999")
    #expect(edu.number("readq 0xe0000098") == 5)
    _ = edu.ask("clock_step 1")
    #expect(edu.number("readq 0xe0000098") == 4)
    #expect(edu.number("readq 0xe0000090") == 16)
    #expect(read(edu, 0x24) == 0x100)
    for (offset, value) in [(0x80, 0x40010), (0x88, 0x200ffc), (0x90, 16), (0x98, 3)] {
      _ = edu.ask("writeq \(0xe000_0000 + offset) \(value)")
    }
    _ = edu.ask("clock_step 100000000")
    #expect(edu.ask("read 0x200ffc 16") == "OK 0x000102030405060708090a0b0c0d0e0f")
  }

  @Test(
    "a DMA that does not fit into the buffer moves nothing",
    arguments: [
      (0x40000, 4097), (0x40fff, 2), (0x41000, 1), (0x3ffff, 1), (0x40000, 0),
      (0x40001, 0xffff_ffff_ffff_ffff),
    ] as [(UInt64, UInt64)])
  func outside(source: UInt64, count: UInt64) throws {
    let edu = try edu()
    _ = edu.ask("memset 0x100000 8192 0x5a")
    for (offset, value) in [(0x80, source), (0x88, 0x100000), (0x90, count), (0x98, 3)] {
      _ = edu.ask("writeq \(0xe000_0000 + offset) \(value)")
    }
    _ = edu.ask("clock_step 100000000")
    #expect(edu.number("readq 0x100000") == 0x5a5a_5a5a_5a5a_5a5a)
    #expect(edu.number("readq 0xe0000098") == 2)
  }

  @Test("without the bus master bit nothing leaves the device")
  func busMaster() throws {
    let edu = try edu()
    edu.configure(8, 4, 2)
    _ = edu.ask("memset 0x100000 64 0x5a")
    for (offset, value) in [(0x80, 0x40000), (0x88, 0x100000), (0x90, 16), (0x98, 3)] {
      _ = edu.ask("writeq \(0xe000_0000 + offset) \(value)")
    }
    _ = edu.ask("clock_step 100000000")
    #expect(edu.number("readq 0x100000") == 0x5a5a_5a5a_5a5a_5a5a)
  }

  @Test("an MSI with an address in memory is a write there; in the interrupt range, a vector")
  func msi() throws {
    let edu = try edu()
    _ = edu.ask("irq_intercept_in lapic")
    edu.configure(8, 0x44, 0x100000)
    edu.configure(8, 0x4c, 0x4321)
    edu.configure(8, 0x40, 0x10000)
    #expect(edu.lines("writel 0xe0000060 1") == ["OK"])
    #expect(edu.number("readl 0x100000") == 0x4321)
    edu.configure(8, 0x44, 0xfee0_0000)
    #expect(edu.lines("writel 0xe0000060 1") == ["IRQ raise 33", "IRQ lower 33", "OK"])
  }
}
