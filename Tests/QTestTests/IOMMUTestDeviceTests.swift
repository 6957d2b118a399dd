import QTest
import Testing

@Suite struct IOMMUTestDeviceTests {
  private static let base = 0xe000_0000

  private func device() throws -> Conversation {
    let conversation = try Conversation(arguments: ["-device", "iommu-testdev"])
    conversation.enable()
    return conversation
  }

  /// A 4-byte access as clients make it: by `read` and `write`.
  private func write(_ device: Conversation, _ offset: Int, _ value: UInt32) {
    let digits = (0..<4).map { index in
      let byte = value >> UInt32(8 * index) & 0xff
      return (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
    #expect(device.ask("write \(Self.base + offset) 0x4 0x\(digits)") == "OK")
  }

  private func trigger(_ device: Conversation) -> UInt64? {
    #expect(device.ask("read \(Self.base) 4") == "OK 0x00000000")
    return device.number("readl \(Self.base + 0x10)")
  }

  private func program(
    _ device: Conversation, iova: UInt32 = 0x100000, physical: UInt32 = 0x100000,
    length: UInt32 = 16, attributes: UInt32 = 2
  ) {
    write(device, 0x04, iova)
    write(device, 0x08, 0)
    write(device, 0x0c, length)
    write(device, 0x18, attributes)
    write(device, 0x1c, physical)
    write(device, 0x20, 0)
  }

  @Test("after reset RESULT is idle and ATTRS is 2; the doorbell arms and disarms")
  func doorbell() throws {
    let device = try device()
    #expect(device.number("readl 0xe0000010") == 0xffff_ffff)
    #expect(device.number("readl 0xe0000018") == 2)
    write(device, 0x14, 1)
    #expect(device.number("readl 0xe0000010") == 0xffff_fffe)
    write(device, 0x14, 2)
    #expect(device.number("readl 0xe0000010") == 0xffff_ffff)
    #expect(trigger(device) == 0xdead_0005)
  }

  @Test("a trigger writes the pattern, checks it, and disarms")
  func transfer() throws {
    let device = try device()
    program(device, iova: 0x100ffe, physical: 0x100ffe, length: 7)
    write(device, 0x14, 1)
    #expect(trigger(device) == 0)
    #expect(device.ask("read 0x100ffe 8") == "OK 0x7856341278563400")
    #expect(trigger(device) == 0xdead_0005)
  }

  static let failures:
    [(length: UInt32, iova: UInt32, physical: UInt32, attributes: UInt32, UInt64)] =
      [
        (0, 0x100000, 0x100000, 2, 0xdead_0001),
        (4, 0xb000_0000, 0x100000, 2, 0xdead_0002),
        (4, 0x100000, 0xb000_0000, 2, 0xdead_0003),
        (4, 0x100000, 0x100004, 2, 0xdead_0004),
        // Attributes that count (bit 3): secure (bit 0) goes with space 0 (bits 2:1) and no other.
        (4, 0x100000, 0x100000, 0b1000, 0xdead_0006),
        (4, 0x100000, 0x100000, 0b1011, 0xdead_0006),
        (4, 0x100000, 0x100000, 0b1001, 0),
        (4, 0x100000, 0x100000, 0b1010, 0),
        (4, 0x100000, 0x100000, 0b1100, 0),
      ]

  @Test("RESULT says what became of the DMA", arguments: failures)
  func result(length: UInt32, iova: UInt32, physical: UInt32, attributes: UInt32, result: UInt64)
    throws
  {
    let device = try device()
    program(device, iova: iova, physical: physical, length: length, attributes: attributes)
    write(device, 0x14, 1)
    #expect(trigger(device) == result)
  }

  @Test("a DMA aimed at the device's own registers ends there")
  func ownRegisters() throws {
    let device = try device()
    program(device, iova: 0xe000_0000, physical: 0xe000_0000, length: 64)
    write(device, 0x14, 1)
    #expect(trigger(device) == 0xdead_0004)
  }
}
