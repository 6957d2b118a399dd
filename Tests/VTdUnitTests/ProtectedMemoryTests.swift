import Testing
import VTdFormats

@testable import VTdUnit

@Suite("Protected memory")
struct ProtectedMemoryTests {
  private static let low: UInt64 = 0x80_0000
  private static let high: UInt64 = 0x1_4000_0000

  /// Protected: 8 MiB to 12 MiB, and 4 MiB from 5 GiB on.
  private func rig(
    _ cap: UInt64 = Everything.cap, on: Bool = true, caches: CacheConfiguration = .init()
  ) throws -> Rig {
    let rig = try Rig(cap: cap, ecap: Everything.ecap, caches: caches)
    rig.unit.write32(0x80_0000, at: RegisterOffset.plmbase)
    rig.unit.write32(0xa0_0000, at: RegisterOffset.plmlimit)
    rig.unit.write64(Self.high, at: RegisterOffset.phmbase)
    rig.unit.write64(Self.high + 0x20_0000, at: RegisterOffset.phmlimit)
    if on { rig.unit.write32(1 << 31, at: RegisterOffset.pmen) }
    return rig
  }

  private func isBlocked(_ rig: Rig, _ address: UInt64, _ access: DMAAccess = .read) -> Bool {
    rig.unit.translate(.test(access, address)).outcome == .blocked(.protectedMemory, .notReported)
  }

  @Test(
    "with remapping off DMA into a region is blocked, from its base to the end of its last granule",
    arguments: [
      (low - 1, false), (low, true), (low + 0x3f_ffff, true), (low + 0x40_0000, false),
      (high - 1, false), (high, true), (high + 0x3f_ffff, true), (high + 0x40_0000, false),
      (0, false), (.max, false),
    ] as [(UInt64, Bool)], [DMAAccess.read, .write, .atomic])
  func regions(_ place: (address: UInt64, blocked: Bool), _ access: DMAAccess) throws {
    let rig = try rig()
    #expect(rig.unit.read32(RegisterOffset.pmen) == 0x8000_0001)
    #expect(isBlocked(rig, place.address, access) == place.blocked)
    #expect(isBlocked(rig, place.address, access) == place.blocked)
    // It is not a fault: nothing is recorded.
    #expect(!rig.status.isPending)
    let told = rig.unit.explain(.test(access, place.address)).verdict
    #expect((told == .blocked(.protectedMemory, .notReported)) == place.blocked)
  }

  @Test("EPM turns protection on and off at once, and PRS follows")
  func switching() throws {
    let rig = try rig(on: false)
    #expect(!isBlocked(rig, Self.low))
    rig.unit.write32(1 << 31, at: RegisterOffset.pmen)
    #expect(isBlocked(rig, Self.low))
    rig.unit.write32(0, at: RegisterOffset.pmen)
    #expect(rig.unit.read32(RegisterOffset.pmen) == 0)
    #expect(!isBlocked(rig, Self.low))
  }

  @Test("with remapping on the tables decide, save for pass-through", arguments: [true, false])
  func remapping(_ cached: Bool) throws {
    let rig = try rig(caches: cached ? .init() : .off)
    rig.writeLegacyTables()
    rig.mapSecondStage(0x4000_0000, to: Self.low)
    rig.enable()
    #expect(rig.page() == Self.low)
    // TT 10: the region is closed, the rest open.
    rig.store(Rig.topTable | 9, at: Rig.contextTable + 0x18 * 16)
    rig.unit.write64(1 << 63 | 1 << 61, at: RegisterOffset.ccmd)
    rig.iotlb(1)
    #expect(isBlocked(rig, Self.low))
    #expect(isBlocked(rig, Self.low))
    #expect(rig.page(0x4000_0000) == 0x4000_0000)
    #expect(
      rig.unit.explain(.test(.read, Self.low)).verdict == .blocked(.protectedMemory, .notReported))
  }

  @Test("scalable pass-through is bound as well")
  func scalablePassThrough() throws {
    let rig = try rig()
    rig.writeScalableTables(.test(.passThrough))
    rig.enable(mode: .scalable)
    #expect(isBlocked(rig, Self.high))
    #expect(rig.page(0x4000_0000) == 0x4000_0000)
  }

  @Test("a limit below the base protects nothing, and a unit without a region has none")
  func none() throws {
    let rig = try rig()
    rig.unit.write32(0x40_0000, at: RegisterOffset.plmlimit)
    #expect(!isBlocked(rig, Self.low))
    let lacking = try self.rig(Everything.cap & ~(1 << 6))
    #expect(isBlocked(lacking, Self.low))
    #expect(!isBlocked(lacking, Self.high))
    let without = try self.rig(Everything.cap & ~(3 << 5))
    #expect(without.unit.read32(RegisterOffset.pmen) == 0)
    #expect(!isBlocked(without, Self.low))
  }

  @Test("reset opens the regions")
  func reset() throws {
    let rig = try rig()
    rig.unit.reset()
    #expect(!isBlocked(rig, Self.low))
  }
}
