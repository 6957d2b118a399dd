public import KernelLog
internal import LinuxIOMMU
public import Machine
internal import PCI
public import Recording
public import ScenarioFormat
internal import VTdFormats
internal import VTdUnit

/// A scenario that was run: the machine as it is then.
public struct ScenarioRun {
  /// Hears what CPU and devices do to the hardware, and for which place of the file.
  public typealias AccessHandler = (HardwareAccess, Place) -> Void

  /// Is asked before each step, and in the middle of long ones, whether the run is to go on: it
  /// throws where it is not.
  public typealias Watcher = (Place) throws(InputError) -> Void

  /// The machine as it is at the end of the run.
  public let machine: Machine
  /// Each check of the steps that found something else.
  public let failedChecks: [Mismatch]
  /// How many steps were left when the kernel died.
  public let untakenSteps: Int
  /// What the scenario asks for and does not have.
  public let warnings: [Mismatch]
  /// Everything that happened, where somebody asked for it.
  public let record: RunRecord?
  /// What the first step that was left out would do, where it is a DMA.
  public let nextDMA: Machine.DMA?

  /// All records that the kernel printed.
  public var log: [LogRecord] {
    machine.events.compactMap { if case .log(let record) = $0 { record } else { nil } }
  }

  /// The lines of the whole log, as dmesg prints them.
  public var lines: [String] { log.flatMap { $0.lines() } }

  /// What `dmar replay` says of the run beside what the kernel prints.
  ///
  /// - Parameter path: what the scenario is called.
  public func messages(about path: String) -> [String] {
    var messages = warnings.map { "dmar: warning: \($0)" }
    if untakenSteps > 0 {
      messages.append("dmar: \(path): the kernel died; \(untakenSteps) steps were not taken")
    }
    return messages + failedChecks.map { "dmar: \($0)" }
  }

  /// What became of a scenario.
  public enum Result {
    /// It was run.
    case finished(ScenarioRun)
    /// This machine lacks what the scenario needs; the reason.
    case skipped(String)
  }

  /// Builds the machine, boots it and takes the steps, or the first of them.
  ///
  /// - Parameters:
  ///   - scenario: what is run.
  ///   - count: how many of its steps are taken.
  ///   - isRecorded: whether ``record`` is wanted. It costs time, and nothing where it is not.
  ///   - handler: hears what CPU and devices do.
  ///   - watcher: is asked whether the run is to go on.
  /// - Throws: `InputError` where the scenario asks for a machine or a step that cannot be.
  public static func run(
    _ scenario: ScenarioDescription, firstSteps count: Int = .max, isRecorded: Bool = false,
    hearing handler: AccessHandler? = nil, watching watcher: @escaping Watcher = { _ in }
  ) throws(InputError) -> Result {
    if scenario.isAbstract { return .skipped("it is abstract: other scenarios extend it") }
    let next = scenario.steps.dropFirst(count).first
    var scenario = scenario
    scenario.steps = Array(scenario.steps.prefix(count))
    var runner = ScenarioRunner(scenario)
    runner.handler = handler
    runner.watcher = watcher
    runner.isRecorded = isRecorded
    guard try runner.prepareBus() else { return .skipped(runner.skipReason) }
    let machine = try runner.run()
    return .finished(
      ScenarioRun(
        machine: machine, failedChecks: runner.failedChecks, untakenSteps: runner.untakenSteps,
        warnings: runner.warnings, record: runner.record, nextDMA: try next.flatMap(runner.dma)))
  }
}

/// The run of one scenario.
private struct ScenarioRunner {
  let scenario: ScenarioDescription
  var bus = PCITopology()
  var skipReason = ""
  var handler: ScenarioRun.AccessHandler?
  var watcher: ScenarioRun.Watcher = { _ in }
  var failedChecks: [Mismatch] = []
  var untakenSteps = 0
  var driver = DriverSteps()
  var tables = TableBuilder()
  var requests = RunBudget.requests
  var kernels = RunBudget.kernels
  var warnings: [Mismatch] = []
  var isRecorded = false
  private var recorder: RunRecorder?
  var record: RunRecord?

  /// DMAs of one step between two questions to the watcher.
  private static let watchedRounds = 1000

  init(_ scenario: ScenarioDescription) {
    self.scenario = scenario
  }

