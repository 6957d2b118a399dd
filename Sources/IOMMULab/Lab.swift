internal import PCI
public import PhysicalMemory
public import RemappingTables
internal import VTdFormats
public import VTdUnit

/// A remapping unit with memory and tables, ready to be tried out.
///
/// ```swift
/// var lab = try Lab(.legacy48)
/// try lab.attach("00:03.0", domain: 1)
/// try lab.map(0x4000_0000, to: 0x2100_0000, [.read])
/// try lab.start()
/// let dma = try lab.dma("00:03.0", .write, 0x4000_0000)
/// print(dma)
/// print(lab.walk(dma))
/// print(try lab.kernelLine(dma) ?? "no record")
/// ```
///
/// The lab puts entries into memory as software does, and the unit reads them there: caches hold what
/// they held until ``flush()``, and an entry can be spoilt with ``change(level:of:domain:_:)`` or by
/// writing to ``memory``.
public struct Lab {
  /// The machine's memory: 4 GiB, of which only used pages take space.
  public let memory: PhysicalMemory
  /// The remapping unit. It may also be used directly, without the lab's own functions.
  public let unit: RemappingUnit
  /// The tables, and the means to build more.
  public internal(set) var tables: RemappingTables
  /// What the lab started from.
  public let preset: LabPreset
  /// Whether ``start()`` was called.
  public private(set) var isStarted = false

  var domains: [Int: PageTables] = [:]
  var lastDomain: Int?
  var queue: LabQueue?

  /// Memory for tables: 256 MiB from here on. Pages that devices use may lie anywhere else.
  public static let tableBase: UInt64 = 0x1000_0000
  static let tableEnd: UInt64 = 0x2000_0000
  private static let memorySize: UInt64 = 1 << 32

  /// A lab with empty tables; remapping is off until ``start()``.
  ///
  /// - Throws: ``LabError`` where the unit's capabilities do not go together.
  public init(_ preset: LabPreset = .legacy48) throws(LabError) {
    self.preset = preset
    do {
      memory = try PhysicalMemory(size: Self.memorySize)
    } catch {
      throw .memory("\(error)")
    }
    do {
      unit = try RemappingUnit(configuration: preset.unit, memory: memory)
    } catch {
      throw .unit("\(error)")
    }
    let pages = TablePages(
      base: PhysicalAddress(rawValue: Self.tableBase), end: PhysicalAddress(rawValue: Self.tableEnd)
    )
    do {
      tables = try RemappingTables(mode: preset.mode, for: preset.unit, in: memory, pages: pages)
    } catch {
      throw .tables(error)
    }
  }

  // MARK: Tables

  /// Sends a device's requests through the page tables of a domain, which is made where it is new.
  ///
  /// - Parameters:
  ///   - device: `bus:device.function`, such as `00:1f.2`.
  ///   - domain: the number that the unit's caches keep its translations under; 1 to 65535.
  ///   - stage: nil for the preset's. First-stage tables need a scalable preset.
  ///   - pasid: for the requests that carry this PASID; nil for those that carry none.
  public mutating func attach(
    _ device: String, domain: Int, stage: TranslationStage? = nil, pasid: Int? = nil
  ) throws(LabError) {
    let source = try Self.source(device)
    let page = try pageTables(of: domain, stage ?? preset.stage, over: nil)
    try attach(source, to: page, domain, pasid)
  }

  /// Sends a device's requests through first-stage tables that are themselves read through the
  /// second stage of another domain: how a guest's tables are used by a device that it owns.
  ///
  /// - Parameters:
  ///   - device: `bus:device.function`.
  ///   - domain: the guest's tables.
  ///   - host: the domain below, whose second stage turns the guest's addresses into the machine's.
  ///   - pasid: nil for requests without PASID.
  public mutating func attachNested(
    _ device: String, domain: Int, over host: Int, pasid: Int? = nil
  )
    throws(LabError)
  {
    let source = try Self.source(device)
    let below = try pageTables(of: host, .second, over: nil)
    domains[host] = below
    let page = try pageTables(of: domain, .first, over: below)
    try attach(source, to: page, domain, pasid)
  }

  private mutating func attach(
    _ source: SourceID, to page: PageTables, _ domain: Int, _ pasid: Int?
  ) throws(LabError) {
    try build { (tables) throws(TableError) in
      try tables.attach(
        source, to: page, domain: DomainID(rawValue: UInt16(domain)),
        pasid: pasid.map { PASID(rawValue: UInt32(truncatingIfNeeded: $0)) })
    }
    domains[domain] = page
    lastDomain = domain
  }

