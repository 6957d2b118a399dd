public import PCI
public import VTdFormats
public import VTdUnit

/// A remapping unit of a scenario's machine.
public struct UnitDescription: Sendable {
  /// The unit's name, such as `dmar0`.
  public var name = ""
  /// Where it stands.
  public var place = Place(file: "")
  /// The PCI segment that it covers where there is no table.
  public var segment: UInt32 = 0
  /// Functions that it covers where there is no table, before those of its segment.
  public var covers: [PCIAddress] = []
  /// Capabilities, registers' base, quirks and caches.
  public var hardware = UnitConfiguration(cap: 0, ecap: 0)
  /// The message that the kernel gives the fault event.
  public var faultMessage = EventMessage()
  /// Whether there is a unit at all.
  public var answers = true
  /// What a writer remarks.
  public var notes = Notes()

  public init() {}
}

extension UnitDescription: Section {
  package static var sectionName: String { "unit" }
  package static var isFlow: Bool { false }

  package mutating func visit(_ field: inout Fields) {
    field.note(&place)
    field(
      "base", &hardware.registerBase, .number(0...0xf_ffff_ffff_f000), always: true,
      "physical address of the register page")
    field("segment", &segment, .number(), "PCI segment that the unit covers")
    field(
      "covers", &covers, .list(.device),
      "functions that the unit covers where there is no table, though another one has their segment",
      example: "[\"00:02.0\"]")
    field("version", &hardware.version, .number(0...0xff), "VER, such as 0x10 for 1:0")
    field.required(
      "cap", &hardware.capability, .number(), "CAP as boot lines print it",
      example: "0xd2008c40660462")
    field.required(
      "ecap", &hardware.extendedCapability, .number(), "ECAP as boot lines print it",
      example: "0xf050da")
    field(
      "host_address_width", &hardware.hostAddressWidth, .number(32...52),
      "address bits of the platform: tables must not go beyond")
    field("caches", &hardware.caches, .section, "what the unit remembers")
    field(
      "fault_event", &faultMessage, .section, "the message that the kernel gives the fault event")
    var quirks = hardware.quirks.namesOfAll
    field(
      "quirks", &quirks, .list(.named(UnitQuirks.allNames.map { (name: $0, value: $0) })),
      "deviations from the specification", example: "[qemu-10]")
    hardware.quirks = quirks.reduce([]) { $0.union(UnitQuirks(named: $1) ?? []) }
    field(
      "answers", &answers, .flag, "false: nothing is there, and every register reads as all ones")
    field.comments(notes)
  }
}

extension EventMessage: Section {
  package static var sectionName: String { "fault_event" }

  /// The message that the kernel gives the first unit.
  package init() { self.init(address: 0xfee0_1004, data: 0x21) }

  package mutating func visit(_ field: inout Fields) {
    field.required("address", &address, .number(0...(.max), .hex), "FEADDR and FEUADDR")
    field.required("data", &data, .number(0...0xffff_ffff, .hex), "FEDATA")
  }
}

extension CacheConfiguration: Section {
  package static var sectionName: String { "caches" }

  /// The caches that a unit has unless told otherwise.
  package init() { self.init(isEnabled: true) }

  package mutating func visit(_ field: inout Fields) {
    field(
      "enabled", &isEnabled, .flag,
      "false: every request reads the tables, so nothing is ever stale")
    field("iotlb_entries", &iotlbEntries, .number(1...65536), "pages in the IOTLB, a power of 2")
    field(
      "large_page_entries", &largePageEntries, .number(1...65536),
      "pages of 2 MiB and 1 GiB that are kept whole, a power of 2")
    field(
      "paging_structure_entries", &pagingStructureEntries, .number(0...65536),
      "tables in the paging-structure caches, a power of 2 or 0")
    field(
      "context_entries", &contextEntries, .number(1...65536),
      "entries of the context cache, a power of 2")
    field(
      "pasid_entries", &pasidEntries, .number(1...65536),
      "entries of the PASID cache, a power of 2")
    field(
      "interrupt_entries", &interruptEntries, .number(0...65536),
      "entries of the interrupt-entry cache, a power of 2 or 0")
  }
}
