import PhysicalMemory
import Testing
import VTdFormats

@testable import VTdUnit

@Suite("Interrupt entries and posted interrupts")
struct InterruptEntryTests {
  private static let table: UInt64 = 0x50_0000
  private static let entry = table + 5 * 16
  private static let descriptor: UInt64 = 0x51_0000

  private func rig(
    extended: Bool = false, cap: UInt64 = Everything.cap, caches: CacheConfiguration = .off,
    over memory: PhysicalMemory? = nil
  ) throws -> Rig {
    let rig = try Rig(cap: cap, ecap: Everything.ecap, caches: caches, over: memory)
    rig.unit.write64(Self.table | 7 | (extended ? 1 << 11 : 0), at: RegisterOffset.irta)
    rig.unit.write32(rig.command(setting: .setInterruptTable), at: RegisterOffset.gcmd)
    rig.unit.write32(rig.command(setting: .interruptRemapping), at: RegisterOffset.gcmd)
    return rig
  }

  private func send(
    _ rig: Rig, _ address: UInt32 = 0xfee0_0010 | 5 << 5, _ data: UInt32 = 0, from: UInt16 = 0x18
  ) -> InterruptOutcome {
    rig.unit.interrupt(
      InterruptRequest(source: SourceID(rawValue: from), address: address, data: data))
  }

  private func reason(_ outcome: InterruptOutcome) -> FaultReason? {
    if case .blocked(let reason, _) = outcome { reason } else { nil }
  }

  /// A form of the entry with its reserved bits, numbered as the reference prints them.
  struct Form: CustomTestStringConvertible, Sendable {
    let name: String
    var extended = false
    let words: [UInt64]
    let reserved: [ClosedRange<Int>]
    /// Bits that make another form, another delivery mode, or another sender.
    var apart: Set<Int> = []
    var testDescription: String { name }

    static let all: [Form] = [
      Form(
        name: "remapped, xAPIC", words: [1 | 0x30 << 16 | 1 << 40, 0],
        reserved: [12...14, 24...31, 32...39, 48...63, 84...127], apart: [6, 15]),
      Form(
        name: "remapped, x2APIC", extended: true, words: [1 | 0x30 << 16 | 1 << 32, 0],
        reserved: [12...14, 24...31, 84...127], apart: [6, 15]),
      Form(
        name: "posted", words: [1 | 1 << 15 | 0x30 << 16 | 0x51_0000 << 32, 0],
        reserved: [2...7, 12...13, 24...37, 84...95], apart: [15]),
    ]
  }

