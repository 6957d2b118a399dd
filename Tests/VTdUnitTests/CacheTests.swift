import Glibc
import PhysicalMemory
import Synchronization
import Testing
import VTdFormats

@testable import VTdUnit

@Suite("Caches and their invalidation")
struct CacheTests {
  private static let leaf = Rig.topTable + 0x3000
  private static let context = Rig.contextTable + 0x18 * 16

  private func warm(_ caches: CacheConfiguration = CacheConfiguration()) throws -> Rig {
    let rig = try Rig(cap: Everything.cap, ecap: Everything.ecap, caches: caches)
    rig.writeLegacyTables()
    rig.enable()
    #expect(rig.page() == 0x300_0000)
    return rig
  }

  /// What is done, and whether the old translation is gone afterwards.
  struct Flush: CustomTestStringConvertible, Sendable {
    let name: String
    let drops: Bool
    let act: @Sendable (Rig) -> Void
    var testDescription: String { name }
  }

  /// Register-based: CCMD and IOTLB of domain 1, page 0x40000000.
  private static let flushes: [Flush] = [
    Flush(name: "nothing", drops: false) { _ in },
    Flush(name: "IOTLB global", drops: true) { $0.iotlb(1) },
    Flush(name: "IOTLB of the domain", drops: true) { $0.iotlb(2) },
    Flush(name: "IOTLB of another domain", drops: false) { $0.iotlb(2, domain: 2) },
    Flush(name: "the page", drops: true) { $0.iotlb(3) },
    Flush(name: "the page, leaves only", drops: true) { $0.iotlb(3, low: 1 << 6) },
    Flush(name: "the page behind it", drops: false) { $0.iotlb(3, address: 0x4000_1000) },
    Flush(name: "two pages from the one before", drops: false) {
      $0.iotlb(3, address: 0x3fff_f000, low: 1)
    },
    Flush(name: "16 pages around it", drops: true) { $0.iotlb(3, address: 0x4000_8000, low: 4) },
    Flush(name: "2^18 pages", drops: true) { $0.iotlb(3, low: 18) },
    Flush(name: "the page in another domain", drops: false) { $0.iotlb(3, domain: 2) },
    Flush(name: "the context cache only", drops: false) {
      $0.unit.write64(1 << 63 | 1 << 61, at: RegisterOffset.ccmd)
    },
  ]

  @Test("an unmapped page stays until its translation is dropped", arguments: flushes)
  func unmap(_ flush: Flush) throws {
    let rig = try warm()
    rig.store(0, at: Self.leaf)
    flush.act(rig)
    #expect(rig.page() == (flush.drops ? nil : 0x300_0000))
  }

  @Test("with the caches off nothing is stale")
  func off() throws {
    let rig = try warm(.off)
    rig.store(0, at: Self.leaf)
    #expect(rig.page() == nil)
  }

  @Test(
    "a changed context entry counts once the context cache and the IOTLB are dropped",
    arguments: [1, 2, 3] as [UInt64])
  func context(_ granularity: UInt64) throws {
    let rig = try warm()
    rig.store(0x2_0002, at: Self.context + 8)
    rig.store(0, at: Self.context)
    // An uncached page of the same device still goes through the old tables.
    rig.store(0x300_1003, at: Self.leaf + 8)
    #expect(rig.page(0x4000_1000) == 0x300_1000)
    rig.unit.write64(1 << 63 | granularity << 61 | 0x18 << 16 | 1, at: RegisterOffset.ccmd)
    #expect(rig.unit.read64(RegisterOffset.ccmd) >> 59 & 3 == granularity)
    #expect(rig.page(0x4000_1000) == nil)
    #expect(rig.record().reason == .contextNotPresent)
  }

  @Test("a page that became larger keeps its old 4 KiB piece until it is dropped")
  func sizeChange() throws {
    let rig = try warm()
    rig.store(0x80_0083, at: Rig.topTable + 0x2000)
    #expect(rig.page() == 0x300_0000)
    rig.iotlb(3)
    #expect(rig.page() == 0x80_0000)
    #expect(rig.page(0x401f_f000) == 0x9f_f000)
    // And back: any address of the large page drops it.
    rig.store((Rig.topTable + 0x3000) | 3, at: Rig.topTable + 0x2000)
    #expect(rig.page() == 0x80_0000)
    rig.iotlb(3, address: 0x4012_3000)
    #expect(rig.page() == 0x300_0000)
  }

