import Foundation
import Testing
import VTdUnit

@Suite("Names of quirks")
struct QuirkTests {
  /// The bits that the declarations give to quirks.
  private static func declaredBits() throws -> [UInt64] {
    let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources/VTdUnit/UnitQuirks.swift")
    return try String(contentsOf: path, encoding: .utf8)
      .matches(of: /UnitQuirks\(rawValue: 1 << ([0-9]+)\)/).compactMap { UInt64($0.output.1) }
  }

  @Test("every quirk has a bit of its own and one name, which gives the quirk again")
  func names() throws {
    let bits = try Self.declaredBits()
    #expect(bits.count > 30)
    #expect(Set(bits).count == bits.count)
    for bit in bits {
      let quirk = UnitQuirks(rawValue: 1 << bit)
      let names = quirk.namesOfAll
      try #require(names.count == 1, "bit \(bit)")
      #expect(UnitQuirks(named: names[0]) == quirk)
    }
    #expect(Set(UnitQuirks.allNames).count == UnitQuirks.allNames.count)
    #expect(UnitQuirks.allNames.count == bits.count + 3)
  }

  @Test("the names of any set of quirks give the set again")
  func sets() throws {
    let all = try Self.declaredBits().reduce(into: UnitQuirks()) {
      $0.formUnion(UnitQuirks(rawValue: 1 << $1))
    }
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
