import PhysicalMemory
import RemappingTables
import Testing
import VTdFormats
import VTdUnit

/// What the builder makes is judged by the unit: it walks the tables.
@Suite("tables that the builder makes")
struct RemappingTablesTests {
  private let memory: PhysicalMemory
  private let source = SourceID(bus: 0x3a, device: 0x1f, function: 2)

  init() throws { memory = try PhysicalMemory(size: 1 << 32) }

  private static func unit(levels: UInt64, scalable: Bool) -> UnitConfiguration {
    var cap = Capability()
    cap[.supportedAdjustedGuestAddressWidths] = levels
    cap[.maximumGuestAddressWidth] = 56
    cap[.secondStageLargePages] = 0b11
    cap[.numberOfDomains] = 6
    cap[.faultRecordOffset] = 0x20
    cap[flag: .firstStage1GiBPages] = scalable
    var ecap = ExtendedCapability()
    ecap[flag: .queuedInvalidation] = true
    ecap[flag: .interruptRemapping] = true
    ecap[flag: .passThrough] = true
    ecap[.iotlbRegisterOffset] = 0x10
    if scalable {
      ecap[flag: .scalableMode] = true
      ecap[flag: .firstStage] = true
      ecap[flag: .secondStage] = true
      ecap[flag: .nested] = true
      ecap[flag: .pasid] = true
      ecap[.pasidSize] = 19
    }
    return UnitConfiguration(capability: cap, extendedCapability: ecap)
  }

  private func tables(
    _ mode: TranslationTableMode, levels: UInt64 = 0b1110, snoops: Bool = true
  ) throws -> RemappingTables {
    var unit = Self.unit(levels: levels, scalable: mode == .scalable)
    unit.extendedCapability[flag: .scalableModePageWalkCoherency] = mode == .scalable && snoops
    return try RemappingTables(
      mode: mode, for: unit, in: memory,
      pages: TablePages(
        base: PhysicalAddress(rawValue: 0x1000_0000), end: PhysicalAddress(rawValue: 0x1100_0000)))
  }

  /// A unit with remapping on.
  private func started(_ tables: RemappingTables) throws -> RemappingUnit {
    let unit = try RemappingUnit(configuration: tables.unit, memory: memory)
    unit.write64(tables.rootTableAddress.rawValue, at: RegisterOffset.rtaddr)
    unit.write32(1 << 30, at: RegisterOffset.gcmd)
    unit.write32(1 << 31, at: RegisterOffset.gcmd)
    return unit
  }

  @Test("every depth and page size of second-stage tables is walked", arguments: [3, 4, 5])
  func depths(_ levels: Int) throws {
    for size in PageSize.allCases {
      var tables = try tables(.legacy)
      let page = try tables.makePageTables(.second, levels: levels)
      try tables.attach(source, to: page, domain: DomainID(rawValue: 7))
      try tables.map(
        IOVA(rawValue: 0x40_0000_0000 - size.byteCount), to: PhysicalAddress(rawValue: 0x8000_0000),
        [.read], size: size, in: page)
      let unit = try started(tables)
      let at = 0x40_0000_0000 - size.byteCount
      let read = unit.translate(DMARequest(source: source, address: IOVA(rawValue: at + 0x123)))
      #expect(read.address?.rawValue == 0x8000_0123)
      let write = unit.translate(
        DMARequest(source: source, address: IOVA(rawValue: at), access: .write))
      #expect(write.faultReason == FaultReason(rawValue: 5))
    }
  }

