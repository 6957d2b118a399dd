public import PCI

/// A function that a scenario invents.
public struct FunctionDescription: Sendable {
  /// What the function is.
  public var invention = InventedFunction(
    at: PCIAddress(bus: 0, device: 0, function: 0), classCode: PCIClass(rawValue: 0))
  /// It sends requests without being on the bus.
  public var isAbsent = false
  /// It leads out of the machine.
  public var isExternal = false
  /// Where the buses below it are given.
  var busesPlace = Place(file: "")
  /// What a writer remarks.
  public var notes = Notes()

  public init() {}

  /// A function with these ids.
  public init(at address: PCIAddress, vendor: UInt16, device: UInt16, classCode: UInt32) {
    invention = InventedFunction(
      at: address, vendor: vendor, device: device, classCode: PCIClass(rawValue: classCode))
  }

  /// The function at another address.
  func placed(at address: PCIAddress) -> FunctionDescription {
    var placed = self
    placed.invention.address = address
    placed.invention.buses = invention.buses.map {
      BridgeBuses(primary: address.bus, secondary: $0.secondary, subordinate: $0.subordinate)
    }
    return placed
  }
}

extension FunctionDescription: Section {
  package static var sectionName: String { "function" }

  package mutating func visit(_ field: inout Fields) {
    field("vendor", &invention.vendor, .number(0...0xffff, .hex(4)), always: true, "vendor id")
    field("device", &invention.device, .number(0...0xffff, .hex(4)), always: true, "device id")
    field(
      "class", &invention.classCode, .number(0...0xff_ffff, .hex(6)), always: true,
      "class code, three bytes")
    field(
      "absent", &isAbsent, .flag, "the function sends requests and the bus does not show it")
    field(
      "external", &isExternal, .flag,
      "a port that leads out of the machine (ExternalFacingPort)")
    field(
      "bus_master", &invention.isBusMaster, .flag,
      "false: Bus Master Enable is clear, so it sends nothing")
    field(
      "port", &invention.portType, .named(ExpressPortType.rows),
      "what it is in PCI Express' terms")
    field("buses", &invention.buses, .section, "the buses below a bridge")
    busesPlace = field.place(of: "buses")
    field(
      "acs", &invention.accessControl,
      .form(.accessControl, { AccessControl(letters: $0) }, { $0.letters }),
      "its access control bits that are on", example: "VRCU")
    var memory = invention.memory.map { MemoryRange(base: $0.base, size: $0.size) }
    field("memory", &memory, .list(.section), "where it answers memory requests")
    invention.memory = memory.enumerated().map { index, range in
      PCIRegion(
        register: UInt8(truncatingIfNeeded: index),
        kind: range.base >> 32 == 0 ? .memory32 : .memory64, isPrefetchable: false,
        base: range.base, size: range.size)
    }
    field(
      "window", &invention.window,
      .range("window").checked { window in
        window.lowerBound & 0xf_ffff == 0 && window.upperBound & 0xf_ffff == 0xf_ffff
          && window.upperBound >> 32 == 0
          ? nil : "a window that is not whole megabytes; such as 0xfe900000 to 0xfe9fffff"
      },
      "the memory that a bridge passes down, in whole megabytes below 4 GiB",
      example: "{base: 0xfe900000, limit: 0xfe9fffff}")
    field(
      "ats", &invention.ats, .number(1...32),
      "it has a TLB of its own (ATS) that takes so many invalidations; needs port")
    field(
      "pasid", &invention.pasidWidth, .number(1...20),
      "its requests carry PASIDs of so many bits; needs port")
    field("page_requests", &invention.hasPageRequests, .flag, "it asks for pages (PRI); needs port")
    field.comments(notes)
    check(&field)
  }

  private func check(_ field: inout Fields) {
    let isExpress = invention.portType != nil
    field.check(
      isExpress || invention.accessControl == nil, at: "acs",
      "acs without port; only PCI Express functions have access control")
    let needsPort = [
      (key: "ats", isGiven: invention.ats != nil),
      (key: "pasid", isGiven: invention.pasidWidth != nil),
      (key: "page_requests", isGiven: invention.hasPageRequests),
    ]
    for (key, isGiven) in needsPort {
      field.check(
        isExpress || !isGiven, at: key,
        "ats, pasid or page_requests without port; only PCI Express functions have them")
    }
    field.check(
      invention.memory.count <= 6,
      "\(invention.memory.count) ranges of memory; a function has six registers for them")
  }
}

extension BridgeBuses: Section {
  package static var sectionName: String { "buses" }

  /// No buses yet.
  package init() { self.init(primary: 0, secondary: 0, subordinate: 0) }

  package mutating func visit(_ field: inout Fields) {
    var (secondary, last) = (secondary, subordinate == 0 ? nil : subordinate)
    field.required(
      "secondary", &secondary, .number(1...0xff, .hex(2)), "the bus right below", example: "1")
    field(
      "subordinate", &last, .number(1...0xff, .hex(2)),
      "the last bus below; the same unless given", example: "3")
    self = BridgeBuses(primary: primary, secondary: secondary, subordinate: last ?? secondary)
  }
}

/// Where a function answers memory requests.
struct MemoryRange: Section {
  static var sectionName: String { "memory" }
  var base: UInt64 = 0
  var size: UInt64 = 0

  mutating func visit(_ field: inout Fields) {
    field.required("base", &base, .number(0...(.max), .hex), "its address", example: "0xfe800000")
    field.required("size", &size, .size(from: 0), "its size", example: "16KiB")
  }
}

extension ExpressPortType {
  /// The names that scenarios have for them.
  static let rows: [(name: String, value: ExpressPortType)] = allCases.map {
    ($0.name.lowercased().split(separator: " ").joined(separator: "-"), $0)
  }
}

extension TextForm {
  static let accessControl = TextForm(
    name: "letters of V, B, R, C, U, E and T, or none", pattern: "^(none|[VBRCUET]+)$"
  ) { AccessControl(letters: $0) != nil }
}

extension AccessControl {
  /// The bits that `letters` name.
  init?(letters: String) {
    self = []
    if letters == "none" { return }
    for letter in letters {
      guard let entry = Self.names.first(where: { $0.letter == String(letter) }) else {
        return nil
      }
      insert(entry.bit)
    }
    if isEmpty { return nil }
  }

  var letters: String {
    isEmpty ? "none" : Self.names.filter { contains($0.bit) }.map { $0.letter }.joined()
  }
}