  /// Fills the bus; false, with a `skipReason`, if the scenario needs this machine's PCI bus and there
  /// is none, or none of its functions may send requests.
  mutating func prepareBus() throws(InputError) -> Bool {
    if scenario.machine.usesHostBus {
      switch try HostBus.look(for: scenario.machine.memoryPlace) {
      case .found(let topology): bus = topology
      case .missing(let reason):
        skipReason = reason
        return false
      }
      if firstSender == nil {
        skipReason = "no function on the PCI bus of this machine may send requests"
        return false
      }
    }
    if let snapshot = scenario.machine.snapshot { bus.overlay(snapshot) }
    bus.overlay(scenario.machine.inventedBus)
    return true
  }

  /// The first function that Bus Master Enable lets send.
  private var firstSender: PCIAddress? {
    bus.functions.first { $0.configuration.busMasterEnabled != false }?.address
  }

  mutating func boot() throws(InputError) -> Machine {
    let description = scenario.machine
    let machine = try makeMachine(description)
    if isRecorded {
      let recorder = RunRecorder(machine)
      let place = scenario.boot.pagesPlace
      recorder.beginBoot(file: place.file, line: place.line)
      recorder.begin()
      self.recorder = recorder
    }
    machine.clock.list(scenario.boot.times)
    hear(machine, at: scenario.boot.pagesPlace)
    let plan = try plan(of: scenario.boot, on: machine, scenario.boot.pagesPlace)
    try scenario.boot.pagesPlace.asking { () throws(DriverError) in try machine.boot(plan) }
    for domain in scenario.boot.domains { try set(up: domain, on: machine) }
    return machine
  }

  /// What the machine does from here on belongs to this place.
  private func hear(_ machine: Machine, at place: Place) {
    guard let handler else { return }
    machine.accessHandler = { handler($0, place) }
  }

  private func plan(
    of boot: BootDescription, on machine: Machine, _ place: Place
  ) throws(InputError) -> Kernel.BootPlan {
    for change in boot.interrupts { _ = try unit(named: change.unit, on: machine, place) }
    var plan = Kernel.BootPlan(
      memoryBlocks: boot.memoryBlocks,
      addsMemoryWithInterruptsOff: boot.addsMemoryWithInterruptsOff,
      functions: probedFunctions(on: machine),
      makesDefaultDomains: boot.makesDefaultDomains,
      interrupts: boot.interrupts, messages: bootMessages(of: boot))
    plan.leavesUnits = boot.leavesUnits
    plan.hostBridgeWindows = scenario.machine.windows
    return plan
  }

  /// The bus as the IOMMU core groups it.
  private func probedFunctions(on machine: Machine) -> [ProbedFunction] {
    let groups = bus.isolationGroups()
    let external = scenario.machine.functions.filter { $0.isExternal }.map { $0.invention.address }
    let traits = FunctionTraits(
      topology: bus, table: scenario.machine.table, externalPorts: Set(external))
    return bus.functions.map { function in
      let aliases = bus.aliases(of: function.address).filter { $0.sourceID != function.sourceID }
      var probed = ProbedFunction(
        address: function.address, group: groups.group(of: function.address)?.id ?? -1,
        aliases: aliases.map { $0.sourceID }, unit: machine.unitChoice(for: function.address),
        traits: traits.traits(of: function))
      probed.bridgeAliases = Set(
        aliases.filter { $0.carrier != function.address }.map { $0.sourceID })
      return probed
    }
  }

  /// What the driver prints at boot: only a scenario with a command line and a table has that.
  private func bootMessages(of boot: BootDescription) -> BootMessages? {
    guard let table = scenario.machine.table, let words = boot.commandLine else { return nil }
    var messages = BootMessages(
      table: table, commandLine: words, reserved: boot.reserved,
      firmware: scenario.machine.firmware)
    messages.bus = bus
    messages.namespace = scenario.machine.namespaceTable
    messages.interruptControllers = scenario.machine.interruptControllers
    messages.isMeasuredLaunch = scenario.machine.isMeasuredLaunch
    return messages
  }

