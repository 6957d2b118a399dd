import QTest
import Testing

/// Messages of a device and of the I/O APIC through the interrupt remapping table.
@Suite struct InterruptRemappingTests {
  private static let table = 0x10_0000

  /// Remapping on, with entries 0 (vector 0x41, any source), 1 (not present) and 2 (vector 0x52,
  /// for another source than edu's).
  private func machine() throws -> Conversation {
    let edu = try Conversation.edu()
    edu.enable()
    _ = edu.ask("irq_intercept_in lapic")
    for request in [
      "writeq \(Self.table) 0x410001", "writeq \(Self.table + 8) 0",
      "writeq \(Self.table + 16) 0", "writeq \(Self.table + 32) 0x520001",
      "writeq \(Self.table + 40) 0x40010", "writeq 0xfed900b8 \(Self.table | 3)",
      "writel 0xfed90018 0x1000000", "writel 0xfed90018 0x2000000",
    ] {
      #expect(edu.ask(request) == "OK")
    }
    #expect(edu.number("readl 0xfed9001c") == 0x300_0000)
    return edu
  }

  /// The device's MSI capability, enabled, with this address; what its interrupt then brings.
  private func message(_ edu: Conversation, _ address: UInt32, data: UInt32 = 0) -> [String] {
    edu.configure(8, 0x44, address)
    edu.configure(8, 0x4c, data)
    edu.configure(8, 0x40, 0x1_0000)
    return edu.lines("writel 0xe0000060 1")
  }

  @Test("a device's MSI arrives as its entry says; with a subhandle, as the next entry does")
  func remapped() throws {
    let edu = try machine()
    #expect(message(edu, 0xfee0_0010) == ["IRQ raise 65", "IRQ lower 65", "OK"])
    _ = edu.ask("writeq \(Self.table + 40) 0x40008")
    #expect(message(edu, 0xfee0_0018, data: 2) == ["IRQ raise 82", "IRQ lower 82", "OK"])
    #expect(message(edu, 0xfee0_0000, data: 0x33) == ["IRQ raise 51", "IRQ lower 51", "OK"])
    #expect(edu.number("readl 0xfed90034") == 0)
  }

  static let faults: [(address: UInt32, reason: UInt64, index: UInt64)] = [
    (0xfee0_0030, 0x22, 1), (0xfee0_0050, 0x26, 2), (0xfee0_0210, 0x21, 16),
  ]

  @Test("one that is refused is recorded with its index, and does not arrive", arguments: faults)
  func refused(address: UInt32, reason: UInt64, index: UInt64) throws {
    let edu = try machine()
    #expect(message(edu, address) == ["OK"])
    #expect(edu.number("readl 0xfed90034") == 2)
    #expect(edu.number("readq 0xfed90220") == index << 48)
    // A message has its sender's id, as it has in QEMU 10.0.2.
    #expect(edu.number("readq 0xfed90228") == 1 << 63 | reason << 32 | 0x8)
  }

  @Test("a line of the I/O APIC goes through the table as well, once its entry is remappable")
  func line() throws {
    let edu = try machine()
    // Entry 16: index 0 and the format bit in the upper half, the vector of its own below.
    for request in [
      "writel 0xfec00000 0x31", "writel 0xfec00010 0x10000", "writel 0xfec00000 0x30",
      "writel 0xfec00010 0x35",
    ] {
      #expect(edu.ask(request) == "OK")
    }
    #expect(
      edu.lines("set_irq_in ioapic unnamed-gpio-in 16 1") == [
        "IRQ raise 65", "IRQ lower 65", "OK",
      ])
    _ = edu.ask("set_irq_in ioapic unnamed-gpio-in 16 0")
    #expect(edu.ask("writel 0xfec00000 0x31") == "OK")
    #expect(edu.ask("writel 0xfec00010 0") == "OK")
    #expect(
      edu.lines("set_irq_in ioapic unnamed-gpio-in 16 1") == [
        "IRQ raise 53", "IRQ lower 53", "OK",
      ])
  }
}
