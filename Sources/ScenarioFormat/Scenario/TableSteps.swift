public import VTdFormats

/// The kinds of tables that a step builds.
public enum TablePreset: String, Hashable, Sendable, CaseIterable {
  /// Root and context entries of 16 bytes, and second-stage page tables.
  case legacy
  /// Scalable mode: PASID tables, and page tables in the processor's format.
  case firstStage = "first-stage"
  /// Scalable mode: PASID tables, and second-stage page tables.
  case secondStage = "second-stage"
  /// Scalable mode: first-stage tables that are read through a second stage, one to one.
  case nested
  /// No page tables: addresses pass as they are.
  case passThrough = "pass-through"
  /// No page tables: an interrupt table.
  case interrupts
}

/// The tables of a device: the ways to its page tables, and what they map; or its interrupt entries.
public struct TablesStep: Hashable, Sendable {
  /// The unit that reads them; nil for the first one.
  public var unit: String?
  /// What kind of tables they are.
  public var preset = TablePreset.legacy
  /// Whose requests go through them.
  public var device = DeviceName.first
  /// The requests with this PASID; nil for those without one.
  public var pasid: PASID?
  /// The tag of its translations. Devices of one domain share page tables.
  public var domain: UInt64 = 1
  /// Levels of the page tables.
  public var levels = 4
  /// Where tables may begin to lie.
  public var base = PhysicalAddress(rawValue: 0x2000_0000)
  /// What the page tables map.
  public var mappings: [TableMapping] = []
  /// The device's entries of the interrupt table.
  public var interrupts: [TableInterrupt] = []
  /// Whether the unit is told, and translates or remaps from then on.
  public var starts = true

  public init() {}
}

/// Pages that a step maps.
public struct TableMapping: Hashable, Sendable {
  /// The first address as the device sees it.
  public var address = IOVA(rawValue: 0)
  /// Where it lies.
  public var target = PhysicalAddress(rawValue: 0)
  /// Bytes.
  public var size: UInt64 = 0x1000
  /// The level of the entries that map it: 1 for pages of 4 KiB, 2 for 2 MiB, 3 for 1 GiB.
  public var level = 1
  /// Whether reads pass.
  public var isReadable = true
  /// Whether writes pass.
  public var isWritable = true

  public init() {}
}

/// An interrupt that a step lets a device send.
public struct TableInterrupt: Hashable, Sendable {
  /// Which entry of the table it is.
  public var index: UInt64 = 0
  /// What arrives.
  public var vector: UInt64 = 0
  /// The local APIC that gets it.
  public var destination: UInt64 = 0
  /// The posted-interrupt descriptor; nil for an interrupt that goes to a processor.
  public var descriptor: PhysicalAddress?

  public init() {}
}

/// The table that an entry stands in.
public enum EntryTable: String, Hashable, Sendable, CaseIterable {
  /// The entry of the device's bus.
  case root
  /// The entry of the device.
  case context
  /// The entry of the PASID's table.
  case pasidDirectory = "pasid-directory"
  /// The entry of the PASID.
  case pasid
  /// The entry of a level for an address.
  case page
  /// The entry of the interrupt table with an index.
  case interrupt
}

/// Which of a domain's page tables an entry belongs to.
public enum EntryStage: String, Hashable, Sendable, CaseIterable {
  /// Tables in the processor's format.
  case first
  /// Tables in the unit's own format; of nested tables those that the first-stage tables are read through.
  case second
}

/// One entry of tables that a step has built, changed.
public struct EntryStep: Hashable, Sendable {
  /// The unit that reads it; nil for the first one.
  public var unit: String?
  /// Which table it stands in.
  public var table = EntryTable.page
  /// Whose requests use it.
  public var device = DeviceName.first
  /// The PASID; nil for requests without one.
  public var pasid: PASID?
  /// The domain whose page tables they are.
  public var domain: UInt64 = 1
  /// Which of the domain's page tables they are; nil for its only ones, and of nested tables for the first
  /// stage.
  public var stage: EntryStage?
  /// The level of a page table's entry.
  public var level = 1
  /// The address that the entry of a page table is for.
  public var address: IOVA?
  /// Which entry of the interrupt table it is.
  public var index: UInt64?
  /// Fields that get another value.
  public var fields: [EntryField] = []
  /// The entry's words, lowest first; those that are not given stay.
  public var words: [UInt64] = []

  public init() {}
}

/// A field of an entry by the specification's name.
public struct EntryField: Hashable, Sendable {
  /// Its name, such as W.
  public var name: String
  /// Its value from now on, shifted to bit 0.
  public var value: UInt64

  /// A field and its value.
  public init(name: String, value: UInt64) {
    self.name = name
    self.value = value
  }
}

extension TablesStep: Section {
  package static var sectionName: String { "tables" }
  package static var isFlow: Bool { false }