  private func makeMachine(
    _ description: MachineDescription
  ) throws(InputError) -> Machine {
    var build = scenario.build
    build.configuration.hasX2APIC = description.hasX2APIC
    var configuration = Machine.Configuration(
      memorySize: description.memorySize,
      units: description.units.map { described in
        var unit = Machine.Configuration.Unit(
          name: described.name, segment: described.segment, hardware: described.hardware,
          faultMessage: described.faultMessage)
        unit.answers = described.answers
        unit.covers = Set(described.covers)
        return unit
      },
      pci: bus, hidden: description.hiddenBus, table: description.table, build: build,
      pages: scenario.boot.pages.allocator,
      addresses: description.addressTable, interrupted: description.interrupted)
    configuration.cpuCount = description.cpuCount
    configuration.commandLine = scenario.boot.commandLine ?? []
    do throws(MachineError) {
      return try Machine(configuration)
    } catch {
      switch error {
      case .memory: throw InputError(at: description.memoryPlace, "\(error)")
      case .unit(let name, _):
        let unit = description.units.first { $0.name == name }
        throw InputError(at: unit?.place ?? description.memoryPlace, "\(error)")
      }
    }
  }

  private func set(
    up domain: DomainDescription, on machine: Machine
  ) throws(InputError) {
    try domain.place.asking { () throws(DriverError) in
      try machine.kernel.makeDomain(domain.id, levels: domain.levels)
      for device in domain.devices {
        try machine.kernel.attach(address(of: device), to: .numbered(domain.id))
      }
      for mapping in domain.mappings.flatMap({ $0.pieces }) {
        try machine.kernel.map(mapping, in: .numbered(domain.id))
      }
    }
  }

  private func address(of device: DeviceName) -> PCIAddress {
    switch device {
    case .address(let address): address
    case .first: firstSender ?? PCIAddress(bus: 0, device: 0, function: 0)
    }
  }

  mutating func run() throws(InputError) -> Machine {
    // The machine and its recorder refer to each other; ending the recording breaks that cycle.
    defer { recorder?.end() }
    let machine = try boot()
    var checks = StepWarnings(scenario, bus: bus)
    defer { warnings = checks.warnings }
    for (index, step) in scenario.steps.enumerated() {
      checks.check(step)
      if machine.kernel.death != nil, !step.startsCrashKernel {
        untakenSteps += 1
        continue
      }
      try watcher(step.place)
      hear(machine, at: step.place)
      recorder?.beginStep(
        RunStep(
          number: index + 1, file: step.place.file, line: step.place.line, text: step.oneLine),
        isByHand: step.isByHand)
      machine.clock.list(step.times)
      try step.place.asking { () throws(DriverError) in try machine.runTimers() }
      machine.holdsInterrupts = step.holdsInterrupts
      try take(step, on: machine)
      try step.place.asking { () throws(DriverError) in try machine.settle() }
    }
    record = recorder.map { describe($0.record) }
    return machine
  }

  /// The record with what the scenario knows of itself.
  private func describe(_ record: RunRecord) -> RunRecord {
    var record = record
    record.scenario = scenario.steps.first?.place.file ?? scenario.boot.pagesPlace.file
    record.summary = scenario.summary
    record.release = scenario.build.release
    record.failedChecks = failedChecks.map { "\($0)" }
    record.untakenSteps = untakenSteps
    return record
  }

  /// What a step's device does; nil where it does no DMA.
  func dma(of step: ScenarioStep) throws(InputError) -> Machine.DMA? {
    guard case .dma(let dma) = step.action else { return nil }
    return try self.dma(dma, at: step.place)
  }

  private func dma(_ dma: DMADescription, at place: Place) throws(InputError) -> Machine.DMA {
    Machine.DMA(
      device: address(of: dma.device), claimedID: dma.claimedID, access: dma.access,
      address: try driver.address(dma.address, at: place), length: dma.length, pasid: dma.pasid,
      attributes: dma.attributes)
  }