  @Test("each reserved bit, set alone, is reason 0x24; no other bit is", arguments: Form.all)
  func reserved(_ form: Form) throws {
    let rig = try rig(extended: form.extended)
    rig.store(form.words[0], form.words[1], at: Self.entry)
    #expect(reason(send(rig)) == nil)
    let reserved = Set(form.reserved.flatMap { $0 })
    for bit in 0..<128 where !form.apart.contains(bit) {
      var words = form.words
      words[bit / 64] ^= 1 << UInt64(bit % 64)
      rig.store(words[0], words[1], at: Self.entry)
      #expect(
        (reason(send(rig)) == .interruptEntryReserved) == reserved.contains(bit), "bit \(bit)")
    }
  }

  @Test("delivery modes 3 and 6 do not exist; posting needs CAP.PI")
  func encodings() throws {
    let rig = try rig()
    for mode in 0..<8 as Range<UInt64> {
      rig.store(1 | mode << 5 | 0x30 << 16, 0, at: Self.entry)
      #expect((reason(send(rig)) == .interruptEntryReserved) == [3, 6].contains(mode))
    }
    let lacking = try self.rig(cap: Everything.cap & ~(1 << 59))
    lacking.store(1 | 1 << 15 | 0x51_0000 << 32, 0, at: Self.entry)
    #expect(reason(send(lacking)) == .interruptEntryReserved)
  }

  @Test("each reserved bit of the posted-interrupt descriptor is reason 0x28; no other bit is")
  func descriptorReserved() throws {
    let rig = try rig()
    rig.store(1 | 1 << 15 | 0x30 << 16 | Self.descriptor << 32, 0, at: Self.entry)
    let reserved = Set(Array(258...271) + Array(280...287))
    for bit in 0..<512 {
      for word in 0..<8 as Range<UInt64> { rig.store(0, at: Self.descriptor + word * 8) }
      rig.store(1 << UInt64(bit % 64), at: Self.descriptor + UInt64(bit / 64) * 8)
      #expect(
        (reason(send(rig)) == .postedDescriptorReserved) == reserved.contains(bit), "bit \(bit)")
    }
  }

  @Test(
    "ON and SN hold the notification back, URG overrides SN, and the vector is posted in each case",
    arguments: [
      (0, false, true), (1, false, false), (2, false, false), (2, true, true), (3, true, false),
    ] as [(UInt64, Bool, Bool)], [false, true])
  func notification(_ state: (bits: UInt64, urgent: Bool, notified: Bool), _ extended: Bool) throws
  {
    let rig = try rig(extended: extended)
    rig.store(
      1 | 1 << 15 | (state.urgent ? 1 << 14 : 0) | 0xff << 16 | Self.descriptor << 32, 1,
      at: Self.entry)
    // The upper half of the descriptor's address is in the entry's bits 127:96: here 0.
    rig.store(state.bits | 0xf2 << 16 | 0x300 << 32, at: Self.descriptor + 32)
    let notification = DeliveredInterrupt(destination: extended ? 0x300 : 3, vector: 0xf2)
    let told = rig.unit.explain(
      InterruptRequest(source: SourceID(rawValue: 0x18), address: 0xfee0_00b0, data: 0))
    #expect(rig.memory.load64(PhysicalAddress(rawValue: Self.descriptor + 24)) == 0)
    let expected = InterruptOutcome.posted(
      vector: 0xff, descriptor: PhysicalAddress(rawValue: Self.descriptor),
      notification: state.notified ? notification : nil)
    #expect(told.verdict == expected)
    #expect(send(rig) == expected)
    #expect(rig.memory.load64(PhysicalAddress(rawValue: Self.descriptor + 24)) == 1 << 63)
    // ON is set now, unless nobody was told.
    let word = rig.memory.load64(PhysicalAddress(rawValue: Self.descriptor + 32)) ?? 0
    #expect(word & 3 == state.bits | (state.notified ? 1 : 0))
  }

  @Test("a descriptor in memory that cannot be written is reason 0x27; FPD drops the fault")
  func readOnlyDescriptor() throws {
    let flash: UInt64 = 0x8000_0000
    let memory = try PhysicalMemory(ranges: [
      .init(base: PhysicalAddress(rawValue: 0), size: 64 << 20),
      .init(base: PhysicalAddress(rawValue: flash), size: 0x1000, isReadOnly: true),
    ])
    let rig = try rig(over: memory)
    rig.store(1 | 1 << 15 | 0x30 << 16 | flash << 32, 0, at: Self.entry)
    #expect(send(rig) == .blocked(.postedDescriptorAccess, .recorded(index: 0)))
    rig.store(3 | 1 << 15 | 0x30 << 16 | flash << 32, 0, at: Self.entry)
    #expect(send(rig) == .blocked(.postedDescriptorAccess, .faultProcessingDisabled))
  }

  @Test(
    "FPD of the entry drops what is found in it, present or not, and nothing before it",
    arguments: [
      (2, 0, 0xfee0_00b0, FaultReason.interruptEntryNotPresent, true),
      (3 | 1 << 12, 0, 0xfee0_00b0, .interruptEntryReserved, true),
      (3, 0x20 | 1 << 18, 0xfee0_00b0, .interruptSourceMismatch, true),
      (3, 0, 0xfee0_2010, .interruptIndexBeyondTable, false),
      (3, 0, 0xfee0_00a0, .compatibilityFormatBlocked, false),
    ] as [(UInt64, UInt64, UInt32, FaultReason, Bool)])
  func silent(
    _ low: UInt64, _ high: UInt64, _ address: UInt32, _ reason: FaultReason, _ isDropped: Bool
  ) throws {
    let rig = try rig()
    rig.store(low, high, at: Self.entry)
    #expect(
      send(rig, address)
        == .blocked(reason, isDropped ? .faultProcessingDisabled : .recorded(index: 0)))
    #expect(rig.status.isPending == !isDropped)
  }

  @Test(
    "handle and subhandle make the index, up to the table's end",
    arguments: [
      (0xfee0_0010, 0, 0), (0xfee0_0010 | 255 << 5, 0, 255), (0xfee0_0018 | 200 << 5, 55, 255),
      (0xfee0_0018 | 200 << 5, 56, nil), (0xfee0_0014, 0, nil),
      (0xfee0_001c | 0x7fff << 5, 0xffff, nil),
      // Without SHV the data says nothing.
      (0xfee0_0010 | 7 << 5, 0xffff_ffff, 7),
    ] as [(UInt32, UInt32, UInt16?)])
  func index(_ address: UInt32, _ data: UInt32, _ expected: UInt16?) throws {
    let rig = try rig()
    for index in 0..<256 as Range<UInt64> {
      rig.store(1 | (index & 0xff) << 16, 0, at: Self.table + index * 16)
    }
    let outcome = send(rig, address, data)
    if let expected {
      #expect(
        outcome
          == .remapped(
            DeliveredInterrupt(destination: 0, vector: UInt8(expected)), index: expected))
    } else {
      #expect(reason(outcome) == .interruptIndexBeyondTable)
    }
  }

  @Test("without IRE requests pass as they are, whatever their format")
  func off() throws {
    let rig = try Rig(cap: Everything.cap, ecap: Everything.ecap)
    #expect(
      send(rig, 0xfee0_300c, 0xc1a2)
        == .unchanged(
          DeliveredInterrupt(
            destination: 3, vector: 0xa2, deliveryMode: 1, isLogical: true,
            isLevelTriggered: true, redirectionHint: true)))
    guard case .unchanged = send(rig, 0xfee0_00b0) else {
      Issue.record("remapped")
      return
    }
  }

  @Test(
    "SIRTP drops cached entries where the unit says so (ESIRTPS), and only there",
    arguments: [false, true])
  func tablePointer(_ drops: Bool) throws {
    let rig = try rig(
      cap: drops ? Everything.cap | 1 << 62 : Everything.cap & ~(1 << 62), caches: .init())
    rig.store(1 | 0x30 << 16, 0, at: Self.entry)
    #expect(reason(send(rig)) == nil)
    rig.unit.write64(0x58_0000 | 7, at: RegisterOffset.irta)
    rig.unit.write32(rig.command(setting: .setInterruptTable), at: RegisterOffset.gcmd)
    #expect(reason(send(rig)) == (drops ? .interruptEntryNotPresent : nil))
  }

  @Test("an interrupt fault's record holds index and source, and no address")
  func record() throws {
    let rig = try rig()
    _ = send(rig, 0xfee0_00b0, 0x1234, from: 0xabcd)
    #expect(rig.record().low == 5 << 48)
    let expected: UInt64 = 1 << 63 | 0x22 << 32 | 0xabcd
    #expect(rig.record().high == expected)
  }
}