  package mutating func visit(_ field: inout Fields) {
    field(
      "unit", &unit, .name, "the unit that reads them; the first one unless given", example: "dmar0"
    )
    field("preset", &preset, .tables, "the kind of tables")
    field("device", &device, .device, "whose requests go through them")
    field(
      "pasid", &pasid, .number(0...0xf_ffff, .decimal),
      "the requests with this PASID; those without one unless given")
    field(
      "domain", &domain, .number(1...0xffff, .decimal),
      "the domain-id; devices of one domain share page tables")
    field("levels", &levels, .number(3...5), "levels of the page tables")
    field(
      "base", &base, .number(0...0xf_ffff_ffff_ffff), "where tables may begin to lie, page by page")
    field("mappings", &mappings, .list(.section), "what the page tables map")
    field(
      "interrupts", &interrupts, .list(.section), "the device's entries of the interrupt table")
    field(
      "start", &starts, .flag,
      "the unit takes the root table and translates, or the interrupt table and remaps; false: steps "
        + "program it")
    field.check(
      interrupts.isEmpty || preset == .interrupts,
      "preset: interrupts was expected where interrupts are given")
  }
}

extension TableMapping: Section {
  package static var sectionName: String { "table_mapping" }

  package mutating func visit(_ field: inout Fields) {
    field.required(
      "iova", &address, .number(), "first address as the device sees it", example: "0x40000000")
    field.required(
      "target", &target, .number(0...0xf_ffff_ffff_ffff), "first physical address",
      example: "0x21000000")
    field("size", &size, .size(), "bytes")
    field(
      "pages", &level,
      .named([(name: "4KiB", value: 1), (name: "2MiB", value: 2), (name: "1GiB", value: 3)]),
      "the size of the pages")
    var access = (isReadable ? 1 : 0) + (isWritable ? 2 : 0)
    field(
      "access", &access,
      .named([(name: "r", value: 1), (name: "w", value: 2), (name: "rw", value: 3)]),
      "what is allowed")
    isReadable = access & 1 != 0
    isWritable = access & 2 != 0
    field.checkEnd(of: target.rawValue, size: size, at: "size")
  }
}

extension TableInterrupt: Section {
  package static var sectionName: String { "table_interrupt" }

  package mutating func visit(_ field: inout Fields) {
    field.required(
      "index", &index, .number(0...255, .decimal), "which entry it is", example: "5")
    field.required(
      "vector", &vector, .number(0...255, .hex), "the vector that arrives", example: "0x30")
    field(
      "destination", &destination, .number(0...255, .hex),
      "the local APIC that gets it, in xAPIC mode")
    field(
      "descriptor", &descriptor, .number(0...0xf_ffff_ffff_ffff),
      "instead of a processor: the posted-interrupt descriptor that the vector is set in",
      example: "0x20510000")
  }
}

extension EntryStep: Section {
  package static var sectionName: String { "table_entry" }

  package mutating func visit(_ field: inout Fields) {
    field(
      "unit", &unit, .name, "the unit that reads it; the first one unless given", example: "dmar0")
    field("table", &table, .entryTable, "the table that it stands in")
    field("device", &device, .device, "whose requests use it")
    field(
      "pasid", &pasid, .number(0...0xf_ffff, .decimal),
      "the PASID; requests without one unless given")
    field("domain", &domain, .number(1...0xffff, .decimal), "the domain of a page table")
    field(
      "stage", &stage, .named(EntryStage.allCases.map { (name: $0.rawValue, value: $0) }),
      "the stage of a page table; the first where there are two, unless given", example: "second")
    field("level", &level, .number(1...5), "the level of a page table's entry")
    field(
      "address", &address, .number(), "the address that a page table's entry is for",
      example: "0x40000000")
    field(
      "index", &index, .number(0...255, .decimal), "which entry of the interrupt table it is",
      example: "5")
    var keyed = fields.map { Keyed($0.name, $0.value) }
    field(
      "set", &keyed, .table(.name, .number(0...(.max), .hex), isFlow: true),
      "fields by their names in the specification, or bits by their numbers, with the value that they "
        + "get; an address is given whole", example: "{W: 0}")
    fields = keyed.map { EntryField(name: $0.key, value: $0.value) }
    field(
      "words", &words, .list(.number(0...(.max), .hex)),
      "instead of fields: its 64-bit words, lowest first; those that are not given stay",
      example: "[0x21000001]")
    field.check(
      fields.isEmpty != words.isEmpty, "set or words was expected, and not both")
    field.check(
      (address != nil) == (table == .page),
      "an address was expected for the entry of a page table, and for no other")
    field.check(
      stage == nil || table == .page,
      "a stage was expected for the entry of a page table, and for no other")
    field.check(
      (index != nil) == (table == .interrupt),
      "an index was expected for the entry of the interrupt table, and for no other")
  }
}

extension Form where Value == TablePreset {
  static var tables: Form {
    .named(Value.allCases.map { (name: $0.rawValue, value: $0) })
  }
}

extension Form where Value == EntryTable {
  static var entryTable: Form {
    .named(Value.allCases.map { (name: $0.rawValue, value: $0) })
  }
}
