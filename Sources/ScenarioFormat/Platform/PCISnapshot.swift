internal import Text
public import PCI
internal import VTdFormats

/// A snapshot of a PCI bus, as a file that a person can read and edit, so that one machine's bus can
/// stand in another's scenario.
public struct PCISnapshot: Sendable {
  /// The form of the file. There is one so far.
  public var version: UInt64 = Self.knownVersion
  /// The bus.
  public var topology = PCITopology()

  /// The form of files that this program reads.
  public static let knownVersion: UInt64 = 1

  public init() {}

  /// A snapshot of a bus.
  public init(_ topology: PCITopology) {
    self.topology = topology
  }
}

extension PCISnapshot: Section {
  package static var sectionName: String { "snapshot" }
  package static var isFlow: Bool { false }

  package mutating func visit(_ field: inout Fields) {
    field.required(
      "pci_snapshot", &version, .number(Self.knownVersion...Self.knownVersion),
      "the form of the file")
    var keyed = topology.functions.map { Keyed("\($0.address)", SnapshotFunction($0)) }
    field.required(
      "functions", &keyed, .table(.device, .section, printKey: Escaping.yaml),
      "the functions by address",
      example: "{\"0000:00:02.0\": {vendor: 0x8086, device: 0x9b41, class: 0x030000}}")
    // The keys have the form of addresses.
    topology = PCITopology(
      keyed.compactMap { entry in PCIAddress(entry.key).map { entry.value.function(at: $0) } })
  }
}

/// A function of a snapshot.
private struct SnapshotFunction: Section {
  static var sectionName: String { "function" }
  static var isFlow: Bool { false }
  var identity = PCIIdentity(vendor: 0, device: 0, classCode: PCIClass(rawValue: 0))
  var names = PCINames()
  var regions: [PCIRegion] = []
  var configuration = ConfigurationSpace([])

  init() {}

  init(_ function: PCIFunction) {
    identity = function.identity
    names = function.names
    regions = function.regions
    configuration = function.configuration
  }

  func function(at address: PCIAddress) -> PCIFunction {
    PCIFunction(
      address: address, identity: identity, configuration: configuration, regions: regions,
      names: names)
  }

  mutating func visit(_ field: inout Fields) {
    field.required("vendor", &identity.vendor, .number(0...0xffff, .hex(4)), "vendor id")
    field.required("device", &identity.device, .number(0...0xffff, .hex(4)), "device id")
    field.required(
      "class", &identity.classCode, .number(0...0xff_ffff, .hex(6)), "class code, three bytes")
    field("revision", &identity.revision, .number(0...0xff, .hex(2)), always: true, "revision id")
    field(
      "subsystem_vendor", &identity.subsystemVendor, .number(0...0xffff, .hex(4)), always: true,
      "subsystem vendor id")
    field(
      "subsystem", &identity.subsystem, .number(0...0xffff, .hex(4)), always: true,
      "subsystem id")
    field("names", &names, .section, "what the pci.ids database calls it")
    field(
      "regions", &regions, .list(.section, isFlow: false), "base addresses with their sizes")
    var size: Int? = field.isWriting ? configuration.count : nil
    var rows = HexRow.rows(of: configuration.bytes)
    field(
      "size", &size, .number(0...UInt64(ConfigurationSpace.extendedSize)),
      "how many bytes of configuration space are known", example: "256")
    field(
      "configuration", &rows, .list(.row(within: size), isFlow: false),
      "rows of configuration space, offset and bytes; rows that are not there hold zeros",
      example: "[040 10 00 42 01]")
    configuration = ConfigurationSpace(HexRow.bytes(of: rows, size: size))
  }
}

extension PCINames: Section {
  package static var sectionName: String { "names" }
  package static var isFlow: Bool { false }
  package init() { self.init(vendor: nil) }

  package mutating func visit(_ field: inout Fields) {
    field("vendor", &vendor, .text, "the vendor", example: "Intel Corporation")
    field("device", &device, .text, "the device", example: "UHD Graphics")
    field("subsystem_vendor", &subsystemVendor, .text, "the subsystem's vendor", example: "Lenovo")
    field("subsystem", &subsystem, .text, "the subsystem", example: "ThinkPad T14")
  }
}

extension PCIRegion: Section {
  package static var sectionName: String { "region" }
  package init() {
    self.init(register: 0, kind: .memory32, isPrefetchable: false, base: 0, size: 0)
  }

  package mutating func visit(_ field: inout Fields) {
    var (register, kind, isPrefetchable, base, size) = (register, kind, isPrefetchable, base, size)
    field.required("register", &register, .number(0...5), "the base address register")
    field.required(
      "kind", &kind,
      .named([Kind.io, .memory32, .memory64].map { (name: $0.rawValue, value: $0) }),
      "what it maps")
    field("prefetchable", &isPrefetchable, .flag, "whether reads have no side effects")
    field.required("base", &base, .number(0...(.max), .hex), "its address", example: "0xfe800000")
    field.required("size", &size, .size(from: 0, to: .max), "its size", example: "0x4000")
    self = PCIRegion(
      register: register, kind: kind, isPrefetchable: isPrefetchable, base: base, size: size)
  }
}
