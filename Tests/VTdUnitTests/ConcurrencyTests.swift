import PhysicalMemory
import Synchronization
import Testing
import VTdFormats

@testable import VTdUnit

/// `make tsan` runs these under the thread sanitizer.
@Suite("Several threads")
struct ConcurrencyTests {
  private static let status = PhysicalAddress(rawValue: 0x80_0000)
  private static let firstFrame: UInt64 = 0x10_0000

  /// Whose tables are used, and what maps the pages.
  struct Layout: CustomTestStringConvertible, Sendable {
    let type: PASIDTranslationType?
    let isLarge: Bool
    var testDescription: String {
      "\(type.map { "\($0)" } ?? "legacy"), \(isLarge ? "2 MiB" : "4 KiB")"
    }
    static let all = [nil, .firstStage].flatMap { type in
      [false, true].map { Layout(type: type, isLarge: $0) }
    }
  }

  /// Sixteen pages whose frames tell the round in which they were mapped: each by an entry, or all by
  /// one of 2 MiB. The frames of a round begin at a multiple of 512 pages.
  private func map(_ round: UInt64, _ leaves: UInt64, low: UInt64, isLarge: Bool, _ rig: Rig) {
    let first = Self.firstFrame + round << 9
    if isLarge {
      rig.store(first << 12 | low | 1 << 7, at: leaves - 0x1000)
      return
    }
    for page in 0..<16 as Range<UInt64> {
      rig.store((first + page) << 12 | low, at: leaves + page * 8)
    }
  }

  /// Descriptors that drop all sixteen pages, each round by another granularity.
  private func invalidate(_ round: UInt64, wide: Bool, _ rig: Rig) {
    let base: UInt64 = 0x4000_0000
    let domain: UInt64 = 1 << 16
    switch (round % 4, wide) {
    case (0, _): rig.queue(0x12 | domain)
    case (1, _): rig.queue(wide ? 0x26 | domain : 0x22 | domain)
    case (2, _): rig.queue((wide ? 0x36 : 0x32) | domain, base | 4)
    default:
      for page in 0..<16 as Range<UInt64> {
        rig.queue((wide ? 0x36 : 0x32) | domain, base + page * 4096 | (page & 1) << 6)
      }
    }
    rig.queue(0x25 | round << 32, Self.status.rawValue)
  }

  private func rig(_ type: PASIDTranslationType?) throws -> (Rig, leaves: UInt64, low: UInt64) {
    let rig = try Rig(cap: Everything.cap, ecap: Everything.ecap)
    guard let type else {
      rig.writeLegacyTables()
      // A second device in the same domain, through the same tables.
      rig.store(Rig.topTable | 1, 0x102, at: Rig.contextTable + 0x20 * 16)
      rig.startQueue()
      rig.enable()
      return (rig, Rig.topTable + 0x3000, 3)
    }
    rig.writeScalableTables(.test(type))
    if type == .firstStage { rig.mapFirstStage() } else { rig.mapSecondStage() }
    rig.store(Rig.directory | 1, 0, 0, 0, at: Rig.contextTable + 0x20 * 32)
    rig.startQueue(wide: true)
    rig.enable(mode: .scalable)
    return type == .firstStage
      ? (rig, Rig.firstStageTable + 0x3000, 0x67) : (rig, Rig.topTable + 0x3000, 3)
  }

  @Test(
    "once a wait descriptor has written its status nobody sees an older page",
    arguments: Layout.all)
  func wait(_ layout: Layout) throws {
    let type = layout.type
    let (rig, leaves, low) = try rig(type)
    map(0, leaves, low: low, isLarge: layout.isLarge, rig)
    let unit = rig.unit
    let memory = rig.memory
    let stop = Atomic<Bool>(false)
    let stale = Atomic<Int>(0)
    let wrong = Atomic<Int>(0)
    let workers = try (0..<3).map { worker in
      try Worker {
        let source = SourceID(rawValue: worker == 2 ? 0x20 : 0x18)
        while !stop.load(ordering: .relaxed) {
          for page in 0..<16 as Range<UInt64> {
            // What the queue has promised by now.
            let floor = UInt64(memory.load32(Self.status) ?? 0)
            let request = DMARequest.test(.read, 0x4000_0000 + page << 12, source: source)
            guard let frame = unit.translate(request).address.map({ $0.rawValue >> 12 }) else {
              wrong.wrappingAdd(1, ordering: .relaxed)
              continue
            }
            let told = frame &- Self.firstFrame
            if told & 511 != page { wrong.wrappingAdd(1, ordering: .relaxed) }
            if told >> 9 < floor { stale.wrappingAdd(1, ordering: .relaxed) }
          }
        }
      }
    }
    for round in 1...240 as ClosedRange<UInt64> {
      map(round, leaves, low: low, isLarge: layout.isLarge, rig)
      invalidate(round, wide: type != nil, rig)
      #expect(memory.load32(Self.status) == UInt32(round))
    }
    stop.store(true, ordering: .relaxed)
    for worker in workers { worker.join() }
    #expect(wrong.load(ordering: .relaxed) == 0)
    #expect(stale.load(ordering: .relaxed) == 0)
    #expect(!rig.status.isPending)
  }

  @Test("registers that change under way give the old answer or the new, never another")
  func registers() throws {
    let (rig, _, _) = try rig(nil)
    let unit = rig.unit
    let stop = Atomic<Bool>(false)
    let wrong = Atomic<Int>(0)
    let workers = try (0..<2).map { _ in
      try Worker {
        while !stop.load(ordering: .relaxed) {
          switch unit.translate(.test(.write, 0x4000_0040)).outcome {
          case .translated(let page):
            if page.address.rawValue != 0x300_0040 && page.address.rawValue != 0x4000_0040 {
              wrong.wrappingAdd(1, ordering: .relaxed)
            }
          case .blocked(.fault(let reason), _):
            if reason != .contextNotPresent { wrong.wrappingAdd(1, ordering: .relaxed) }
          case .blocked(.abortDMA, _): break
          case .blocked, .interruptRequest: wrong.wrappingAdd(1, ordering: .relaxed)
          }
          // Faults of another device fill the records meanwhile.
          _ = unit.translate(.test(.write, 0x5000_0000))
        }
      }
    }
    let context = Rig.contextTable + 0x18 * 16
    for round in 0..<200 {
      rig.store(round % 2 == 0 ? 0 : Rig.topTable | 1, at: context)
      rig.queue(0x11)
      rig.queue(0x12)
      unit.write32(rig.command(clearing: .translation), at: RegisterOffset.gcmd)
      unit.write64(round % 3 == 0 ? 3 << 10 : Rig.root, at: RegisterOffset.rtaddr)
      unit.write32(rig.command(setting: .setRootTable), at: RegisterOffset.gcmd)
      unit.write32(rig.command(setting: .translation), at: RegisterOffset.gcmd)
      let record = unit.configuration.capability.faultRecordOffset
      unit.write32(0xffff_ffff, at: record + 12)
      unit.write32(1, at: RegisterOffset.fsts)
    }
    stop.store(true, ordering: .relaxed)
    for worker in workers { worker.join() }
    #expect(wrong.load(ordering: .relaxed) == 0)
  }
}
