import KernelLog

/// What the monitor's commands act on: the machine, and whether the program goes on.
final class MonitorHost {
  private let machine: Q35Machine?
  private let catalog: DeviceCatalog
  private var isPaused: Bool
  /// Events that all clients of the monitor are to hear, oldest first.
  private(set) var events: [(name: String, data: JSONValue?)] = []
  private(set) var hasQuit = false

  static let version = JSONValue.object([
    (
      "qemu",
      .object([("micro", .unsigned(2)), ("minor", .unsigned(0)), ("major", .unsigned(10))])
    ), ("package", .string("dmar")),
  ])

  init(machine: Q35Machine?, catalog: DeviceCatalog, isPaused: Bool) {
    self.machine = machine
    self.catalog = catalog
    self.isPaused = isPaused
  }

  func takeEvents() -> [(name: String, data: JSONValue?)] {
    defer { events = [] }
    return events
  }

  func execute(
    _ command: String, _ arguments: MonitorArguments
  ) throws(MonitorError) -> JSONValue {
    switch command {
    case "query-machines": return Self.machines
    case "query-version": return Self.version
    case "query-commands":
      return .array(Self.commands.map { .object([("name", .string($0))]) })
    case "query-status":
      return .object([
        ("running", .boolean(!isPaused)),
        ("status", .string(isPaused ? "prelaunch" : "running")),
      ])
    case "query-name": return .object([])
    case "query-kvm": return .object([("enabled", .boolean(false)), ("present", .boolean(false))])
    case "query-cpus-fast", "query-block": return .array([])
    case "stop":
      if !isPaused { events.append(("STOP", nil)) }
      isPaused = true
    case "cont":
      if isPaused { events.append(("RESUME", nil)) }
      isPaused = false
    case "system_reset":
      machine?.reset()
      events.append(
        (
          "RESET",
          .object([("guest", .boolean(false)), ("reason", .string("host-qmp-system-reset"))])
        ))
    case "quit":
      hasQuit = true
      events.append(
        ("SHUTDOWN", .object([("guest", .boolean(false)), ("reason", .string("host-qmp-quit"))])))
    case "device_add": try addDevice(arguments)
    case "device_del": try removeDevice(arguments)
    default:
      throw MonitorError("CommandNotFound", "The command \(command) has not been found")
    }
    return .object([])
  }

  private static let commands = [
    "cont", "device_add", "device_del", "qmp_capabilities", "query-block", "query-commands",
    "query-cpus-fast", "query-kvm", "query-machines", "query-name", "query-status",
    "query-version", "quit", "stop", "system_reset",
  ]

  private static let machines = JSONValue.array([
    .object([("name", .string("none")), ("hotpluggable-cpus", .boolean(false))]),
    .object([
      ("name", .string("pc-q35-10.0")), ("alias", .string("q35")), ("is-default", .boolean(true)),
      ("cpu-max", .unsigned(1)), ("hotpluggable-cpus", .boolean(false)),
    ]),
  ])

  private func addDevice(_ arguments: MonitorArguments) throws(MonitorError) {
    do {
      let plan = try catalog.plan(arguments.device)
      guard let machine else { throw MachineError("there is no machine") }
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
