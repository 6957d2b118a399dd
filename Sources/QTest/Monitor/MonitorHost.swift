import KernelLog
import Text

/// What the monitor's commands act on: the machine, and whether the program goes on.
public final class MonitorHost {
  /// query-status in QEMU's words.
  private enum RunState: String {
    case prelaunch, running, paused
  }

  private let machine: Q35Machine?
  /// What qtest clients talk to where there is no machine.
  let emptyMachine = EmptyMachine()
  private let catalog: DeviceCatalog
  private var state: RunState
  /// Events that all clients of the monitor are to hear, oldest first.
  private(set) var events: [(name: String, data: JSONValue?)] = []
  private(set) var hasQuit = false

  static let version = JSONValue.object([
    (
      "qemu",
      .object([("micro", .unsigned(2)), ("minor", .unsigned(0)), ("major", .unsigned(10))])
    ), ("package", .string("dmar")),
  ])

  /// What a monitor's commands reach.
  ///
  /// - Parameters:
  ///   - machine: the machine; nil for `-machine none`.
  ///   - catalog: the devices that can be added.
  ///   - isPaused: whether the machine waits for `cont`, as with `-S`.
  public init(machine: Q35Machine?, catalog: DeviceCatalog, isPaused: Bool) {
    self.machine = machine
    self.catalog = catalog
    state = isPaused ? .prelaunch : .running
    machine?.onOwnReset = { [weak self] in
      self?.events.append(("RESET", Self.cause("guest-reset", isGuest: true)))
    }
  }

  func takeEvents() -> [(name: String, data: JSONValue?)] {
    defer { events = [] }
    return events
  }

  /// The commands and the arguments that each takes.
  private static let commands: [String: [String]] = [
    "cont": [], "device_add": ["*"], "device_del": ["id"],
    "human-monitor-command": ["command-line", "cpu-index"], "qmp_capabilities": ["enable"],
    "qom-get": ["path", "property"], "qom-list": ["path"],
    "qom-list-types": ["implements", "abstract"], "query-block": [], "query-chardev": [],
    "query-commands": [], "query-cpus-fast": [], "query-kvm": [], "query-machines": ["*"],
    "query-name": [], "query-status": [], "query-target": [], "query-uuid": [],
    "query-version": [], "quit": [], "stop": [], "system_powerdown": [], "system_reset": [],
  ]

  func execute(
    _ command: String, _ arguments: MonitorArguments
  ) throws(MonitorError) -> JSONValue {
    guard let known = Self.commands[command] else {
      throw MonitorError("CommandNotFound", "The command \(command) has not been found")
    }
    if known != ["*"], let other = arguments.members.first(where: { !known.contains($0.0) }) {
      throw MonitorError("GenericError", "Parameter '\(other.0)' is unexpected")
    }
    if command.hasPrefix("query-") { return query(command) }
    let objects = MonitorObjects(machine: machine, catalog: catalog)
    switch command {
    case "qom-list": return try objects.list(try arguments.text("path"))
    case "qom-get":
      return try objects.value(
        of: try arguments.text("property"), at: try arguments.text("path"))
    case "qom-list-types":
      return objects.types(implementing: try? arguments.text("implements"))
    case "human-monitor-command":
      return .string(humanCommand(try arguments.text("command-line")))
    case "device_add": try addDevice(arguments)
    case "device_del": try removeDevice(arguments)
    default: act(command)
    }
    return .object([])
  }

  private func query(_ command: String) -> JSONValue {
    switch command {
    case "query-machines": Self.machines
    case "query-version": Self.version
    case "query-commands":
      .array(Self.commands.keys.sorted().map { .object([("name", .string($0))]) })
    case "query-status":
      .object([("running", .boolean(state == .running)), ("status", .string(state.rawValue))])
    case "query-kvm": .object([("enabled", .boolean(false)), ("present", .boolean(false))])
    case "query-target": .object([("arch", .string("x86_64"))])
    case "query-uuid": .object([("UUID", .string("00000000-0000-0000-0000-000000000000"))])
    case "query-name": .object([])
    default: .array([])
    }
  }

  /// The commands without arguments and without an answer.
  private func act(_ command: String) {
    switch command {
    case "stop":
      if state == .running {
        events.append(("STOP", nil))
        state = .paused
      }
    case "cont":
      if state != .running { events.append(("RESUME", nil)) }
      state = .running
    case "system_reset":
      machine?.reset()
      events.append(("RESET", Self.cause("host-qmp-system-reset")))
    case "system_powerdown": events.append(("POWERDOWN", nil))
    case "quit":
      hasQuit = true
      events.append(("SHUTDOWN", Self.cause("host-qmp-quit")))
    default: break
    }
  }

  private static func cause(_ reason: String, isGuest: Bool = false) -> JSONValue {
    .object([("guest", .boolean(isGuest)), ("reason", .string(reason))])
  }

  /// What a person would type: the commands that programs send this way.
  private func humanCommand(_ line: String) -> String {
    switch line {
    case "info status":
      let text = state == .running ? "running" : state == .paused ? "paused" : "paused (prelaunch)"
      return "VM status: \(text)\r\n"
    case "info version": return "10.0.2dmar\r\n"
    case "quit", "system_reset", "stop", "cont", "system_powerdown":
      act(line)
      return ""
    default: return "unknown command: '\(line.split(separator: " ").first ?? "")'\r\n"
    }
  }

  private static let machines = JSONValue.array([
    .object([
      ("name", .string("none")), ("cpu-max", .unsigned(1)), ("hotpluggable-cpus", .boolean(false)),
      ("numa-mem-supported", .boolean(false)), ("deprecated", .boolean(false)),
    ]),
    .object([
      ("name", .string("pc-q35-10.0")), ("alias", .string("q35")), ("is-default", .boolean(true)),
      ("cpu-max", .unsigned(1)), ("hotpluggable-cpus", .boolean(false)),
      ("numa-mem-supported", .boolean(false)), ("deprecated", .boolean(false)),
    ]),
  ])

  private func addDevice(_ arguments: MonitorArguments) throws(MonitorError) {
    do {
      let plan = try catalog.plan(arguments.device)
      guard let machine else { throw Q35MachineError("there is no machine") }
      try machine.plug(plan)
    } catch {
      throw MonitorError("GenericError", "\(error)")
    }
  }

  private func removeDevice(_ arguments: MonitorArguments) throws(MonitorError) {
    let id = try arguments.text("id")
    guard machine?.unplug(id) == true else {
      throw MonitorError("DeviceNotFound", "Device '\(id)' not found")
    }
    events.append(
      (
        "DEVICE_DELETED",
        .object([("device", .string(id)), ("path", .string("/machine/peripheral/\(id)"))])
      ))
  }
}