  @Test("IH keeps the paging-structure caches: a moved table is seen without IH only")
  func paging() throws {
    let rig = try warm()
    rig.store(0x500_0003, at: Rig.topTable + 0x8000)
    rig.store((Rig.topTable + 0x8000) | 3, at: Rig.topTable + 0x2000)
    rig.iotlb(3, low: 1 << 6)
    #expect(rig.page() == 0x300_0000)
    rig.iotlb(3)
    #expect(rig.page() == 0x500_0000)
  }

  @Test("CAP.CM keeps missing pages as well", arguments: [false, true])
  func cachingMode(_ isOn: Bool) throws {
    var cap = Capability(rawValue: Everything.cap)
    cap[flag: .cachingMode] = isOn
    let rig = try Rig(cap: cap.rawValue, ecap: Everything.ecap)
    rig.writeLegacyTables()
    rig.store(0, at: Self.leaf)
    rig.enable()
    #expect(rig.page() == nil)
    rig.store(0x300_0003, at: Self.leaf)
    #expect(rig.page() == (isOn ? nil : 0x300_0000))
    rig.iotlb(3)
    #expect(rig.page() == 0x300_0000)
  }

  @Test("PASID caches and PASID translations are dropped by PASID and by domain")
  func pasid() throws {
    let rig = try Rig(cap: Everything.cap, ecap: Everything.ecap)
    rig.writeScalableTables(.test(.firstStage))
    rig.mapFirstStage()
    rig.startQueue(wide: true)
    rig.enable(mode: .scalable)
    #expect(rig.page() == 0x300_0000)
    rig.store(0, at: Rig.firstStageTable + 0x3000)
    // Page in PASID 1, then all of PASID 1: not ours.
    rig.queue(0x36 | 1 << 16 | 1 << 32, 0x4000_0000)
    rig.queue(0x26 | 1 << 16 | 1 << 32)
    #expect(rig.page() == 0x300_0000)
    rig.queue(0x36 | 1 << 16, 0x4000_0000)
    #expect(rig.page() == nil)
    // The entry goes: the PASID cache still has it.
    rig.store(0x300_0067, at: Rig.firstStageTable + 0x3000)
    rig.store(0, at: Rig.pasidTable)
    rig.queue(0x26 | 1 << 16)
    #expect(rig.page() == 0x300_0000)
    rig.queue(0x17 | 1 << 16)
    rig.queue(0x26 | 1 << 16)
    #expect(rig.page() == nil)
    #expect(!rig.status[flag: .invalidationQueueError])
  }

  @Test("a second-stage page invalidation takes nested translations with it")
  func nested() throws {
    let rig = try Rig(cap: Everything.cap, ecap: Everything.ecap)
    rig.writeScalableTables(.test(.nested))
    rig.mapFirstStage()
    rig.mapSecondStage(0, to: 0, stopAt: 3)
    rig.enable(mode: .scalable)
    #expect(rig.page() == 0x300_0000)
    rig.store(0x4000_0083, at: Rig.topTable + 0x1000)
    #expect(rig.page() == 0x300_0000)
    rig.iotlb(3, address: 0)
    #expect(rig.page() == nil)
  }

  @Test(
    "SRTP drops the caches where the unit says so (ESRTPS), and only there",
    arguments: [false, true])
  func rootPointer(_ drops: Bool) throws {
    var cap = Capability(rawValue: Everything.cap)
    cap[flag: .enhancedSetRootTablePointer] = drops
    let rig = try Rig(cap: cap.rawValue, ecap: Everything.ecap)
    rig.writeLegacyTables()
    rig.enable()
    #expect(rig.page() == 0x300_0000)
    rig.unit.write64(0x90_0000, at: RegisterOffset.rtaddr)
    rig.unit.write32(rig.command(setting: .setRootTable), at: RegisterOffset.gcmd)
    #expect(rig.page() == (drops ? nil : 0x300_0000))
  }

