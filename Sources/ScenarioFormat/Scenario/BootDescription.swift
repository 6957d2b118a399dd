public import LinuxIOMMU
public import VTdFormats

/// What happens before the first step.
public struct BootDescription: Sendable {
  /// How many blocks of memory the boot announces.
  public var memoryBlocks = 1
  /// Whether it does so with interrupts off.
  public var addsMemoryWithInterruptsOff = false
  /// The pages that the kernel takes for tables.
  public var pages = PageList()
  /// Where they are given; without them, where the scenario or the step begins.
  public var pagesPlace = Place(file: "")
  /// The driver makes a domain for each group of functions, as real kernels do.
  public var makesDefaultDomains = false
  /// The words of the kernel's command line; nil for a log that begins after the boot.
  public var commandLine: [String]?
  /// The driver leaves the units alone; the steps program them.
  public var leavesUnits = false
  /// What firmware's memory map reserves; nil where every region is believed to be.
  public var reserved: [ClosedRange<UInt64>]?
  /// The times of the boot's lines, in microseconds.
  public var times: [UInt64] = []
  /// The interrupt entries that drivers set up.
  public var interrupts: [InterruptEntryChange] = []
  /// Where they are written.
  public var interruptsPlace = Place(file: "")
  /// The domains that exist when the steps begin.
  public var domains: [DomainDescription] = []
  /// What a writer remarks.
  public var notes = Notes()

  public init() {}
}

/// The pages that the driver gets for its tables.
public struct PageList: Hashable, Sendable {
  /// The first pages, in the order in which they are taken.
  public var list: [PhysicalAddress] = []
  /// Where the pages after them begin.
  public var base = PhysicalAddress(rawValue: 0x10_0000)
  /// What a writer remarks.
  public var notes = Notes()

  public init() {}

  /// Where the driver gets them.
  public var allocator: PageAllocator { PageAllocator(pages: list, base: base) }
}

/// A domain that the driver has from boot on.
public struct DomainDescription: Sendable {
  /// The domain-id.
  public var id = DomainID(rawValue: 0)
  /// Where the section stands.
  public var place = Place(file: "")
  /// Levels of its page tables.
  public var levels = 4
  /// The functions that use it.
  public var devices: [DeviceName] = []
  /// What it maps.
  public var mappings: [DomainMapping] = []

  public init() {}
}

/// What a domain maps from boot on, and in pages of which size.
public struct DomainMapping: Hashable, Sendable {
  /// What is mapped.
  public var mapping: Mapping
  /// The level of the largest entries that map it: 1 for pages of 4 KiB, 2 for 2 MiB, 3 for whatever the
  /// unit has. A kernel that asks for one page at a time gets no larger ones.
  public var level: Int

  /// A mapping of the largest pages that it can have.
  public init(_ mapping: Mapping, level: Int = 3) {
    self.mapping = mapping
    self.level = level
  }

  /// More calls than this are not made for one mapping.
  static let mostPieces: UInt64 = 1 << 20

  /// What the driver is asked for, one call after the other.
  public var pieces: [Mapping] {
    let step = Paging.byteCount(level: min(max(level, 1), 3))
    guard level < 3, mapping.size > step, mapping.size / step <= Self.mostPieces else {
      return [mapping]
    }
    return stride(from: 0, to: mapping.size, by: Int(step)).map { offset in
      var piece = mapping
      piece.address = IOVA(rawValue: mapping.address.rawValue &+ offset)
      piece.target = PhysicalAddress(rawValue: mapping.target.rawValue &+ offset)
      piece.size = min(step, mapping.size - offset)
      return piece
    }
  }
}

extension BootDescription: Section {
  package static var sectionName: String { "boot" }
  package static var isFlow: Bool { false }

  package mutating func visit(_ field: inout Fields) {
    field(
      "memory_blocks", &memoryBlocks, .number(0...65536), "how many memory blocks become devices")
    field(
      "memory_interrupts", &addsMemoryWithInterruptsOff,
      .named([(name: "on", value: false), (name: "off", value: true)]),
      "off: memory blocks are added with interrupts off, which no kernel does")
    var words = commandLine?.joined(separator: " ")
    field(
      "command_line", &words, .text,
      "the kernel's command line; with it, the driver's own boot lines are printed",
      example: "intel_iommu=on iommu=pt")
    commandLine = words.map { $0.split(separator: " ").map(String.init) }
    field(
      "driver", &leavesUnits, .named([(name: "on", value: false), (name: "off", value: true)]),
      "off: the driver leaves the units alone, steps program them, and the kernel prints each fault"
        + " that a unit records")
    field(
      "times", &times, .list(.seconds), "time stamps of the boot lines", example: "[0.1, 0.25]")
    field(
      "reserved", &reserved, .list(.reserved, isFlow: false),
      "what firmware's memory map reserves; RMRRs elsewhere are told as bad")
    field("pages", &pages, .section, "where the driver's tables come to lie")
    if field.has("pages") { pagesPlace = field.place(of: "pages") }
    field(
      "default_domains", &makesDefaultDomains, .flag,
      "the driver makes a domain for each group of functions, as real kernels do")
    var changes = interrupts.map(BootInterrupt.init)
    field(
      "interrupts", &changes, .list(.section, isFlow: false),
      "interrupt entries that the kernel sets up, in order; without a vector: takes down",
      example: "[{index: 1, vector: 0x30}]")
    interrupts = changes.map { $0.change }
    if field.has("interrupts") { interruptsPlace = field.place(of: "interrupts") }
    var keyed = domains.map { Keyed("\($0.id)", $0) }
    field(
      "domains", &keyed, .table(.domainID, .section, printKey: { $0 }), "domains by id",
      example: "{0x15: {levels: 4, devices: [\"00:1a.0\"]}}")
    domains = keyed.map { domain in
      var numbered = domain.value
      numbered.id = DomainID(rawValue: UInt16(clamping: Scalars.integer(domain.key) ?? 0))
      return numbered
    }
    field.comments(notes)
  }
}

