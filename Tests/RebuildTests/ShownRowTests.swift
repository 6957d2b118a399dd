import Diagnosis
import LogReading
import Rebuild
import TestSupport
import Testing

/// Debugfs files that somebody reads between two faults.
@Suite("Rows between faults")
struct ShownRowTests {
  /// A unit in legacy mode whose device 00:1a.0 has a domain of two pages.
  private static let files = """
    [    0.1] DMAR: Host address width 39
    [    0.2] DMAR: dmar0: reg_base_addr fed90000 ver 1:0 cap d2008c222f0606 ecap f00f4a
    == /sys/kernel/debug/iommu/intel/dmar_translation_struct
    IOMMU dmar0: Root Table Address: 0x1000000
    B.D.F\tRoot_entry\t\t\t\tContext_entry\t\t\t\tPASID\tPASID_table_entry
    00:1a.0\t0x0000000000000000:0x0000000001001001\t0x0000000000000402:0x0000000001002001
    """
  private static let heading = "Device 0000:00:1a.0 @0x1002000"

  /// A row of `domain_translation_struct` whose tables lie behind one another.
  private static func row(_ frame: Int, leaf: String) -> String {
    let digits = String(frame, radix: 16)
    let padded = String(repeating: "0", count: 13 - digits.count) + digits
    return "0x\(padded) |\t0x0000000000000000\t0x0000000001003003\t0x0000000001004003\t"
      + "0x0000000001005003\t\(leaf)"
  }

  private static func fault(_ second: Int, _ leaf: String) -> String {
    """
    [   \(second).000000] DMAR: DRHD: handling fault status reg 2
    [   \(second).000001] DMAR: [DMA Write NO_PASID] Request device [00:1a.0] fault addr 0x9000 [fault reason 0x05] PTE Write access is not set
    [   \(second).000002] DMAR: Dump dmar0 table entries for IOVA 0x9000
    [   \(second).000003] DMAR: root entry: 0x0000000001001001
    [   \(second).000004] DMAR: context entry: hi 0x0000000000000402, low 0x0000000001002001
    [   \(second).000005] DMAR: pte level: 4, pte value: 0x0000000001003003
    [   \(second).000006] DMAR: pte level: 3, pte value: 0x0000000001004003
    [   \(second).000007] DMAR: pte level: 2, pte value: 0x0000000001005003
    [   \(second).000008] DMAR: pte level: 1, pte value: \(leaf)
    [   \(second).000009] DMAR: page table not present at level 0
    """
  }