  @Test(
    "first-stage, nested and pass-through PASIDs are walked, whether or not walks snoop",
    arguments: [false, true])
  func scalable(_ snoops: Bool) throws {
    var tables = try tables(.scalable, snoops: snoops)
    let host = try tables.makePageTables(.second, levels: 4)
    let guest = try tables.makePageTables(.first, over: host)
    let process = try tables.makePageTables(.first)
    try tables.attach(source, to: host, domain: DomainID(rawValue: 1))
    try tables.attach(source, to: guest, domain: DomainID(rawValue: 2), pasid: PASID(rawValue: 70))
    try tables.attach(source, to: process, domain: DomainID(rawValue: 3), pasid: PASID(rawValue: 5))
    try tables.passThrough(source, domain: DomainID(rawValue: 4), pasid: PASID(rawValue: 6))
    try tables.map(
      IOVA(rawValue: 0x5000), to: PhysicalAddress(rawValue: 0x9000_5000), in: host)
    try tables.map(IOVA(rawValue: 0x7000), to: PhysicalAddress(rawValue: 0x5000), in: guest)
    try tables.map(
      IOVA(rawValue: 0x20_0000), to: PhysicalAddress(rawValue: 0xa000_0000), size: .twoMiB,
      in: process)
    let unit = try started(tables)
    func target(_ address: UInt64, _ pasid: UInt32?) -> UInt64? {
      unit.translate(
        DMARequest(
          source: source, address: IOVA(rawValue: address),
          pasid: pasid.map { PASID(rawValue: $0) })
      ).address?.rawValue
    }
    #expect(target(0x5010, nil) == 0x9000_5010)
    #expect(target(0x7010, 70) == 0x9000_5010)
    #expect(target(0x20_1234, 5) == 0xa000_1234)
    #expect(target(0x1234_5678, 6) == 0x1234_5678)
    #expect(target(0x7010, 5) == nil)
  }

  @Test("an entry is found by its level, and a spoilt one is what the unit meets")
  func entry() throws {
    var tables = try tables(.legacy)
    let page = try tables.makePageTables(.second, levels: 3)
    try tables.attach(source, to: page, domain: DomainID(rawValue: 7))
    try tables.map(IOVA(rawValue: 0x5000), to: PhysicalAddress(rawValue: 0x9000), in: page)
    let place = try tables.entryAddress(level: 2, of: IOVA(rawValue: 0x5000), in: page)
    var entry: SecondStageEntry = try tables.entry(at: place)
    // SNP is reserved in an entry that leads to a table.
    entry[flag: .snoop] = true
    try tables.store(entry, at: place)
    let answer = try started(tables).translate(
      DMARequest(source: source, address: IOVA(rawValue: 0x5000)))
    #expect(answer.faultReason == FaultReason(rawValue: 0x0c))
    #expect(throws: TableError.notMapped(address: 0x4000_0000_0)) {
      try tables.entryAddress(level: 1, of: IOVA(rawValue: 0x4000_0000_0), in: page)
    }
  }

  @Test("a detached function meets reason 2, and an unmapped page reason 6")
  func detach() throws {
    var tables = try tables(.legacy)
    let page = try tables.makePageTables(.second)
    try tables.attach(source, to: page, domain: DomainID(rawValue: 7))
    try tables.map(
      IOVA(rawValue: 0), to: PhysicalAddress(rawValue: 0x9000), length: 0x3000, in: page)
    try tables.unmap(IOVA(rawValue: 0x1000), length: 0x1000, in: page)
    let unit = try started(tables)
    #expect(
      unit.translate(DMARequest(source: source, address: IOVA(rawValue: 0x1000))).faultReason
        == FaultReason(rawValue: 6))
    #expect(
      unit.translate(DMARequest(source: source, address: IOVA(rawValue: 0x2000))).address?.rawValue
        == 0xb000)
    try tables.detach(source)
    let other = try started(tables)
    #expect(
      other.translate(DMARequest(source: source, address: IOVA(rawValue: 0x2000))).faultReason
        == FaultReason(rawValue: 2))
  }

  @Test("running out of pages is an error that says so")
  func outOfPages() throws {
    var tables = try RemappingTables(
      mode: .legacy, for: Self.unit(levels: 0b0100, scalable: false), in: memory,
      pages: TablePages(
        base: PhysicalAddress(rawValue: 0x1000), end: PhysicalAddress(rawValue: 0x3000)))
    let page = try tables.makePageTables(.second)
    #expect(throws: TableError.noPage(end: 0x3000)) {
      try tables.map(IOVA(rawValue: 0), to: PhysicalAddress(rawValue: 0), in: page)
    }
  }
}
