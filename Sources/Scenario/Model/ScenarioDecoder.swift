internal import LinuxIOMMU
internal import Machine
internal import Lockdep
internal import PCI
internal import VTdFormats
internal import VTdUnit

/// A checked scenario file as values.
enum ScenarioDecoder {
  static func scenario(
    from root: CheckedValue, file: String, toleratesMissingLog: Bool
  ) throws -> ScenarioDescription {
    let kernel = try root.required("kernel")
    return ScenarioDescription(
      summary: try root["description"]?.text() ?? "",
      build: try KernelDecoder.build(from: kernel),
      namesRelease: try KernelDecoder.namesRelease(kernel),
      machine: try MachineDecoder.machine(from: try root.required("machine")),
      boot: try boot(from: root["boot"], at: root.place),
      steps: try root.required("steps").list().map { try step(from: $0) },
      expectation: try ExpectationDecoder.expectation(
        from: root["expect"], toleratesMissingLog: toleratesMissingLog))
  }

  static func boot(from section: CheckedValue?, at place: Place) throws
    -> ScenarioDescription.BootDescription
  {
    let pages = section?["pages"]
    return ScenarioDescription.BootDescription(
      memoryBlocks: try section?["memory_blocks"]?.integer(as: Int.self) ?? 1,
      addsMemoryWithInterruptsOff: try section?["memory_interrupts"]?.text() == "off",
      pages: PageAllocator(
        pages: try pages?["list"]?.list().map { PhysicalAddress(rawValue: try $0.integer()) } ?? [],
        base: PhysicalAddress(rawValue: try pages?["base"]?.integer() ?? 0x10_0000)),
      pagesPlace: pages?.place ?? place,
      makesDefaultDomains: try section?["default_domains"]?.boolean() ?? false,
      commandLine: try section?["command_line"]?.text().split(separator: " ").map(String.init),
      leavesUnits: try section?["driver"]?.text() == "off",
      reserved: try section?["reserved"]?.list().map { try range(from: $0) },
      times: try section?["times"]?.list().map { try $0.microseconds() } ?? [],
      interrupts: try section?["interrupts"]?.list().map { try interrupt(from: $0) } ?? [],
      domains: try section?["domains"]?.table().map { try domain($0.key, from: $0.value) } ?? [])
  }

  private static func range(from section: CheckedValue) throws -> ClosedRange<UInt64> {
    let base: UInt64 = try section.required("base").integer()
    let end: UInt64 = try section.required("end").integer()
    guard base <= end else {
      throw InputError(at: section.place, "the range ends before it begins")
    }
    return base...end
  }

  static func interrupt(from section: CheckedValue) throws -> InterruptEntryChange {
    let index = try section.required("index").integer(as: Int.self)
    let isLate = try section["late"]?.boolean() ?? false
    guard let vector = try section["vector"]?.integer(as: UInt8.self) else {
      return InterruptEntryChange(index: index, entry: nil, isLate: isLate)
    }
    return InterruptEntryChange(
      index: index,
      entry: InterruptEntryChange.Entry(
        vector: vector, destination: try section["destination"]?.integer(as: UInt32.self) ?? 1,
        source: try section["source"]?.address().sourceID
          ?? SourceID(bus: 0xff, device: 0, function: 0)), isLate: isLate)
  }

  private static func domain(_ name: String, from section: CheckedValue) throws
    -> ScenarioDescription.DomainDescription
  {
    guard let id = Scalars.integer(name).flatMap(UInt16.init(exactly:)) else {
      throw InputError(at: section.place, "\"\(name)\" is no domain id; 0 to 65535 was expected")
    }
    return ScenarioDescription.DomainDescription(
      id: DomainID(rawValue: id), place: section.place,
      levels: try section["levels"]?.integer(as: Int.self) ?? 4,
      devices: try section["devices"]?.list().map { try deviceName(from: $0) } ?? [],
      mappings: try section["mappings"]?.list().map { try DriverDecoder.mapping(from: $0) } ?? [])
  }

  static func deviceName(from value: CheckedValue) throws
    -> ScenarioDescription.DeviceName
  {
    try value.text() == "first" ? .first : .address(try value.address())
  }