  private mutating func take(
    _ step: ScenarioStep, on machine: Machine
  ) throws(InputError) {
    switch step.action {
    case .driver(let action):
      if case .interruptEntry(let change) = action {
        _ = try unit(named: change.unit, on: machine, step.place)
      }
      try driver.take(action, at: step.place, on: machine, address)
      failedChecks += driver.takeFailedChecks()
    case .dma(let description):
      let dma = try self.dma(description, at: step.place)
      try requests.spend(description.requests(at: dma.address), at: step.place)
      for round in 0..<description.count {
        if round % Self.watchedRounds == 0 { try watcher(step.place) }
        machine.perform(dma)
      }
    case .pageRequest(let request):
      machine.askForPage(
        address(of: request.device), request.address, pasid: request.pasid,
        permissions: request.permissions, isPrivileged: request.isPrivileged,
        isLast: request.isLast, group: request.group)
    case .removeDevice(let device):
      try step.place.asking { () throws(DriverError) in try machine.remove(device) }
    case .locks(let step):
      machine.run(step.program, calledFrom: step.functions)
    case .tables(let tables):
      try self.tables.take(
        tables, address(of: tables.device).sourceID,
        of: try unit(named: tables.unit, on: machine, step.place), on: machine, at: step.place)
    case .entry(let entry):
      try tables.take(
        entry, address(of: entry.device).sourceID,
        of: try unit(named: entry.unit, on: machine, step.place), on: machine, at: step.place)
    case .writeMemory(let memory):
      let bytes = memory.content
      guard machine.writeMemory(bytes, at: memory.address) else {
        throw noMemory(at: memory.address, bytes.count, step.place)
      }
    case .checkMemory(let memory):
      let (address, bytes) = (memory.address, memory.content)
      guard let found = machine.readMemory(address, count: bytes.count) else {
        throw noMemory(at: address, bytes.count, step.place)
      }
      if let index = zip(found, bytes).enumerated().first(where: { $1.0 != $1.1 })?.offset {
        let place = PhysicalAddress(rawValue: address.rawValue &+ UInt64(index))
        failedChecks.append(
          Mismatch(
            "the byte at \(place) is 0x\(hex(UInt64(found[index]), digits: 2)); "
              + "0x\(hex(UInt64(bytes[index]), digits: 2)) was expected", at: step.place))
      }
    case .writeRegister(let register):
      machine.writeRegister(
        register.value, at: register.offset, isWide: register.isWide,
        of: try unit(named: register.unit, on: machine, step.place))
    case .checkRegister(let register):
      let value = machine.readRegister(
        at: register.offset, isWide: register.isWide,
        of: try unit(named: register.unit, on: machine, step.place))
      if value != register.value {
        failedChecks.append(
          Mismatch(
            "the register at 0x\(hex(UInt64(register.offset))) of \(register.unit) "
              + "is 0x\(hex(value)); 0x\(hex(register.value)) was expected", at: step.place))
      }
    case .resetUnit(let name): machine.reset(try unit(named: name, on: machine, step.place))
    case .wait(let time):
      try step.place.asking { () throws(DriverError) in try machine.wait(time) }
    case .event(let action):
      if case .kexec = action { try kernels.spend(at: step.place) }
      let runner = self
      try EventRun(
        machine: machine, place: step.place, build: scenario.build,
        address: { runner.address(of: $0) },
        plan: { (boot) throws(InputError) in try runner.plan(of: boot, on: machine, step.place) },
        setUp: { (domain) throws(InputError) in try runner.set(up: domain, on: machine) }
      ).take(action)
    }
  }

  private func unit(
    named name: String?, on machine: Machine, _ place: Place
  ) throws(InputError) -> NamedUnit {
    guard let name else {
      if let unit = machine.units.first { return unit }
      throw InputError(at: place, "the machine has no unit; one was expected")
    }
    if let unit = machine.units.first(where: { $0.name == name }) { return unit }
    let names = machine.units.map { $0.name }.joined(separator: ", ")
    throw InputError(at: place, "no unit is called \"\(name)\"; \(names) was expected")
  }

  private func noMemory(at address: PhysicalAddress, _ count: Int, _ place: Place) -> InputError {
    InputError(
      at: place,
      "there is no memory at \(address) for \(count) bytes; an address in memory was expected")
  }
}

extension MachineDescription {
  fileprivate var addressTable: [String: UInt64] {
    addresses.reduce(into: [:]) { $0[$1.key] = $1.value }
  }

  fileprivate var namespaceTable: [String: String]? {
    namespace.map { objects in objects.reduce(into: [:]) { $0[$1.path] = $1.name } }
  }
}

extension DMADescription {
  /// What its requests carry besides their address.
  fileprivate var attributes: Machine.DMA.Attributes {
    var attributes = Machine.DMA.Attributes()
    attributes.isExecute = isExecute
    attributes.isPrivileged = isPrivileged
    attributes.addressType = addressType
    attributes.usesDeviceTLB = usesDeviceTLB
    attributes.data = data
    attributes.bytes = bytes ?? []
    return attributes
  }
}

extension PageRequestStep {
  /// What the device wants to do with the page.
  fileprivate var permissions: Permissions {
    var permissions: Permissions = []
    if reads { permissions.insert(.read) }
    if writes { permissions.insert(.write) }
    if executes { permissions.insert(.execute) }
    return permissions
  }
}
