import LinuxIOMMU
import PCI
import Testing
import VTdFormats

@testable import Machine

@Suite("The domain_translation_struct of debugfs")
struct DebugfsPageTests {
  struct Case: CustomTestStringConvertible {
    let testDescription: String
    let unit: MappingUnit
    /// What the head of the rows says behind the device.
    let head: String
    /// The entries of a page of 4 KiB that may be read only, of 2 MiB and of 1 GiB.
    let leaves: [UInt64]
  }

  private static let large: UInt64 = 0xd2_008c_222f_0606 | 3 << 34
  private static let firstStageLarge: UInt64 = 0xd2_008c_222f_0606 | 1 << 56
  private static let firstStage: UInt64 = 0x8800_80f0_0f4a

  static let cases = [
    Case(
      testDescription: "6.1, second stage",
      unit: MappingUnit(testDescription: "", cap: large, ecap: 0xf0_0f4a, release: "6.1"),
      head: "@0x", leaves: [0x50_0001, 0x60_0083, 0x4000_0083]),
    Case(
      testDescription: "6.12, second stage",
      unit: MappingUnit(testDescription: "", cap: large, ecap: 0xf0_0f4a),
      head: "@0x", leaves: [0x50_0001, 0x60_0083, 0x4000_0083]),
    // The driver sets XD until 6.10, and D where writes are allowed.
    Case(
      testDescription: "6.1, first stage",
      unit: MappingUnit(
        testDescription: "", cap: firstStageLarge, ecap: firstStage, isScalable: true,
        release: "6.1"),
      head: "@0x",
      leaves: [0x8000_0000_0050_0025, 0x8000_0000_0060_00e7, 0x8000_0000_4000_00e7]),
    Case(
      testDescription: "6.12, first stage",
      unit: MappingUnit(
        testDescription: "", cap: firstStageLarge, ecap: firstStage, isScalable: true),
      head: "with pasid 0 @0x", leaves: [0x50_0025, 0x60_00e7, 0x4000_00e7]),
  ]

  @Test(
    "domain_translation_struct has a row for each page of each size: to 6.6 with every column, then up to the page's level",
    arguments: cases)
  func rows(_ test: Case) throws {
    let machine = try test.unit.machine(["iommu.strict=1"])
    let domain = DomainReference.of(MappingUnit.device)
    let mappings = [
      Mapping(
        address: IOVA(rawValue: 0x1000), target: PhysicalAddress(rawValue: 0x50_0000),
        size: 4096, access: .read),
      Mapping(
        address: IOVA(rawValue: 0x20_0000), target: PhysicalAddress(rawValue: 0x60_0000),
        size: 2 << 20, access: .readWrite),
      Mapping(
        address: IOVA(rawValue: 0x4000_0000), target: PhysicalAddress(rawValue: 0x4000_0000),
        size: 1 << 30, access: .readWrite),
    ]
    for mapping in mappings { #expect(try machine.kernel.map(mapping, in: domain)) }

    let lines = machine.kernel.debugfs(.domainTranslations)
    #expect(lines.first?.hasPrefix("Device \(MappingUnit.device) \(test.head)") == true)
    let rows = lines.filter { $0.contains(" |\t") }
    #expect(
      rows.map { $0.prefix(15) }
        == ["0x0000000000001", "0x0000000000200", "0x0000000040000"].map { $0[...] })
    for (row, (index, leaf)) in zip(rows, test.leaves.enumerated()) {
      let columns = row.split(separator: "\t").dropFirst().map {
        UInt64($0.dropFirst(2), radix: 16)
      }
      // PML5E, PML4E, PDPE, PDE, PTE: four levels, of which the page takes the last.
      let depth = 5 - index
      let isShort = test.unit.release == "6.12"
      #expect(columns.count == (isShort ? depth : 5), "\(row)")
      #expect(columns[0] == 0)
      #expect(columns[1..<(depth - 1)].allSatisfy { $0 != 0 }, "\(row)")
      #expect(columns[depth - 1] == leaf, "\(row)")
      #expect(columns[depth...].allSatisfy { $0 == 0 }, "\(row)")
    }
  }

  @Test("a unit without large pages has 4 KiB pages in their place")
  func smallPages() throws {
    let unit = MappingUnit(
      testDescription: "", cap: Self.large & ~(3 << 34), ecap: 0xf0_0f4a)
    let machine = try unit.machine(["iommu.strict=1"])
    try machine.kernel.map(
      Mapping(
        address: IOVA(rawValue: 0x20_0000), target: PhysicalAddress(rawValue: 0x60_0000),
        size: 2 << 20, access: .readWrite),
      in: .of(MappingUnit.device))
    let rows = machine.kernel.debugfs(.domainTranslations).filter { $0.contains(" |\t") }
    #expect(rows.count == 512)
    #expect(rows.last?.hasSuffix("\t0x00000000007ff003") == true)
  }
}