extension PageList: Section {
  package static var sectionName: String { "pages" }
  package static var isFlow: Bool { false }

  package mutating func visit(_ field: inout Fields) {
    field(
      "list", &list, .list(.number(0...0xf_ffff_ffff_f000)), always: true,
      "page addresses in the order in which the driver asks for pages",
      example: "[0x101000, 0x102000]")
    field(
      "base", &base, .number(0...0xf_ffff_ffff_f000), "behind the list, pages follow from here")
    field.comments(notes)
  }
}

extension DomainDescription: Section {
  package static var sectionName: String { "domain" }
  package static var isFlow: Bool { false }

  package mutating func visit(_ field: inout Fields) {
    field.note(&place)
    field("levels", &levels, .number(3...5), always: true, "page-table levels: 3, 4 or 5")
    field("devices", &devices, .list(.device), always: true, "devices attached to it")
    field("mappings", &mappings, .list(.section, isFlow: false), "what is mapped")
  }
}

extension Mapping: Section {
  package static var sectionName: String { "mapping" }

  /// A page at address 0.
  package init() {
    self.init(
      address: IOVA(rawValue: 0), target: PhysicalAddress(rawValue: 0),
      size: Paging.pageSize, access: .readWrite)
  }

  package mutating func visit(_ field: inout Fields) {
    field.required(
      "iova", &address, .number(), "first address as the device sees it", example: "0xfffff000")
    field.required(
      "target", &target, .number(0...0xf_ffff_ffff_ffff), "first physical address",
      example: "0x10000000")
    field("size", &size, .size(), always: true, "bytes")
    field("access", &access, .word, always: true, "what is allowed")
    field.checkEnd(of: address.rawValue, size: size, at: "size")
    field.checkPage(address.rawValue, at: "iova")
    field.checkPage(target.rawValue, at: "target")
  }
}

extension DomainMapping: Section {
  package static var sectionName: String { "domain_mapping" }

  package init() { self.init(Mapping()) }

  package mutating func visit(_ field: inout Fields) {
    mapping.visit(&field)
    field(
      "pages", &level,
      .named([(name: "4KiB", value: 1), (name: "2MiB", value: 2), (name: "largest", value: 3)]),
      "the size of its pages")
    field.check(
      level == 3 || mapping.size >> UInt64(Paging.shift(level: level)) <= Self.mostPieces,
      at: "size",
      "\(mapping.size) bytes in pages of that size; at most \(Self.mostPieces) pages were expected")
  }
}

extension InterruptEntryChange: Section {
  package static var sectionName: String { "interrupt_entry" }
  package init() { self.init(index: 0, entry: nil) }

  package mutating func visit(_ field: inout Fields) {
    let usual = Entry(
      vector: 0, destination: 1, source: SourceID(bus: 0xff, device: 0, function: 0))
    var (vector, destination, source) = (
      entry?.vector, entry?.destination ?? usual.destination, entry?.source ?? usual.source
    )
    field.required("index", &index, .number(0...0xffff), "the entry's index")
    field("vector", &vector, .number(0x10...0xff, .hex(2)), "the vector", example: "0x30")
    field("destination", &destination, .number(0...0xff), "the local APIC")
    field("source", &source, .device, "who may send it")
    entry = vector.map { Entry(vector: $0, destination: destination, source: source) }
    field(
      "unit", &unit, .name, "the unit whose table it is; the first one unless given",
      example: "dmar1")
  }
}

/// An interrupt entry that is set up at boot.
private struct BootInterrupt: Section {
  static var sectionName: String { "interrupt" }
  var change = InterruptEntryChange()

  init() {}
  init(_ change: InterruptEntryChange) { self.change = change }

  mutating func visit(_ field: inout Fields) {
    change.visit(&field)
    field(
      "late", &change.isLate, .flag,
      "a device's driver does it, once the units and all domains are set up")
  }
}

/// A range that firmware's memory map reserves.
private struct ReservedRange: Section {
  static var sectionName: String { "reserved" }
  var base: UInt64 = 0
  var end: UInt64 = 0

  mutating func visit(_ field: inout Fields) {
    field.required("base", &base, .number(0...(.max), .hex), "first byte", example: "0xbf000000")
    field.required("end", &end, .number(0...(.max), .hex), "last byte", example: "0xbf7fffff")
  }
}

extension Form where Value == ClosedRange<UInt64> {
  fileprivate static var reserved: Form<ClosedRange<UInt64>> {
    Form<ReservedRange>.section.checked { range in
      range.base <= range.end ? nil : "the range ends before it begins"
    }.map({ $0.base...$0.end }, { ReservedRange(base: $0.lowerBound, end: $0.upperBound) })
  }
}
