internal import LinuxIOMMU
internal import VTdFormats
internal import VTdUnit

/// The machine section of a scenario.
enum MachineDecoder {
  static func machine(from machine: CheckedValue) throws -> ScenarioDescription.MachineDescription {
    let memory = try machine.required("memory")
    let pci = machine["pci"]
    let units = try machine.required("units").table().map { try unit($0.key, from: $0.value) }
    return ScenarioDescription.MachineDescription(
      memorySize: try memory.size(), memoryPlace: memory.place, units: units,
      usesHostBus: try pci?["host"]?.boolean() ?? false,
      snapshot: try PlatformDecoder.snapshot(from: pci),
      functions: try pci?["functions"]?.table().map {
        try FunctionDecoder.function($0.key, from: $0.value)
      } ?? [],
      windows: try pci?["windows"]?.list().map { try window(from: $0) } ?? [],
      table: try PlatformDecoder.table(from: machine, units: units),
      interrupted: try machine["interrupted"].map { try interrupted(from: $0) } ?? .idle,
      cpuCount: try machine["cpus"]?.integer(as: Int.self) ?? 1,
      hasX2APIC: try machine["x2apic"]?.boolean() ?? false,
      firmware: BootMessages.FirmwareName(
        vendor: try machine["firmware"]?["vendor"]?.text() ?? "",
        version: try machine["firmware"]?["version"]?.text() ?? "",
        product: try machine["firmware"]?["product"]?.text() ?? ""),
      namespace: try machine["acpi_devices"].map { try namespace(from: $0) },
      interruptControllers: try machine["ioapics"]?.list().map { try $0.integer(as: Int.self) },
      isMeasuredLaunch: try machine["tboot"]?.boolean() ?? false,
      addresses: try addresses(from: machine["addresses"]))
  }

  private static func namespace(from section: CheckedValue) throws -> [String: String] {
    var names: [String: String] = [:]
    for device in try section.list() {
      names[try device.required("path").text()] = try device.required("name").text()
    }
    return names
  }

  private static func window(from section: CheckedValue) throws -> ClosedRange<UInt64> {
    let base = try section.required("base").integer()
    let limit = try section.required("limit").integer()
    guard base <= limit else {
      throw InputError(at: section.place, "the window ends before it begins")
    }
    return base...limit
  }

  private static func unit(_ name: String, from section: CheckedValue) throws
    -> ScenarioDescription.UnitDescription
  {
    var hardware = UnitConfiguration(
      cap: try section.required("cap").integer(), ecap: try section.required("ecap").integer())
    if let base = try section["base"]?.integer() {
      hardware.registerBase = PhysicalAddress(rawValue: base)
    }
    if let version = try section["version"]?.integer(as: UInt32.self) {
      hardware.version = VersionRegister(rawValue: version)
    }
    if let width = try section["host_address_width"]?.integer(as: Int.self) {
      hardware.hostAddressWidth = width
    }
    if let caches = section["caches"] { hardware.caches = try CacheSchema.caches(from: caches) }
    for quirk in try section["quirks"]?.list() ?? [] {
      if let known = UnitQuirks(named: try quirk.text()) { hardware.quirks.formUnion(known) }
    }
    var message = EventMessage(address: 0xfee0_1004, data: 0x21)
    if let event = section["fault_event"] {
      message.address = try event.required("address").integer()
      message.data = try event.required("data").integer(as: UInt32.self)
    }
    return ScenarioDescription.UnitDescription(
      name: name, place: section.place,
      segment: try section["segment"]?.integer(as: UInt32.self) ?? 0, hardware: hardware,
      faultMessage: message, answers: try section["answers"]?.boolean() ?? true)
  }

  private static func addresses(from section: CheckedValue?) throws -> [String: UInt64] {
    var addresses: [String: UInt64] = [:]
    for (name, value) in try section?.table() ?? [] { addresses[name] = try value.integer() }
    return addresses
  }

  // MARK: The interrupted context

  private static func interrupted(from section: CheckedValue) throws -> InterruptedContext {
    let task = try section.required("task")
    return InterruptedContext(
      task: InterruptedContext.Task(
        name: try task.required("name").text(),
        pid: try task.required("pid").integer(as: Int.self)),
      mode: try section.required("mode").choice(as: InterruptedContext.Mode.self),
      functions: try section["functions"]?.list().map { try $0.text() } ?? [],
      registers: try section["registers"].map { try registers(from: $0, code: section["code"]) },
      interruptEvents: try section["irq_events"].map { try events(from: $0) } ?? InterruptEvents(),
      strayFrames: try section["uncertain_frames"]?.list().map { try strayFrames(from: $0) } ?? [])
  }

  private static func registers(from section: CheckedValue, code: CheckedValue?) throws
    -> RegisterDump
  {
    RegisterDump(
      codeSegment: try section.required("cs").integer(as: UInt16.self),
      instruction: try section.required("rip").text(), code: try code?.text() ?? "",
      stackSegment: try section.required("ss").integer(as: UInt16.self),
      stackPointer: try section.required("rsp").integer(),
      flags: try section.required("eflags").integer(),
      general: try InterruptedSchema.generalRegisters.map { try section[$0]?.integer() ?? 0 })
  }

  private static func events(from section: CheckedValue) throws -> InterruptEvents {
    func event(_ key: String) throws -> InterruptEvents.Event? {
      guard let event = section[key] else { return nil }
      return InterruptEvents.Event(
        number: try event.required("event").integer(as: UInt32.self),
        address: try event.required("address").integer(),
        symbol: try event.required("symbol").text())
    }
    let entry = section["entry"]
    return InterruptEvents(
      hardEnabled: try event("hardirqs_enabled"), softEnabled: try event("softirqs_enabled"),
      softDisabled: try event("softirqs_disabled"),
      entryAddress: try entry?.required("address").integer() ?? 0,
      entrySymbol: try entry?.required("symbol").text() ?? "0x0")
  }

  private static func strayFrames(from section: CheckedValue) throws
    -> InterruptedContext.StrayFrames
  {
    let after = try section.required("after").text()
    return InterruptedContext.StrayFrames(
      after: after == "registers" ? nil : after,
      symbols: try section.required("symbols").list().map { try $0.text() })
  }
}
