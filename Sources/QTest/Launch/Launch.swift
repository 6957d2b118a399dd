import KernelLog
import Text
import VTdUnit

/// What a command line in QEMU's style asks for.
public struct Launch: Sendable {
  /// What is spoken at an endpoint.
  public enum Language: Hashable, Sendable {
    /// The qtest protocol.
    case qtest
    /// QEMU's machine protocol (QMP).
    case monitor
  }

  /// What the program has to do.
  public enum Task: Sendable {
    /// Serve clients on the endpoints.
    case serve
    /// Print this and end.
    case print(String)
  }

  /// What the command line asks for.
  public var task = Task.serve
  /// nil for `-machine none`: there is a monitor, and nothing else.
  public var machine: Q35Configuration?
  /// Where clients are served, and what they speak.
  public var endpoints: [(language: Language, endpoint: Endpoint)] = []
  /// The machine waits for `cont`. Nothing runs here anyway: it only shows in `query-status`.
  public var startsPaused = false
  /// `-qtest-log`: standard error unless given, as in QEMU.
  var log = SessionLog.Destination.standardError
  /// `-run-with exit-with-parent=on`: the program ends when the one that started it does.
  public var endsWithParent = false

  /// Reads arguments.
  ///
  /// - Parameters:
  ///   - arguments: without the program's name.
  ///   - catalog: the devices that may be asked for.
  /// - Throws: `Q35MachineError` that names the argument.
  public init(_ arguments: [String], catalog: DeviceCatalog = .standard) throws(Q35MachineError) {
    var parser = LaunchParser(catalog: catalog)
    self = try parser.parse(arguments)
  }

  init() {}
}

/// QEMU's options, as far as they mean something for a machine without processor, disks and
/// screens; those that do not are taken and have no effect.
struct LaunchParser {
  let catalog: DeviceCatalog
  private var launch = Launch()
  private var machine = Q35Configuration()
  private var isNone = false
  private var chardevs: [String: Endpoint] = [:]
  private var monitors: [String] = []
  private var qtestChardev: String?
  private var devices: [KeyValueList] = []
  private var globals: [(driver: String, key: String, value: String)] = []

  init(catalog: DeviceCatalog) { self.catalog = catalog }

  /// Options with a value that change nothing here.
  private static let ignoredWithValue: Set<String> = [
    "accel", "cpu", "smp", "name", "uuid", "rtc", "bios", "L", "k", "boot", "serial",
    "parallel", "audio", "audiodev", "trace", "d", "D", "msg", "sandbox", "icount", "display",
    "overcommit", "seed", "numa", "smbios", "compat", "global-compat",
  ]
  /// Options without a value that change nothing here.
  private static let ignoredAlone: Set<String> = [
    "no-reboot", "no-shutdown", "nographic", "no-user-config", "enable-kvm", "no-hpet", "no-acpi",
    "no-fd-bootchk", "only-migratable",
  ]

