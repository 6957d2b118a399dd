import PhysicalMemory
import Testing
import VTdFormats

@testable import VTdUnit

@Suite("Invalidation queue")
struct QueueTests {
  private func rig(wide: Bool = false, mode: TranslationTableMode = .legacy) throws -> Rig {
    let rig = try Rig(cap: Everything.cap, ecap: Everything.ecap)
    rig.enable(mode: mode)
    rig.startQueue(wide: wide)
    return rig
  }

  private var status: PhysicalAddress { PhysicalAddress(rawValue: 0x80_0000) }

  @Test("a wait writes its status, raises its event, or both; the queue wraps")
  func wait() throws {
    let rig = try rig()
    rig.unit.write32(0, at: RegisterOffset.iectl)
    for round in 1...300 as ClosedRange<UInt64> {
      rig.queue(0x35 | round << 32, status.rawValue)
      #expect(rig.memory.load32(status) == UInt32(round))
      #expect(rig.unit.read64(RegisterOffset.iqh) == rig.unit.read64(RegisterOffset.iqt))
    }
    // The event comes once: IWC was never cleared.
    #expect(rig.log.all.map(\.event) == [.invalidationCompletion])
    rig.unit.write32(1, at: RegisterOffset.ics)
    rig.queue(0x15)
    #expect(rig.log.all.count == 2)
  }

  struct Bad: CustomTestStringConvertible, Sendable {
    let name: String
    let why: QueueErrorInformation
    var wide = false
    var mode = TranslationTableMode.legacy
    var words: [UInt64] = [0, 0]
    var tail: UInt64?
    var testDescription: String { name }
  }

  @Test(
    "what is wrong stops the queue with its reason, and clearing IQE lets it go on",
    arguments: [
      Bad(name: "tail beyond the queue", why: .invalidTail, tail: 0x1000),
      Bad(name: "tail between wide descriptors", why: .misalignedTail, wide: true, tail: 16),
      Bad(name: "type 0", why: .invalidType, words: [0, 0]),
      Bad(name: "type 10", why: .invalidType, words: [10, 0]),
      Bad(name: "upper type bits", why: .invalidType, words: [0x211, 0]),
      Bad(name: "reserved bit", why: .reservedField, words: [0x51, 0]),
      Bad(name: "granularity 0", why: .reservedField, words: [0x02, 0]),
      Bad(name: "AM beyond MAMV", why: .reservedField, words: [0x32, 19]),
      Bad(name: "upper half", why: .reservedField, wide: true, words: [0x11, 0, 1, 0]),
      Bad(name: "PASID type, narrow queue", why: .invalidWidth, words: [0x37, 0]),
      Bad(name: "PASID type, legacy tables", why: .invalidTableMode, wide: true, words: [0x37, 0]),
      Bad(
        name: "PASID granularity", why: .reservedField, wide: true, mode: .scalable,
        words: [0x16, 0]),
    ])
  func errors(_ bad: Bad) throws {
    let rig = try rig(wide: bad.wide, mode: bad.mode)
    rig.unit.write32(0, at: RegisterOffset.fectl)
    for (index, word) in bad.words.enumerated() {
      rig.store(word, at: Rig.queueBase + UInt64(index) * 8)
    }
    let step: UInt64 = bad.wide ? 32 : 16
    rig.unit.write64(bad.tail ?? step, at: RegisterOffset.iqt)
    let record = QueueErrorRecord(rawValue: rig.unit.read64(RegisterOffset.iqercd))
    #expect(rig.status[flag: .invalidationQueueError])
    #expect(record[.information] == UInt64(bad.why.rawValue))
    #expect(rig.unit.read64(RegisterOffset.iqh) == 0)
    #expect(rig.log.all.map(\.event) == [.fault])
    // Nothing is fetched meanwhile.
    rig.store(0x11, 0, 0, 0, at: Rig.queueBase)
    rig.unit.write64(step, at: RegisterOffset.iqt)
    #expect(rig.unit.read64(RegisterOffset.iqh) == 0)
    rig.unit.write32(1 << 4, at: RegisterOffset.fsts)
    #expect(rig.unit.read64(RegisterOffset.iqh) == step)
    #expect(!rig.status.isPending)
  }

  @Test("a descriptor that cannot be fetched says so")
  func fetch() throws {
    let rig = try Rig(cap: Everything.cap, ecap: Everything.ecap)
    rig.unit.write64(0x20_0000_0000, at: RegisterOffset.iqa)
    rig.unit.write32(rig.command(setting: .queuedInvalidation), at: RegisterOffset.gcmd)
    rig.unit.write64(16, at: RegisterOffset.iqt)
    #expect(rig.unit.read64(RegisterOffset.iqercd) & 0xf == 2)
  }

  @Test("a device that does not answer is a time-out: the wait is aborted, the queue stands")
  func timeOut() throws {
    let rig = try rig()
    let device = ATSDevice(source: SourceID(rawValue: 0x18))
    rig.unit.attach(device)
    rig.queue(0x18 << 32 | 3, 0x4000_0000)
    rig.queue(0x1_0000_0025, status.rawValue)
    #expect(rig.memory.load32(status) == 1)
    device.answersInvalidations = false
    rig.store(0x18 << 32 | 3, 0x4000_0000, 0x2_0000_0025, status.rawValue, at: Rig.queueBase + 32)
    rig.unit.write64(64, at: RegisterOffset.iqt)
    #expect(rig.status[flag: .invalidationTimeOutError])
    #expect(rig.unit.read64(RegisterOffset.iqercd) >> 32 == 0x18)
    #expect(rig.memory.load32(status) == 1)
    device.answersInvalidations = true
    rig.unit.write32(1 << 6, at: RegisterOffset.fsts)
    rig.queue(0x3_0000_0025, status.rawValue)
    #expect(rig.memory.load32(status) == 3)
  }

