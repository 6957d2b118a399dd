import ACPITables
import PCI
import Testing

@Suite("Checking a table")
struct FindingTests {
  @Test("the Q35 machine's table is in order")
  func q35() throws {
    #expect(try DMARTable.findings(in: SampleTables.q35.bytes).isEmpty)
  }

  @Test("what the sample of everything has wrong is only its unknown structure and its order")
  func everything() throws {
    let findings = try DMARTable.findings(in: SampleTables.everything.bytes)
    #expect(findings.map(\.kind) == [.unknownType(0x77)])
  }

  struct Fault: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let kinds: [TableFinding.Kind]
    let table: DMARTable

    init(_ name: String, _ kinds: [TableFinding.Kind], _ structures: [RemappingStructure]) {
      testDescription = name
      self.kinds = kinds
      table = DMARTable(hostAddressWidth: 39, structures: structures)
    }
  }

  static let scope = DeviceScope(.endpoint, path: [SampleTables.hop(2, 0)])
  static let unit = RemappingStructure.unit(
    HardwareUnit(includesAll: true, registerBase: 0xfed9_1000))

  static func unit(
    _ base: UInt64, all: Bool = false, size: UInt8 = 0, _ scopes: [DeviceScope] = []
  ) -> RemappingStructure {
    .unit(HardwareUnit(includesAll: all, size: size, registerBase: base, scopes: scopes))
  }

  static func region(_ base: UInt64, _ limit: UInt64) -> RemappingStructure {
    .reservedMemory(ReservedMemory(base: base, limit: limit, scopes: [scope]))
  }

  static let faults: [Fault] = [
    Fault("no unit", [.noUnit], []),
    Fault(
      "a unit after the one that covers all", [.includeAllNotLast(segment: 0)],
      [unit(0xfed9_1000, all: true), unit(0xfed9_0000)]),
    Fault(
      "two units that cover all", [.secondIncludeAll(segment: 0)],
      [unit(0xfed9_1000, all: true), unit(0xfed9_0000, all: true)]),
    Fault(
      "two units at one place", [.overlappingRegisters(0xfed9_0000, 0xfed9_0000)],
      [unit(0xfed9_0000), unit(0xfed9_0000)]),
    Fault(
      "registers that grow into the next", [.overlappingRegisters(0xfed9_1000, 0xfed9_0000)],
      [unit(0xfed9_0000, size: 1), unit(0xfed9_1000)]),
    Fault(
      "unaligned registers", [.unalignedRegisters(0xfed9_1000)], [unit(0xfed9_1000, size: 1)]),
    Fault(
      "registers beyond host addresses", [.registersBeyond(bits: 39, 0x80_0000_0000)],
      [unit(0x80_0000_0000)]),
    Fault("reserved size bits", [.reservedBits(field: "Size")], [unit(0xfed9_0000, size: 0x10)]),
    Fault(
      "one device in two units", [.inTwoUnits("endpoint 00:02.0")],
      [unit(0xfed9_0000, [scope]), unit(0xfed9_1000, [scope])]),
    Fault(
      "types out of order", [.order(0, after: 1)],
      [region(0x1000, 0x1fff), unit]),
    Fault(
      "a region that is not pages", [.unalignedRegion(base: 0x1000, limit: 0x1800)],
      [unit, region(0x1000, 0x1800)]),
    Fault(
      "a region that ends before it begins", [.emptyRegion(base: 0x2000, limit: 0xfff)],
      [unit, region(0x2000, 0xfff)]),
    Fault(
      "a region of zeros", [.unalignedRegion(base: 0, limit: 0)], [unit, region(0, 0)]),
    Fault(
      "a region beyond host addresses", [.regionBeyond(bits: 39, 0x80_0000_0fff)],
      [unit, region(0x7f_ffff_f000, 0x80_0000_0fff)]),
    Fault(
      "regions that overlap in part",
      [.overlappingRegions(0x2000...0x3fff, 0x1000...0x2fff)],
      [unit, region(0x1000, 0x2fff), region(0x2000, 0x3fff)]),
    Fault("regions that are the same", [], [unit, region(0x1000, 0x2fff), region(0x1000, 0x2fff)]),
    Fault(
      "a region without a device", [.regionWithoutScope],
      [unit, .reservedMemory(ReservedMemory(base: 0x1000, limit: 0x1fff))]),
    Fault(
      "an affinity of no unit", [.affinityOfNoUnit(0x1000)],
      [unit, .affinity(StaticAffinity(registerBase: 0x1000, proximityDomain: 0))]),
    Fault(
      "devices of the name space that do not match", [.undeclaredDevice(3), .unusedDevice(4)],
      [
        unit(
          0xfed9_1000,
          [
            DeviceScope(
              .namespaceDevice, enumerationID: 3, path: [SampleTables.hop(0, 0)])
          ]),
        .namespaceDevice(NamespaceDevice(number: 4, name: "\\_SB.X")),
      ]),
    Fault(
      "a scope of unknown kind that leads nowhere",
      [.unknownScope(9), .emptyPath, .impossibleStep(device: 0x20, function: 8)],
      [
        unit(
          0xfed9_1000,
          [
            DeviceScope(DeviceScope.Kind(rawValue: 9), path: []),
            DeviceScope(.endpoint, path: [SampleTables.hop(0x20, 8)]),
          ])
      ]),
    Fault(
      "a path too long for its length",
      [.tooLong(limit: 255)],
      [
        unit(
          0xfed9_1000,
          [DeviceScope(.endpoint, path: Array(repeating: SampleTables.hop(0, 0), count: 125))])
      ]),
  ]

  @Test("each fault of the contents is found, and nothing else", arguments: faults)
  func finds(fault: Fault) {
    let findings = fault.table.findings()
    #expect(findings.map(\.kind) == fault.kinds)
    #expect(findings.allSatisfy { !$0.description.isEmpty })
  }

  @Test("a finding names the offset of its structure")
  func offset() {
    let table = DMARTable(
      structures: [Self.unit(0xfed9_0000, [Self.scope]), Self.region(0x1000, 0x1800)])
    #expect(
      table.findings().map(\.description) == [
        "offset 0x48: RMRR: region 0x1000 to 0x1800 does not consist of whole 4 KiB pages"
      ])
  }

  @Test("a wrong checksum and bytes beyond the end are found in the bytes")
  func bytes() throws {
    var bytes = SampleTables.q35.bytes
    let right = bytes[9]
    bytes[9] &+= 7
    #expect(
      try DMARTable.findings(in: bytes + [0, 0, 0]).map(\.kind)
        == [.checksum(found: right &+ 7, expected: right), .excess(3)])
  }

  @Test("regions are checked against the memory that firmware reserves")
  func reserved() {
    let table = DMARTable(structures: [Self.unit, Self.region(0x1000, 0x3fff)])
    func kinds(_ map: [ClosedRange<UInt64>]) -> [TableFinding.Kind] {
      table.findings(against: TableSurroundings(reservedMemory: map)).map(\.kind)
    }
    #expect(kinds([0...0xffff]).isEmpty)
    #expect(kinds([0x3000...0x3fff, 0x1000...0x2fff]).isEmpty)
    #expect(kinds([0x1000...0x1fff, 0x3000...0x3fff]) == [.regionNotReserved(0x1000...0x3fff)])
    #expect(kinds([]) == [.regionNotReserved(0x1000...0x3fff)])
    #expect(kinds([0...0xffff, 0...0]).isEmpty)
    #expect(kinds([0x2000...(.max), 0...0x1fff]).isEmpty)
  }

  @Test("a table of very many structures is not compared with itself without end")
  func manyOverlaps() {
    let regions = (0..<20_000 as Range<UInt64>).map { Self.region($0 << 12, $0 << 12 | 0xff_ffff) }
    let units = (0..<5_000).map { _ in Self.unit }
    for table in [DMARTable(structures: units), DMARTable(structures: [Self.unit] + regions)] {
      let findings = table.findings()
      let overlaps = findings.count {
        switch $0.kind {
        case .overlappingRegisters, .overlappingRegions: true
        default: false
        }
      }
      #expect(overlaps == 1024)
      #expect(findings.count { $0.kind == .furtherOverlaps(limit: 1024) } == 1)
    }
  }

  @Test(
    "a boot log's memory map gives the reserved ranges, and only those",
    arguments: [
      ("[    0.000000] BIOS-e820: [mem 0x000000000009fc00-0x000000000009ffff] reserved", [0x9fc00]),
      ("BIOS-e820: [mem 0x0000000000100000-0x000000003ffdffff] usable", []),
      // 7.0 and later
      (
        "BIOS-e820: [mem 0x000000000009fc00-0x000000000009ffff]  device reserved\n"
          + "BIOS-e820: [gap 0x00000000000a0000-0x00000000000effff]\n"
          + "BIOS-e820: [mem 0x0000000000100000-0x000000003ffdffff]  System RAM", [0x9fc00]
      ),
      ("BIOS-e820: [mem 0x1000-0x1fff]  soft reserved", []),
      ("BIOS-e820: [mem 0x00000000bf000000-0x00000000bfffffff] ACPI NVS", []),
      (" BIOS-e820: 00000000bff6b000 - 00000000bff6c000 (reserved)", [0xbff6b000]),
      ("BIOS-e820: [mem 0x2-0x1] reserved\nBIOS-e820: [mem 0x-] reserved\nBIOS-e820:", []),
      ("BIOS-e820: [mem 0xffffffffffffffff-0xffffffffffffffff] reserved", [UInt64.max]),
    ] as [(String, [UInt64])])
  func memoryMap(log: String, starts: [UInt64]) {
    #expect(MemoryMap.reserved(in: log).map(\.lowerBound) == starts)
  }

  @Test("the two forms of a memory map say the same end")
  func memoryMapEnds() {
    let log = """
      BIOS-e820: [mem 0x000000000009fc00-0x000000000009ffff] reserved
      BIOS-e820: 000000000009fc00 - 00000000000a0000 (reserved)
      """
    #expect(MemoryMap.reserved(in: log) == [0x9fc00...0x9ffff, 0x9fc00...0x9ffff])
  }

  @Test("scopes are checked against the bus: nobody there, a bridge for an endpoint")
  func bus() throws {
    let table = DMARTable(
      structures: [
        Self.unit(
          0xfed9_0000,
          [
            Self.scope, DeviceScope(.endpoint, path: [SampleTables.hop(0x1c, 0)]),
            DeviceScope(.subHierarchy, path: [SampleTables.hop(3, 0)]),
            DeviceScope(.subHierarchy, path: [SampleTables.hop(4, 0)]),
            DeviceScope(.endpoint, path: [SampleTables.hop(0x1c, 0), SampleTables.hop(0, 0)]),
          ])
      ])
    let findings = table.findings(against: TableSurroundings(topology: PlatformTests.bus))
    #expect(
      findings.map(\.kind) == [
        .wrongScopeType(PCIAddress(bus: 0, device: 0x1c, function: 0), isBridge: true),
        .wrongScopeType(PCIAddress(bus: 0, device: 3, function: 0), isBridge: false),
        .noSuchDevice("sub-hierarchy 00:04.0"),
      ])
  }
}