  mutating func parse(_ arguments: [String]) throws(Q35MachineError) -> Launch {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      guard argument.hasPrefix("-"), argument.count > 1 else {
        throw Q35MachineError("\(argument): a disk image has no use here")
      }
      let option = String(argument.drop { $0 == "-" })
      if Self.ignoredAlone.contains(option) { continue }
      if try takeAlone(option) { continue }
      guard isKnown(option) else { throw Q35MachineError("\(argument): invalid option") }
      guard let value = rest.popFirst() else {
        throw Q35MachineError("\(argument): requires an argument")
      }
      if Self.ignoredWithValue.contains(option) { continue }
      do {
        try take(option, value)
      } catch {
        throw Q35MachineError("\(argument) \(value): \(error)")
      }
    }
    if case .print = launch.task { return launch }
    try finish()
    return launch
  }

  private func isKnown(_ option: String) -> Bool {
    Self.ignoredWithValue.contains(option)
      || [
        "qtest", "qtest-log", "qmp", "qmp-pretty", "chardev", "mon", "monitor", "M", "machine", "m",
        "device",
        "global", "vga",
        "net", "nic", "run-with",
      ].contains(option)
  }

  private mutating func takeAlone(_ option: String) throws(Q35MachineError) -> Bool {
    switch option {
    case "S": launch.startsPaused = true
    case "nodefaults":
      machine.hasVGA = false
      machine.hasNetwork = false
    case "version":
      launch.task = .print("dmar-system-x86_64: a Q35 machine for qtest clients, version 0.1.0")
    case "h", "help":
      launch.task = .print(LaunchHelp.text)
    default: return false
    }
    return true
  }

  private mutating func take(_ option: String, _ value: String) throws(Q35MachineError) {
    switch option {
    case "qtest":
      if value.hasPrefix("chardev:") {
        qtestChardev = String(value.dropFirst("chardev:".count))
      } else {
        launch.endpoints.append((.qtest, try Endpoint(value)))
      }
    case "qtest-log": launch.log = value == "none" ? .none : .file(value)
    case "qmp", "qmp-pretty": launch.endpoints.append((.monitor, try Endpoint(value)))
    case "chardev":
      let (id, endpoint) = try Endpoint.chardev(value)
      guard chardevs.updateValue(endpoint, forKey: id) == nil else {
        throw Q35MachineError("Duplicate ID '\(id)' for chardev")
      }
    case "mon": try takeMonitor(value)
    case "monitor":
      guard value == "none" || value == "null" else {
        throw Q35MachineError("there is no monitor for people; -qmp has one for programs")
      }
    case "run-with": try takeLife(value)
    case "M", "machine": try takeMachine(value)
    case "m": try takeMemory(value)
    case "device":
      if value == "help" {
        launch.task = .print(LaunchHelp.devices(catalog))
      } else if value == "intel-iommu,help" {
        launch.task = .print(LaunchHelp.unit)
      } else {
        devices.append(try Self.device(value))
      }
    case "global":
      var list = KeyValueList(value)
      if let driver = list.take("driver"), let property = list.take("property"),
        let setting = list.take("value")
      {
        globals.append((driver, property, setting))
        break
      }
      let parts = value.split(separator: "=", maxSplits: 1).map(String.init)
      guard !parts.isEmpty else { throw Q35MachineError("driver.property=value was expected") }
      let path = parts[0].split(separator: ".", maxSplits: 1).map(String.init)
      guard parts.count == 2, path.count == 2 else {
        throw Q35MachineError("driver.property=value was expected")
      }
      globals.append((path[0], path[1], parts[1]))
    case "vga": machine.hasVGA = value != "none"
    case "net", "nic":
      guard value == "none" else { throw Q35MachineError("there is no network; none was expected") }
      machine.hasNetwork = false
    default: throw Q35MachineError("invalid option")
    }
  }

  /// `-device edu,addr=4` or `-device {"driver":"edu","addr":"4"}`.
  private static func device(_ text: String) throws(Q35MachineError) -> KeyValueList {
    guard text.hasPrefix("{") else { return KeyValueList(text) }
    let value: JSONValue
    do {
      value = try JSONReader.value(Array(text.utf8))
    } catch {
      throw Q35MachineError("byte \(error.offset): \(error.expected) was expected")
    }
    guard case .object(let members) = value else {
      throw Q35MachineError("a JSON object was expected")
    }
    return try MonitorArguments(members).device
  }

  /// `-run-with`: what becomes of the process.
  private mutating func takeLife(_ text: String) throws(Q35MachineError) {
    var list = KeyValueList(name: "run-with", pairs: KeyValueList("," + text).pairs)
    launch.endsWithParent = try list.takeSwitch("exit-with-parent") ?? launch.endsWithParent
    // Nothing here takes long to end.
    _ = try list.takeSwitch("async-teardown")
    try list.refuseRest()
  }

  private mutating func takeMonitor(_ text: String) throws(Q35MachineError) {
    var list = KeyValueList(text)
    let mode = list.take("mode") ?? "readline"
    _ = list.take("pretty", "id")
    guard let id = list.take("chardev") ?? (list.name.isEmpty ? nil : list.name) else {
      throw Q35MachineError("a chardev was expected")
    }
    try list.refuseRest()
    guard mode == "control" else {
      throw Q35MachineError("there is no monitor for people; mode=control was expected")
    }
    monitors.append(id)
  }

  private mutating func takeMachine(_ text: String) throws(Q35MachineError) {
    var list = KeyValueList(text)
    let type = list.take("type") ?? list.name
    switch type {
    case "none": isNone = true
    case "q35", "": isNone = false
    case let name where name.hasPrefix("pc-q35-"): isNone = false
    case "help":
      launch.task = .print(
        "Supported machines are:\nnone                 empty machine\n"
          + "q35                  Q35 + ICH9, as qtest clients see it")
      return
    default: throw Q35MachineError("unsupported machine type; q35 or none was expected")
    }
    for key in [
      "accel", "kernel-irqchip", "kernel_irqchip", "usb", "vmport", "smm", "dump-guest-core",
      "graphics", "hpet", "sata", "smbus", "pit", "acpi", "mem-merge", "nvdimm", "i8042", "smp",
      "default-bus-bypass-iommu", "max-ram-below-4g", "confidential-guest-support",
    ] {
      _ = list.take(key)
    }
    if let first = list.pairs.first {
      throw Q35MachineError("Property 'pc-q35-machine.\(first.key)' not found")
    }
  }

  private mutating func takeMemory(_ text: String) throws(Q35MachineError) {
    var list = KeyValueList(text)
    let size = list.take("size") ?? list.name
    _ = list.take("slots", "maxmem")
    try list.refuseRest()
    guard let bytes = KeyValueList.number(size, defaultUnit: 1 << 20) else {
      throw Q35MachineError("a size such as 512 or 1G was expected")
    }
    // QEMU rounds up to 8 KiB.
    let rounded = (bytes &+ 8191) & ~8191
    guard bytes > 0, rounded >= bytes, rounded <= 1 << 51 else {
      throw Q35MachineError("a size from 8 KiB to 2 PiB was expected")
    }
    machine.memorySize = rounded
  }

  private mutating func finish() throws(Q35MachineError) {
    for id in monitors {
      guard let endpoint = chardevs[id] else {
        throw Q35MachineError("chardev \"\(id)\" not found")
      }
      launch.endpoints.append((.monitor, endpoint))
    }
    if let id = qtestChardev {
      guard let endpoint = chardevs[id] else {
        throw Q35MachineError("chardev \"\(id)\" not found")
      }
      launch.endpoints.append((.qtest, endpoint))
    }
    guard launch.endpoints.filter({ $0.endpoint == .standard }).count <= 1 else {
      throw Q35MachineError("cannot use stdio by multiple character devices")
    }
    for var device in devices {
      for global in globals where global.driver == device.name {
        device = KeyValueList(
          name: device.name, pairs: [(global.key, global.value)] + device.pairs)
      }
      do {
        if device.name == "intel-iommu" {
          guard machine.unit == nil else {
            throw Q35MachineError("there is one intel-iommu already")
          }
          machine.unit = try UnitOptions(device).configuration
          machine.isQEMU = machine.unit?.quirks.isQEMU ?? false
        } else {
          machine.devices.append(try catalog.plan(device))
        }
      } catch {
        throw Q35MachineError("-device \(device.name): \(error)")
      }
    }
    launch.machine = isNone ? nil : machine
  }
}