  private static func step(from section: CheckedValue) throws -> ScenarioDescription.Step {
    let times = try section["times"]?.list().map { try $0.microseconds() } ?? []
    if let index = zip(times, times.dropFirst()).enumerated().first(where: { $1.0 > $1.1 })?.offset,
      let list = try section["times"]?.list()
    {
      throw InputError(
        at: list[index + 1].place, "time goes back here; a later time stamp was expected")
    }
    let actions = try section.table().filter { !["times", "hold_interrupts"].contains($0.key) }
    guard actions.count == 1, let (name, value) = actions.first else {
      throw InputError(
        at: section.place, "a step does \(actions.count) things; exactly one was expected")
    }
    return ScenarioDescription.Step(
      place: section.place, action: try action(name, from: value), times: times,
      holdsInterrupts: try section["hold_interrupts"]?.boolean() ?? false)
  }

  private static func access(from value: CheckedValue) throws -> DMAAccess {
    switch try value.text() {
    case "read": .read
    case "atomic": .atomic
    default: .write
    }
  }

  private static func attributes(from value: CheckedValue) throws -> Machine.DMA.Attributes {
    var attributes = Machine.DMA.Attributes()
    attributes.isExecute = try value["execute"]?.boolean() ?? false
    attributes.isPrivileged = try value["privileged"]?.boolean() ?? false
    attributes.addressType = AddressTypeNames.type(
      named: try value["type"]?.text() ?? "untranslated")
    attributes.usesDeviceTLB = try value["ats"]?.boolean() ?? false
    attributes.data = try value["data"]?.integer(as: UInt32.self) ?? 0
    return attributes
  }

  private static func action(_ name: String, from value: CheckedValue) throws
    -> ScenarioDescription.Action
  {
    if let action = try DriverDecoder.action(name, from: value) { return .driver(action) }
    switch name {
    case "dma":
      let length = try value["length"]?.integer() ?? 4
      var attributes = try attributes(from: value)
      attributes.bytes = try HardwareStepDecoder.dmaBytes(from: value, length: length)
      return .dma(
        ScenarioDescription.DMADescription(
          device: try deviceName(from: value.required("device")),
          claimedID: try value["as"]?.address().sourceID,
          access: try access(from: value.required("access")),
          address: try dmaAddress(from: value.required("address")),
          length: length,
          pasid: try value["pasid"].map { PASID(rawValue: try $0.integer(as: UInt32.self)) },
          count: try value["repeat"]?.integer(as: Int.self) ?? 1,
          attributes: attributes))
    case "page_request":
      return .pageRequest(
        try deviceName(from: value.required("device")),
        IOVA(rawValue: try value.required("address").integer()),
        try value["pasid"].map { PASID(rawValue: try $0.integer(as: UInt32.self)) })
    case "remove_device":
      return .removeDevice(try value.address())
    case "locks": return try locks(from: value)
    case "write_memory":
      return .writeMemory(
        try HardwareStepDecoder.address(from: value), try HardwareStepDecoder.content(from: value))
    case "check_memory":
      return .checkMemory(
        try HardwareStepDecoder.address(from: value), try HardwareStepDecoder.content(from: value))
    case "write_register": return .writeRegister(try HardwareStepDecoder.register(from: value))
    case "check_register": return .checkRegister(try HardwareStepDecoder.register(from: value))
    case "reset_unit": return .resetUnit(try value.text())
    case "wait":
      return .wait(try value.microseconds())
    default:
      if let event = try EventDecoder.action(name, from: value) { return .event(event) }
      throw InputError(at: value.place, "no step is called \"\(name)\"")
    }
  }

  private static func dmaAddress(
    from value: CheckedValue
  ) throws -> ScenarioDescription.DMAAddress {
    guard let address = TextForm.dmaAddress(try value.text()) else {
      throw InputError(at: value.place, "\(TextForm.dmaAddress.name) was expected")
    }
    return address
  }

  private static func locks(from section: CheckedValue) throws -> ScenarioDescription.Action {
    let text = try section.required("program")
    do {
      return .locks(
        try LockProgram(parsing: try text.text()),
        functions: try section["functions"]?.list().map { try $0.text() } ?? [])
    } catch let error as LockProgramError {
      throw InputError(at: text.place, "in the lock program, \(error)")
    }
  }
}
