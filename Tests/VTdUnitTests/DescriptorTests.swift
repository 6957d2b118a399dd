import PhysicalMemory
import Testing
import VTdFormats

@testable import VTdUnit

/// A descriptor that is good, with the bits that must be zero in it, numbered as the reference and
/// the specification's figures print them.
struct DescriptorCase: CustomTestStringConvertible, Sendable {
  let name: String
  let words: [UInt64]
  let reserved: [ClosedRange<Int>]
  /// Bits whose values are themselves limited: granularities, masks.
  var limited: Set<Int> = []
  var testDescription: String { name }

  static let all: [DescriptorCase] = [
    DescriptorCase(
      name: "context cache", words: [0x11, 0],
      reserved: [6...8, 12...15, 50...63, 64...127], limited: [4, 5]),
    DescriptorCase(
      name: "IOTLB", words: [0x12, 0], reserved: [8...8, 12...15, 32...63, 71...75],
      limited: [4, 5, 64, 65, 66, 67, 68, 69]),
    DescriptorCase(
      name: "device TLB", words: [0x18 << 32 | 3, 0],
      reserved: [4...8, 21...31, 48...51, 65...75]),
    DescriptorCase(
      name: "interrupt entry cache", words: [0x14, 0],
      reserved: [5...8, 12...26, 48...63, 64...127], limited: [31]),
    DescriptorCase(
      name: "wait", words: [0x5, 0x80_0000], reserved: [8...8, 12...31, 64...65],
      limited: Set([5] + Array(66...127))),
    DescriptorCase(
      name: "PASID-based IOTLB", words: [0x26, 0], reserved: [6...8, 12...15, 52...63, 71...75],
      limited: [4, 5, 64, 65, 66, 67, 68, 69]),
    DescriptorCase(
      name: "PASID cache", words: [0x37, 0],
      reserved: [6...8, 12...15, 52...63, 64...127], limited: [4, 5]),
    DescriptorCase(
      name: "PASID-based device TLB", words: [0x18 << 16 | 8, 0], reserved: [65...74]),
    DescriptorCase(
      name: "page group response", words: [0x18 << 16 | 9, 0],
      reserved: [6...8, 52...63, 64...66, 76...127]),
  ]
}

@Suite("Descriptors of the invalidation queue")
struct DescriptorTests {
  private func rig() throws -> Rig {
    let rig = try Rig(cap: Everything.cap, ecap: Everything.ecap)
    for source in [0x18, 0x19] + (0..<16).map({ 0x18 ^ 1 << $0 }) as [UInt16] {
      rig.unit.attach(ATSDevice(source: SourceID(rawValue: source)))
    }
    rig.enable(mode: .scalable)
    rig.startQueue(wide: true)
    return rig
  }

  /// IQEI of a descriptor, nil where it is carried out; the queue is as before afterwards.
  private func run(_ rig: Rig, _ words: [UInt64]) -> UInt64? {
    let head = rig.unit.read64(RegisterOffset.iqh)
    for index in 0..<4 {
      rig.store(
        index < words.count ? words[index] : 0, at: Rig.queueBase + head + UInt64(index) * 8)
    }
    rig.unit.write64((head + 32) % 4096, at: RegisterOffset.iqt)
    let error =
      rig.status[flag: .invalidationQueueError]
      ? rig.unit.read64(RegisterOffset.iqercd) & 0xf : nil
    if error != nil {
      #expect(rig.unit.read64(RegisterOffset.iqh) == head)
      rig.unit.write64(head, at: RegisterOffset.iqt)
    }
    rig.unit.write32(0x70, at: RegisterOffset.fsts)
    return error
  }

  @Test(
    "each reserved bit, set alone, stops the queue with IQEI 4; no other bit does",
    arguments: DescriptorCase.all)
  func reserved(_ descriptor: DescriptorCase) throws {
    let rig = try rig()
    #expect(run(rig, descriptor.words) == nil)
    let reserved = Set(descriptor.reserved.flatMap { $0 })
    for bit in 0..<256 where !descriptor.limited.contains(bit) {
      // Bits 3:0 and 11:9 make another type.
      if bit < 4 || (9...11).contains(bit) { continue }
      var words = descriptor.words + [0, 0]
      words[bit / 64] ^= 1 << UInt64(bit % 64)
      let isReserved = reserved.contains(bit) || bit >= 128
      #expect((run(rig, words) == 4) == isReserved, "bit \(bit)")
    }
  }