  /// Lets a device's requests pass untranslated.
  public mutating func passThrough(_ device: String, domain: Int) throws(LabError) {
    let source = try Self.source(device)
    try Self.check(domain: domain)
    try build { (tables) throws(TableError) in
      try tables.passThrough(source, domain: DomainID(rawValue: UInt16(domain)))
    }
  }

  /// Maps pages in a domain.
  ///
  /// - Parameters:
  ///   - address: where devices find it; a multiple of the page's size.
  ///   - target: where it lies in memory; the same.
  ///   - permissions: what the pages allow.
  ///   - length: bytes; nil for one page.
  ///   - pages: size of the pages.
  ///   - domain: nil for the domain of the last device that was attached.
  public mutating func map(
    _ address: UInt64, to target: UInt64, _ permissions: Permissions = [.read, .write],
    length: UInt64? = nil, pages: PageSize = .fourKiB, domain: Int? = nil
  ) throws(LabError) {
    let page = try pageTables(domain)
    try build { (tables) throws(TableError) in
      try tables.map(
        IOVA(rawValue: address), to: PhysicalAddress(rawValue: target), length: length, permissions,
        size: pages, in: page)
    }
  }

  /// Takes pages out of a domain's tables. The unit's caches are left as they are: see ``flush()``.
  public mutating func unmap(_ address: UInt64, length: UInt64? = nil, domain: Int? = nil)
    throws(LabError)
  {
    let page = try pageTables(domain)
    try build { (tables) throws(TableError) in
      try tables.unmap(IOVA(rawValue: address), length: length, in: page)
    }
  }

  // MARK: The unit

  /// Tells the unit where the tables are and switches remapping on, by its registers, as a driver
  /// does: RTADDR, SRTP, the invalidation queue, TE, and the interrupt table where there is one.
  public mutating func start() throws(LabError) {
    if isStarted { return }
    unit.write64(tables.rootTableAddress.rawValue, at: RegisterOffset.rtaddr)
    try command(.setRootTable)
    var queue = try LabQueue(&tables)
    try queue.start(unit)
    try command(.queuedInvalidation)
    self.queue = queue
    try latchInterruptTable()
    isStarted = true
    try flush()
    try command(.translation)
  }

  /// Writes one bit of GCMD beside those that are on, and sees that GSTS shows it.
  func command(_ bit: BitField<GlobalCommand>) throws(LabError) {
    let levels = GlobalCommand.oneShot.reduce(UInt32.max) {
      $0 & ~UInt32(truncatingIfNeeded: $1.mask)
    }
    let wanted = UInt32(truncatingIfNeeded: bit.mask)
    unit.write32(unit.read32(RegisterOffset.gsts) & levels | wanted, at: RegisterOffset.gcmd)
    guard unit.read32(RegisterOffset.gsts) & wanted != 0 else {
      throw .unit("the unit did not take GCMD.\(bit.name): GSTS does not show it")
    }
  }

  // MARK: Helpers

  /// The source-id of a function.
  static func source(_ device: String) throws(LabError) -> SourceID {
    // A lab has one PCI segment only, so a function is named without it.
    guard let address = PCIAddress(device), device.filter({ $0 == ":" }).count == 1 else {
      throw .device(device)
    }
    return address.sourceID
  }

  static func check(domain: Int) throws(LabError) {
    // In caching mode a unit caches entries that have no domain under domain-id 0.
    if !(1...0xffff).contains(domain) {
      throw .number(what: "domain", value: domain, range: 1...0xffff)
    }
  }

  /// The page tables of a domain that devices are attached to.
  func pageTables(_ domain: Int?) throws(LabError) -> PageTables {
    guard let number = domain ?? lastDomain else { throw .nothingAttached }
    guard let page = domains[number] else { throw .domain(number) }
    return page
  }

  private mutating func pageTables(
    of domain: Int, _ stage: TranslationStage, over second: PageTables?
  ) throws(LabError) -> PageTables {
    try Self.check(domain: domain)
    if let known = domains[domain] {
      if known.stage != stage {
        throw .unit(
          "domain \(domain) has \(known.stage.rawValue)-stage tables; use another domain for "
            + "\(stage.rawValue)-stage ones")
      }
      return known
    }
    var made: PageTables?
    let levels = stage == .second ? preset.levels : nil
    try build { (tables) throws(TableError) in
      made = try tables.makePageTables(stage, levels: levels, over: second)
    }
    guard let made else { throw .nothingAttached }
    return made
  }

  mutating func build(_ body: (inout RemappingTables) throws(TableError) -> Void) throws(LabError) {
    do throws(TableError) {
      try body(&tables)
    } catch {
      throw .tables(error)
    }
  }
}