  @Test("turning remapping off and abort-DMA mode count at once, although pages are cached")
  func switches() throws {
    let rig = try warm()
    rig.unit.write32(rig.command(clearing: .translation), at: RegisterOffset.gcmd)
    #expect(rig.page() == 0x4000_0000)
    rig.unit.write32(rig.command(setting: .translation), at: RegisterOffset.gcmd)
    #expect(rig.page() == 0x300_0000)
    rig.unit.write64(3 << 10, at: RegisterOffset.rtaddr)
    rig.unit.write32(rig.command(setting: .setRootTable), at: RegisterOffset.gcmd)
    #expect(rig.unit.translate(.test()).outcome == .blocked(.abortDMA, .notReported))
    #expect(!rig.status.isPending)
  }

  @Test("threads that translate while another invalidates see the old page or the new, never else")
  func threads() throws {
    let rig = try warm()
    let stop = Atomic<Bool>(false)
    let wrong = Atomic<Int>(0)
    let unit = rig.unit
    let workers = try (0..<2).map { _ in
      try Worker {
        while !stop.load(ordering: .relaxed) {
          for page in 0..<8 as Range<UInt64> {
            let found = unit.translate(.test(.read, 0x4000_0000 + page * 4096)).address?.rawValue
            if let found, found & ~0x100_0000 != 0x200_0000 + page * 4096 {
              wrong.wrappingAdd(1, ordering: .relaxed)
            }
          }
        }
      }
    }
    for page in 0..<8 as Range<UInt64> {
      rig.store(0x300_0003 + page * 4096, at: Self.leaf + page * 8)
    }
    for round in 0..<400 as Range<UInt64> {
      for page in 0..<8 as Range<UInt64> {
        let target: UInt64 = round % 2 == 0 ? 0x200_0003 : 0x300_0003
        rig.store(target + page * 4096, at: Self.leaf + page * 8)
      }
      rig.iotlb(1 + round % 3)
      // Whatever the others fill meanwhile, after the invalidation the old page is gone for good.
      if round % 3 != 2 {
        let expected: UInt64 = round % 2 == 0 ? 0x200_0000 : 0x300_0000
        #expect(rig.page() == expected)
      }
    }
    stop.store(true, ordering: .relaxed)
    for worker in workers { worker.join() }
    #expect(wrong.load(ordering: .relaxed) == 0)
  }
}

/// A thread of its own.
final class Worker: @unchecked Sendable {
  private var thread: pthread_t = 0
  private let body: @Sendable () -> Void

  struct CannotStart: Error {}

  init(_ body: @escaping @Sendable () -> Void) throws {
    self.body = body
    let context = Unmanaged.passRetained(self).toOpaque()
    let status = pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Worker>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
      }, context)
    if status != 0 { throw CannotStart() }
  }

  func join() { pthread_join(thread, nil) }
}

extension Rig {
  /// Where a read of the test device goes; nil if it is blocked.
  func page(_ address: UInt64 = 0x4000_0000) -> UInt64? {
    unit.translate(.test(.read, address)).address?.rawValue
  }

  /// Register-based IOTLB invalidation; `low` is AM and IH of IVA.
  func iotlb(
    _ granularity: UInt64, domain: UInt64 = 1, address: UInt64 = 0x4000_0000, low: UInt64 = 0
  ) {
    let offset = unit.configuration.extendedCapability.iotlbRegisterOffset
    unit.write64(address & ~((4096 << (low & 0x3f)) - 1) | low, at: offset)
    unit.write64(1 << 63 | granularity << 60 | domain << 32, at: offset + 8)
  }

  static let queueBase: UInt64 = 0x70_0000

  func startQueue(wide: Bool = false) {
    unit.write64(Rig.queueBase | (wide ? 1 << 11 : 0), at: RegisterOffset.iqa)
    unit.write32(command(setting: .queuedInvalidation), at: RegisterOffset.gcmd)
  }

  /// Adds a descriptor and moves the tail over it.
  func queue(_ words: UInt64...) {
    let iqa = QueueAddress(rawValue: unit.read64(RegisterOffset.iqa))
    let tail = unit.read64(RegisterOffset.iqt)
    for word in 0..<iqa.descriptorBytes / 8 {
      store(
        Int(word) < words.count ? words[Int(word)] : 0, at: Rig.queueBase + tail + word * 8)
    }
    unit.write64((tail + iqa.descriptorBytes) % iqa.byteCount, at: RegisterOffset.iqt)
  }
}