  @Test("every type that does not exist is IQEI 3, in all seven bits")
  func types() throws {
    let rig = try rig()
    for type in 0..<128 as Range<UInt64> {
      let error = run(rig, [type & 15 | (type >> 4) << 9])
      if !(1...9).contains(type) { #expect(error == 3, "type \(type)") }
      if (1...9).contains(type) { #expect(error != 3, "type \(type)") }
    }
  }

  @Test(
    "a type whose feature the unit lacks does not exist",
    arguments: [
      (3, 1 << 2 | 1 << 29 | 1 << 33 | 1 << 42), (4, 1 << 3 | 1 << 4), (9, 1 << 29 | 1 << 42),
      (8, 1 << 2 | 1 << 29 | 1 << 33 | 1 << 42),
    ] as [(UInt64, UInt64)])
  func features(_ type: UInt64, _ lacking: UInt64) throws {
    let rig = try Rig(
      cap: Everything.cap & ~(1 << 59), ecap: Everything.ecap & ~lacking)
    rig.enable(mode: .scalable)
    rig.startQueue(wide: true)
    #expect(run(rig, [type]) == 3)
  }

  @Test("PASID types in a unit without scalable mode do not exist either")
  func legacyUnit() throws {
    for type in [6, 7, 8] as [UInt64] {
      let rig = try Rig()
      rig.startQueue()
      rig.queue(type)
      #expect(rig.unit.read64(RegisterOffset.iqercd) & 0xf == 3)
    }
  }

  @Test(
    "values that are reserved are IQEI 4",
    arguments: [
      ("context granularity 0", [0x01]), ("IOTLB granularity 0", [0x02]),
      ("IOTLB page, AM 19", [0x32, 19]), ("PASID IOTLB granularity 0", [0x06]),
      ("PASID IOTLB granularity 1", [0x16]), ("PASID IOTLB page, AM 19", [0x36, 19]),
      ("PASID cache granularity 2", [0x27]), ("interrupt mask 16", [0x14 | 16 << 27]),
    ] as [(String, [UInt64])])
  func values(_ name: String, _ words: [UInt64]) throws {
    #expect(run(try rig(), words) == 4)
  }

  @Test("AM up to MAMV and IM up to MHMV are taken")
  func limits() throws {
    let rig = try rig()
    for mask in 0...18 as ClosedRange<UInt64> {
      #expect(run(rig, [0x32, mask]) == nil)
      #expect(run(rig, [0x36, mask]) == nil)
    }
    for mask in 0...15 as ClosedRange<UInt64> { #expect(run(rig, [0x14 | mask << 27]) == nil) }
  }

  @Test("page-request draining needs PDS; fence, status and event go together in any way")
  func waits() throws {
    let rig = try rig()
    for flags in 0..<16 as Range<UInt64> {
      #expect(run(rig, [0x5 | flags << 4 | flags << 32, 0x80_0000]) == nil)
    }
    let lacking = try Rig(cap: Everything.cap, ecap: Everything.ecap & ~(1 << 42))
    lacking.enable(mode: .scalable)
    lacking.startQueue(wide: true)
    #expect(run(lacking, [0x85]) == 4)
  }

  @Test("a status address without memory stops the queue and is named by no code")
  func statusAddress() throws {
    #expect(run(try rig(), [0x25, 0x20_0000_0000]) == 0)
  }

  @Test("IQERCD keeps what it says until the next error, and the event comes once")
  func record() throws {
    let rig = try rig()
    rig.unit.write32(0, at: RegisterOffset.fectl)
    _ = run(rig, [0])
    #expect(rig.unit.read64(RegisterOffset.iqercd) == 3)
    _ = run(rig, [0x11])
    #expect(rig.unit.read64(RegisterOffset.iqercd) == 3)
    _ = run(rig, [0x01])
    #expect(rig.unit.read64(RegisterOffset.iqercd) == 4)
    #expect(rig.log.all.count == 2)
  }

  @Test(
    "the queue wraps at its size, 128 and 256 bits wide, from one page to eight",
    arguments: [false, true], [0, 1, 3] as [UInt64])
  func wrap(_ isWide: Bool, _ size: UInt64) throws {
    let rig = try Rig(cap: Everything.cap, ecap: Everything.ecap)
    rig.enable(mode: .scalable)
    rig.unit.write64(Rig.queueBase | (isWide ? 1 << 11 : 0) | size, at: RegisterOffset.iqa)
    rig.unit.write32(rig.command(setting: .queuedInvalidation), at: RegisterOffset.gcmd)
    let bytes: UInt64 = 4096 << size
    let step: UInt64 = isWide ? 32 : 16
    for round in 1...(bytes / step + 3) {
      rig.queue(0x25 | round << 32, 0x80_0000)
      #expect(rig.unit.read64(RegisterOffset.iqh) == round * step % bytes)
    }
    #expect(rig.memory.load32(PhysicalAddress(rawValue: 0x80_0000)) == UInt32(bytes / step + 3))
    #expect(!rig.status.isPending)
    rig.unit.write64(bytes, at: RegisterOffset.iqt)
    if size < 7 { #expect(rig.unit.read64(RegisterOffset.iqercd) & 0xf == 1) }
  }

  @Test("many descriptors at once are done in order, up to the one that is wrong")
  func order() throws {
    let rig = try rig()
    for index in 0..<5 as Range<UInt64> {
      rig.store(
        index == 3 ? 0x51 : 0x25 | (index + 1) << 32, 0x80_0000, 0, 0,
        at: Rig.queueBase + index * 32)
    }
    rig.unit.write64(160, at: RegisterOffset.iqt)
    #expect(rig.unit.read64(RegisterOffset.iqh) == 96)
    #expect(rig.memory.load32(PhysicalAddress(rawValue: 0x80_0000)) == 3)
    // Software repairs the descriptor; clearing IQE lets the queue go on by itself.
    rig.store(0x11, 0, at: Rig.queueBase + 96)
    rig.unit.write32(0x10, at: RegisterOffset.fsts)
    #expect(rig.unit.read64(RegisterOffset.iqh) == 160)
    #expect(rig.memory.load32(PhysicalAddress(rawValue: 0x80_0000)) == 5)
  }

  @Test("QIE off puts the head to 0 and forgets the address; on again it starts anew")
  func restart() throws {
    let rig = try rig()
    rig.queue(0x11)
    rig.unit.write32(rig.command(clearing: .queuedInvalidation), at: RegisterOffset.gcmd)
    #expect(rig.unit.read64(RegisterOffset.iqh) == 0)
    rig.unit.write64(0, at: RegisterOffset.iqt)
    rig.unit.write64(0x78_0000, at: RegisterOffset.iqa)
    rig.store(0x1_0000_0025, 0x80_0000, at: 0x78_0000)
    rig.unit.write32(rig.command(setting: .queuedInvalidation), at: RegisterOffset.gcmd)
    rig.unit.write64(16, at: RegisterOffset.iqt)
    #expect(rig.memory.load32(PhysicalAddress(rawValue: 0x80_0000)) == 1)
    // IQA counts when QIE is set, not later.
    rig.unit.write64(0x7c_0000, at: RegisterOffset.iqa)
    rig.store(0x2_0000_0025, 0x80_0000, at: 0x78_0010)
    rig.unit.write64(32, at: RegisterOffset.iqt)
    #expect(rig.memory.load32(PhysicalAddress(rawValue: 0x80_0000)) == 2)
  }

  @Test("completion events: masked, unmasked, dropped with IWC")
  func completion() throws {
    let rig = try rig()
    _ = run(rig, [0x15])
    #expect(rig.unit.read32(RegisterOffset.ics) == 1)
    #expect(rig.unit.read32(RegisterOffset.iectl) == 0xc000_0000)
    rig.unit.write32(1, at: RegisterOffset.ics)
    #expect(rig.unit.read32(RegisterOffset.iectl) == 0x8000_0000)
    _ = run(rig, [0x15])
    rig.unit.write32(0, at: RegisterOffset.iectl)
    #expect(rig.log.all.map(\.event) == [.invalidationCompletion])
    _ = run(rig, [0x15])
    #expect(rig.log.all.count == 1)
  }
}
