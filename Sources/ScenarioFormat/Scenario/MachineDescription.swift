internal import Text
public import ACPITables
public import KernelLog
public import LinuxIOMMU
public import PCI

/// The machine of a scenario.
public struct MachineDescription: Sendable {
  /// Bytes of memory, from address 0.
  public var memorySize: UInt64 = 0
  /// Where the size of memory stands.
  public var memoryPlace = Place(file: "")
  /// The remapping units.
  public var units: [UnitDescription] = []
  /// The functions of the machine that runs the scenario are on the bus too.
  public var usesHostBus = false
  /// The file of a snapshot, whose functions are on the bus.
  public var snapshotFile: FileName?
  /// What is in it.
  public var snapshot: PCITopology?
  /// The functions that the scenario invents.
  public var functions: [FunctionDescription] = []
  /// Memory that the host bridge passes on.
  public var windows: [ClosedRange<UInt64>] = []
  /// The file of the DMAR table.
  public var tableFile: FileName?
  /// What each unit covers; nil where a unit has its whole segment.
  public var table: DMARTable?
  /// What an interrupt finds on the CPU.
  public var interrupted = InterruptedContext.idle
  /// How many CPUs there are.
  public var cpuCount = 1
  /// The CPU has x2APIC mode.
  public var hasX2APIC = false
  /// The firmware's name, which some lines print.
  public var firmware = FirmwareName()
  /// Devices in the ACPI name space by the paths of their objects.
  public var namespace: [NamespaceObject]?
  /// I/O interrupt controllers; nil for those that the table has.
  public var interruptControllers: [Int]?
  /// tboot has started the kernel.
  public var isMeasuredLaunch = false
  /// Where named objects of the kernel lie.
  package var addresses: [Keyed<UInt64>] = []
  /// What a writer remarks.
  public var notes = Notes()
  /// Comments of the bus.
  public var busNotes = Notes()

  public init() {}
}

/// A device in the ACPI name space.
public struct NamespaceObject: Hashable, Sendable {
  /// The path in the ACPI namespace.
  public var path = ""
  /// The device's name in Linux.
  public var name = ""

  public init() {}
}

/// The bus of a machine, as a section of its own.
struct BusDescription {
  var usesHostBus = false
  var snapshotFile: FileName?
  var functions: [FunctionDescription] = []
  var windows: [ClosedRange<UInt64>] = []
  var notes = Notes()
}

extension MachineDescription: Section {
  package static var sectionName: String { "machine" }
  package static var isFlow: Bool { false }

  package mutating func visit(_ field: inout Fields) {
    field.required(
      "memory", &memorySize, .size(from: 0), "bytes of memory, from address 0", example: "8GiB")
    memoryPlace = field.place(of: "memory")
    field(
      "dmar", &tableFile, .file,
      "the file of the DMAR table, which says what each unit covers; without it, a unit has its"
        + " segment", example: "platforms/q35.dmar.yaml")
    var keyed = units.map { Keyed($0.name, $0) }
    field.required(
      "units", &keyed, .table(.name, .section), "the remapping units by name, such as dmar0")
    units = keyed.map { unit in
      var named = unit.value
      named.name = unit.key
      return named
    }
    var bus = BusDescription(
      usesHostBus: usesHostBus, snapshotFile: snapshotFile, functions: functions,
      windows: windows, notes: busNotes)
    field("pci", &bus, .section, "the PCI bus")
    (usesHostBus, snapshotFile) = (bus.usesHostBus, bus.snapshotFile)
    (functions, windows) = (bus.functions, bus.windows)
    field("x2apic", &hasX2APIC, .flag, "the CPU has x2APIC mode")
    field(
      "ioapics", &interruptControllers, .list(.number(0...0xff)),
      "I/O interrupt controllers, those of the table", example: "[2]")
    field(
      "acpi_devices", &namespace, .list(.section, isFlow: false),
      "the ACPI name space, as far as the table speaks of it")
    field(
      "tboot", &isMeasuredLaunch, .flag,
      "tboot has started the kernel (TXT): remapping is not to be off")
    field("firmware", &firmware, .section, "what firmware calls itself")
    field(
      "cpus", &cpuCount, .number(1...2),
      "how many CPUs there are; a second one takes interrupts while the first is busy")
    field(
      "addresses", &addresses, .table(.name, .number(0...(.max), .hex)),
      "where named objects lie, such as pci.klist_devices",
      example: "{pci.klist_devices: 0xffff888100c15a28}")
    field("interrupted", &interrupted, .section, "what the interrupt finds")
    field.comments(notes)
  }
}

extension BusDescription: Section {
  static var sectionName: String { "pci" }
  static var isFlow: Bool { false }

  mutating func visit(_ field: inout Fields) {
    field(
      "host", &usesHostBus, .flag,
      "take this machine's functions, read through libpciaccess")
    field(
      "snapshot", &snapshotFile, .file,
      "take the functions of a file that dmar pci snapshot made",
      example: "platforms/q35.pci.yaml")
    var keyed = functions.map { Keyed($0.invention.address.shortDescription, $0) }
    field(
      "functions", &keyed, .table(.device, .section, printKey: Escaping.yaml),
      "functions of the scenario's own, laid over the others",
      example: "{\"00:1a.0\": {device: 0x10d3}}")
    // The keys have the form of addresses.
    functions = keyed.map { function in
      PCIAddress(function.key).map { function.value.placed(at: $0) } ?? function.value
    }
    for function in functions {
      guard let buses = function.invention.buses else { continue }
      field.check(
        buses.secondary > buses.primary && buses.subordinate >= buses.secondary,
        at: function.busesPlace,
        "buses \(buses.secondary) to \(buses.subordinate) below a bridge on bus \(buses.primary);"
          + " buses above its own, in order, were expected")
    }
    field(
      "windows", &windows, .list(.range("window"), isFlow: false),
      "memory that the host bridge passes on; the kernel maps nothing there")
    field.comments(notes)
  }
}

extension NamespaceObject: Section {
  package static var sectionName: String { "acpi_device" }

  package mutating func visit(_ field: inout Fields) {
    field.required(
      "path", &path, .text, #"its object, such as \_SB.PCI0.I2C0"#, example: #"\_SB.PCI0.I2C0"#)
    field.required("name", &name, .text, "its device", example: "INT33C2:00")
  }
}

extension FirmwareName: Section {
  package static var sectionName: String { "firmware" }

  /// Firmware that has no name.
  package init() { self.init(vendor: "", version: "", product: "") }

  package mutating func visit(_ field: inout Fields) {
    field("vendor", &vendor, .text, "BIOS vendor", example: "LENOVO")
    field("version", &version, .text, "BIOS version", example: "GCETA7WW")
    field("product", &product, .text, "product version", example: "ThinkPad X230")
  }
}
