import Testing
import VTdUnit

@Suite("Names of quirks")
struct QuirkTests {
  @Test("every quirk has the bit of its row and one name, which gives the quirk again")
  func names() {
    for (place, quirk) in UnitQuirk.allCases.enumerated() {
      #expect(quirk.bit == 1 << UInt64(place))
      #expect(UnitQuirks(quirk).namesOfAll == [quirk.rawValue])
      #expect(UnitQuirks(named: quirk.rawValue) == [quirk])
    }
    #expect(Set(UnitQuirks.allNames).count == UnitQuirks.allNames.count)
    #expect(UnitQuirks.allNames.count == UnitQuirk.allCases.count + 3)
  }

  /// The numbers of `x-quirks=0x…` in recorded sessions and in users' scripts.
  @Test("bits that users have written keep their meaning")
  func bits() {
    #expect(UnitQuirk.foldFaultsOfPendingSource.bit == 1 << 0)
    #expect(UnitQuirk.noQueueErrorRecord.bit == 1 << 16)
    #expect(UnitQuirk.compatibilityIndexFromAddress.bit == 1 << 24)
    #expect(UnitQuirk.waitNeedsAnyAction.bit == 1 << 36)
    #expect(UnitQuirks.qemu7.rawValue == 0xf_feff_ffff)
    #expect(UnitQuirks.qemu10.rawValue == 0xc_7eff_ffff)
    #expect(UnitQuirks.qemu11.rawValue == 0x1c_7ebf_dff9)
  }

  @Test("a quirk that is put into a set is in it until it is taken out")
  func membership() {
    var quirks: UnitQuirks = [.noDirtyOnHit]
    #expect(quirks.insert(.plainFirstStage).inserted)
    #expect(!quirks.insert(.plainFirstStage).inserted)
    #expect(quirks == [.plainFirstStage, .noDirtyOnHit])
    #expect(quirks.remove(.noDirtyOnHit) == .noDirtyOnHit)
    #expect(quirks.remove(.noDirtyOnHit) == nil)
    #expect(!quirks.contains(.noDirtyOnHit) && quirks.contains(.plainFirstStage))
    #expect(quirks.update(with: .noDirtyOnHit) == nil)
    #expect(quirks.update(with: .noDirtyOnHit) == .noDirtyOnHit)
  }

  @Test("the names of any set of quirks give the set again")
  func sets() {
    let all = UnitQuirks(UnitQuirk.allCases)
    for quirks in [UnitQuirks.qemu7, .qemu10, .qemu11, all, UnitQuirks(rawValue: 0x41), []] {
      let again = quirks.namesOfAll.compactMap(UnitQuirks.init(named:))
        .reduce(into: UnitQuirks()) { $0.formUnion($1) }
      #expect(again == quirks)
    }
    #expect(UnitQuirks.qemu10.namesOfAll == ["qemu-10"])
    #expect(UnitQuirks.qemu11.namesOfAll == ["qemu-11"])
    #expect(UnitQuirks.qemu7.namesOfAll == ["qemu-7.2"])
    #expect(UnitQuirks(named: "no such quirk") == nil)
  }
}