  @Test("register-based invalidation is refused while the queue is on")
  func refused() throws {
    let rig = try rig()
    rig.unit.write64(1 << 63 | 1 << 61, at: RegisterOffset.ccmd)
    #expect(rig.unit.read64(RegisterOffset.ccmd) >> 63 == 1)
  }
}

@Suite("Interrupt remapping")
struct InterruptTests {
  private func rig(_ flags: UInt64 = 0) throws -> Rig {
    let rig = try Rig(cap: Everything.cap, ecap: Everything.ecap)
    rig.unit.write64(0x50_0000 | 7 | flags, at: RegisterOffset.irta)
    rig.unit.write32(rig.command(setting: .setInterruptTable), at: RegisterOffset.gcmd)
    rig.unit.write32(rig.command(setting: .interruptRemapping), at: RegisterOffset.gcmd)
    return rig
  }

  private func send(_ rig: Rig, _ address: UInt32, _ data: UInt32 = 0, from source: UInt16 = 0x18)
    -> InterruptOutcome
  {
    rig.unit.interrupt(
      InterruptRequest(source: SourceID(rawValue: source), address: address, data: data))
  }

  @Test(
    "the entry decides vector and destination, in xAPIC and in x2APIC mode",
    arguments: [false, true])
  func remapped(_ extended: Bool) throws {
    let rig = try rig(extended ? 1 << 11 : 0)
    rig.store(1 | 4 | 1 << 5 | 0x41 << 16 | (extended ? 0x1_0203 : 0x300) << 32, 0, at: 0x50_0070)
    // Handle 5, subhandle 2.
    #expect(
      send(rig, 0xfee0_0018 | 5 << 5, 2)
        == .remapped(
          DeliveredInterrupt(
            destination: extended ? 0x1_0203 : 3, vector: 0x41, deliveryMode: 1, isLogical: true),
          index: 7))
  }

  @Test("compatibility format passes with CFI in xAPIC mode only", arguments: [false, true])
  func compatibility(_ extended: Bool) throws {
    let rig = try rig(extended ? 1 << 11 : 0)
    rig.unit.write32(rig.command(setting: .compatibilityInterrupts), at: RegisterOffset.gcmd)
    let outcome = send(rig, 0xfee0_3000, 0x51)
    #expect(
      outcome
        == (extended
          ? .blocked(.compatibilityFormatBlocked, .recorded(index: 0))
          : .unchanged(DeliveredInterrupt(destination: 3, vector: 0x51))))
  }

  @Test(
    "the source check takes exact ids, ids with ignored functions, and ranges of buses",
    arguments: [
      (0x18 | 1 << 18, 0x18, true), (0x18 | 1 << 18, 0x19, false),
      (0x18 | 1 << 16 | 1 << 18, 0x1c, true), (0x18 | 3 << 16 | 1 << 18, 0x1f, true),
      (0x18 | 3 << 16 | 1 << 18, 0x20, false), (0x0204 | 2 << 18, 0x0318, true),
      (0x0204 | 2 << 18, 0x0500, false), (0x18 | 3 << 18, 0x18, false),
    ] as [(UInt64, UInt16, Bool)])
  func source(_ high: UInt64, _ source: UInt16, _ passes: Bool) throws {
    let rig = try rig()
    rig.store(1 | 0x30 << 16, high, at: 0x50_0050)
    if case .remapped = send(rig, 0xfee0_0010 | 5 << 5, from: source) {
      #expect(passes)
    } else {
      #expect(!passes)
      #expect(rig.record().reason == .interruptSourceMismatch)
      #expect(rig.record().interruptIndex == 5)
    }
  }

  @Test("a posted interrupt sets its vector and notifies once")
  func posted() throws {
    let rig = try rig(1 << 11)
    rig.store(1 | 1 << 15 | 0x61 << 16 | 0x51_0000 << 32, 0, at: 0x50_0050)
    rig.store(0xf2 << 16 | 7 << 32, at: 0x51_0020)
    let descriptor = PhysicalAddress(rawValue: 0x51_0000)
    #expect(
      send(rig, 0xfee0_0010 | 5 << 5)
        == .posted(
          vector: 0x61, descriptor: descriptor,
          notification: DeliveredInterrupt(destination: 7, vector: 0xf2)))
    #expect(rig.memory.load64(PhysicalAddress(rawValue: 0x51_0008)) == 1 << 0x21)
    #expect(
      send(rig, 0xfee0_0010 | 5 << 5)
        == .posted(vector: 0x61, descriptor: descriptor, notification: nil))
  }

  @Test("an entry stays cached until the interrupt-entry cache is dropped")
  func cached() throws {
    let rig = try rig()
    rig.store(1 | 0x30 << 16, 0, at: 0x50_0050)
    _ = send(rig, 0xfee0_0010 | 5 << 5)
    rig.store(0, 0, at: 0x50_0050)
    guard case .remapped = send(rig, 0xfee0_0010 | 5 << 5) else {
      Issue.record("not cached")
      return
    }
    rig.startQueue()
    rig.queue(4 | 1 << 4 | 4 << 32)
    guard case .remapped = send(rig, 0xfee0_0010 | 5 << 5) else {
      Issue.record("dropped by another index")
      return
    }
    rig.queue(4 | 1 << 4 | 1 << 27 | 4 << 32)
    #expect(
      send(rig, 0xfee0_0010 | 5 << 5)
        == .blocked(.interruptEntryNotPresent, .recorded(index: 0)))
  }
}