  private static let none = "0x0000000000000000"
  /// What memory holds behind all steps.
  private static func memory(_ parts: [String]) throws -> (RebuiltScenario, (UInt64) -> UInt64?) {
    let rebuilt = Rebuilding.rebuild(parts.joined(separator: "\n") + "\n")
    return (rebuilt, try #require(Rebuilding.replay(rebuilt.yaml, takesSteps: true)).load)
  }

  @Test(
    "a page that is shown between two faults is in memory, and comes back when it is shown last")
  func between() throws {
    let (rebuilt, load) = try Self.memory([
      Self.files, Self.fault(10, Self.none), Self.heading,
      Self.row(7, leaf: "0x0000000000777003"), Self.fault(20, Self.none),
    ])
    #expect(rebuilt.leftOut.isEmpty)
    #expect(rebuilt.faultCount == 2)
    #expect(load(0x100_5000 + 7 * 8) == 0x77_7003)
    // In front of the second fault, behind the first.
    let steps = rebuilt.yaml.split(separator: "\n").filter {
      $0.contains("dma:") || $0.contains("0x777003")
    }
    #expect(steps.map { $0.contains("dma:") } == [true, false, true])
  }

  @Test("a page that a later reading does not show was unmapped")
  func unmapped() throws {
    let page = Self.row(7, leaf: "0x0000000000777003")
    let (rebuilt, load) = try Self.memory([
      Self.files, Self.fault(10, Self.none), Self.heading, page,
      Self.row(8, leaf: "0x0000000000888003"), Self.fault(20, Self.none), Self.heading, page,
    ])
    #expect(rebuilt.leftOut.isEmpty)
    #expect(load(0x100_5000 + 7 * 8) == 0x77_7003)
    #expect(load(0x100_5000 + 8 * 8) == 0)
    let (_, empty) = try Self.memory([
      Self.files, Self.fault(10, Self.none), Self.heading, page, Self.fault(20, Self.none),
      Self.heading,
    ])
    #expect(empty(0x100_5000 + 7 * 8) == 0)
  }

  @Test("the row of a search, which has no heading, changes the entry of its device")
  func search() throws {
    let (rebuilt, load) = try Self.memory([
      Self.files, Self.fault(10, Self.none), "== grep 00:1a.0 dmar_translation_struct",
      "00:1a.0\t0x0000000000000000:0x0000000001001001\t0x0000000000000102:0x0000000000000009",
    ])
    #expect(rebuilt.leftOut.isEmpty)
    #expect(load(0x100_1000 + 0xd0 * 16) == 9)
    #expect(load(0x100_1000 + 0xd0 * 16 + 8) == 0x102)
  }

  @Test("rows of which nothing tells whose they are, are named")
  func named() throws {
    let (rebuilt, _) = try Self.memory([
      Self.files, Self.fault(10, Self.none), Self.row(7, leaf: "0x0000000000777003"),
      "IOMMU dmar7: Root Table Address: 0x5000000",
      "00:03.0\t0x0000000000000000:0x0000000005001001\t0x0000000000000402:0x0000000005002001",
    ])
    #expect(rebuilt.faultCount == 1)
    #expect(
      rebuilt.leftOut.map { $0.description } == [
        "kernel.log:17: no line in front of the row says whose table it is of",
        "kernel.log:18: no unit of the scenario has its root table there",
      ])
  }

  @Test("an entry of a PASID table gets a table where no row shows one")
  func pasidTable() throws {
    let (rebuilt, load) = try Self.memory([
      "[    0.2] DMAR: dmar0: reg_base_addr fed90000 ver 1:0 cap d2008c222f0606 ecap 480080f00f4a",
      "[   10.000000] DMAR: DRHD: handling fault status reg 2",
      "[   10.000001] DMAR: [DMA Write NO_PASID] Request device [00:1a.0] fault addr 0x9000 "
        + "[fault reason 0x59] SM: Present bit in PASID Table Entry is clear",
      "IOMMU dmar0: Root Table Address: 0x1000000",
      "00:1a.0\t0x0000000001006001:0x0000000001001001\t0x0000000000000000:0x0000000001002401\t"
        + "65\t0x0000000000000000:0x0000000000000002:0x0000000001003089",
    ])
    #expect(rebuilt.faultCount == 1)
    let directory = try #require(load(0x100_2008))
    #expect(directory & 1 == 1)
    #expect(load(directory & ~0xfff + 64) == 0x100_3089)
    #expect(rebuilt.yaml.contains("assumed: the rows do not show where a PASID table lies"))
  }

  @Test("every reading of a console whose group changes its type is in memory at its moment")
  func groups() throws {
    let lines = try Golden.lines("groups-7.3.log.gz")
    let first = try #require(lines.firstIndex { $0.contains("fault addr") })
    let headings = lines.indices.filter {
      $0 > first && lines[$0].hasPrefix("Device 0000:00:1f.4 @")
    }
    #expect(headings.count == 3)
    for heading in headings {
      // Up to the row behind the listing of eight.
      let (rebuilt, load) = try Self.memory(Array(lines[...(heading + 10)]))
      #expect(rebuilt.leftOut.isEmpty)
      #expect((0..<8).map { load(0x42d_9000 + $0 * 8) } == (0..<8).map { $0 * 0x20_0000 + 0x83 })
    }
  }
}
