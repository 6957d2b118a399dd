internal import KernelLog
internal import LinuxIOMMU
internal import Lockdep
public import Machine
internal import PCI
internal import PhysicalMemory
internal import VTdFormats
internal import VTdUnit

/// Records the events of a machine from ``begin()`` to ``end()``.
///
/// It is a class because the machine calls it back during a run that its owner goes on with. It
/// does not change a run, and a machine without a recorder does no work for one.
public final class RunRecorder {
  let machine: Machine
  var events: [RunEvent] = []
  private var steps: [RunStep] = []
  private var step = RunStep(number: 0, file: "", line: 0, text: "boot")
  /// Whether the scenario itself writes memory or registers in this step.
  private var isByHand = false
  /// The events that have begun and not ended, the outermost first.
  var open: [Open] = []
  /// By unit: the events of the messages that it sent and that no CPU has taken yet.
  private var messages: [String: [Int]] = [:]
  /// The event of the message that a CPU takes next.
  private var taken: Int?
  /// By unit: the event of its last fault or queue error, which causes its next fault message.
  private var lastFault: [String: Int] = [:]
  /// By unit: the event of the last queue command that drops cache entries.
  var lastCommand: [String: Int] = [:]
  /// The DMA whose requests are being handled, or the last one.
  var sending: DeviceDMA?
  var caches: [String: CacheWatch] = [:]
  /// By the address of a 64-bit word in memory: the events that changed it.
  var changes: [UInt64: [Int]] = [:]
  /// How many changes of memory followed each other directly, and the event of the last one
  /// recorded.
  var changesInRow = 0
  var lastChange = 0
  private var registerNames: [String: [Int: String]] = [:]
  /// The requests that pass and whose walks were recorded: of equal ones only the first walk is
  /// kept. The walk of a blocked request is always recorded.
  var keptWalks: Set<DMARequest> = []

  /// An act of the machine that has begun and not ended yet.
  struct Open {
    /// Its event; nil for an act that is not recorded as an event.
    var id: Int?
    var act: MachineMoment.Act?
    /// The translation that the caches held for the request when the act began.
    var cached: CachedTranslation?
    /// The entries that the unit's other caches held for the request then.
    var entries: [CachedEntry] = []
    /// Whether the kernel runs in it, even in a step by hand.
    var isKernel = false
  }

  static let keptWalkLimit = 256

  /// A recorder of what happens in a machine from now on.
  public init(_ machine: Machine) { self.machine = machine }

  /// Begins to record.
  public func begin() {
    steps = [step]
    machine.witness = { [self] in hear($0) }
  }

  /// Stops recording.
  public func end() { machine.witness = nil }

  /// Begins the next step.
  ///
  /// - Parameters:
  ///   - step: the step.
  ///   - isByHand: whether the scenario writes memory or registers itself in it, without the
  ///     kernel.
  public func beginStep(_ step: RunStep, isByHand: Bool) {
    self.step = step
    self.isByHand = isByHand
    steps.append(step)
    open = []
    let id = add(.scenario, .step)
    open.append(Open(id: id))
  }

  /// Begins the boot.
  ///
  /// - Parameters:
  ///   - file: the file that describes it.
  ///   - line: the line of that file, from 1 on.
  public func beginBoot(file: String, line: Int) {
    step = RunStep(number: 0, file: file, line: line, text: "boot")
    steps = [step]
  }

  /// What was recorded so far, and what is known of the machine now.
  public var record: RunRecord {
    var record = RunRecord()
    record.steps = steps
    record.events = events
    for unit in machine.units {
      record.units.append(
        RunUnit(
          name: unit.name,
          registerBase: unit.hardware.configuration.registerBase.rawValue, segment: unit.segment))
    }
    let kernel = machine.kernel
    for lockClass in kernel.lockClasses {
      var usages: [RunLockClass.Usage] = []
      for bit in lockClass.usage.bits {
        var stack: [String] = []
        for frame in lockClass.usageTraces[bit] ?? [] { stack.append(kernel.symbol(for: frame)) }
        usages.append(RunLockClass.Usage(name: bit.description, stack: stack))
      }
      record.lockClasses.append(
        RunLockClass(
          name: kernel.listedName(of: lockClass), letters: lockClass.usage.description,
          usages: usages))
    }
    for dependency in kernel.lockDependencies {
      record.lockDependencies.append(RunLockDependency(dependency))
    }
    return record
  }

  // MARK: Events

  /// Adds an event and returns its index. Its cause is `cause`, else the innermost open event.
  @discardableResult
  func add(_ who: RunActor, _ what: RunFact, cause: Int? = nil) -> Int {
    let id = events.count
    var known = cause
    if known == nil {
      for entry in open.reversed() {
        if let id = entry.id {
          known = id
          break
        }
      }
    }
    events.append(
      RunEvent(
        id: id, cause: known, step: step.number, file: step.file, line: step.line,
        microseconds: machine.clock.now, who: who, what: what))
    return id
  }

  func change(_ id: Int, _ body: (inout RunFact) -> Void) {
    if events.indices.contains(id) { body(&events[id].what) }
  }

  func fact(_ id: Int) -> RunFact? { events.indices.contains(id) ? events[id].what : nil }

  /// For whom the CPU works now: the kernel, or the scenario in a step by hand.
  private var processor: RunActor {
    var isKernel = !isByHand
    for entry in open where entry.isKernel { isKernel = true }
    if !isKernel { return .scenario }
    let running = machine.kernel.running
    return .kernel(cpu: running.cpu, task: running.task.name, pid: running.task.pid)
  }

  private var kernel: RunActor {
    let running = machine.kernel.running
    return .kernel(cpu: running.cpu, task: running.task.name, pid: running.task.pid)
  }

  // MARK: Moments

  private func hear(_ moment: MachineMoment) {
    switch moment {
    case .begins(let act): begin(act)
    case .ends(let value): end(value)
    case .unit(let unit, let event): hear(event, of: unit)
    case .event(let event): hear(event)
    case .sends(let dma): sending = dma
    case .landing(let address, let bytes): write(bytes, at: address, by: device ?? .scenario)
    case .locks(.changes(let change)): begin(change)
    case .locks(.isDone): close()
    }
  }

  /// The device whose request is under way.
  private var device: RunActor? {
    for entry in open.reversed() {
      if case .dma(_, let request, _) = entry.act { return .device("\(request.source)") }
    }
    return nil
  }

  private func begin(_ act: MachineMoment.Act) {
    switch act {
    case .access(let access): begin(access)
    case .dma(let unit, let request, let device): begin(request, at: unit, through: device, act)
    case .pageRequest(let unit, let request):
      let fact = PageRequestFact(
        unit: unit.name, device: "\(request.source)", address: request.address.rawValue,
        pasid: request.pasid?.rawValue, result: "refused")
      open.append(Open(id: add(.device("\(request.source)"), .pageRequest(fact)), act: act))
    case .interruptRequest(let unit, let request): begin(request, at: unit, act)
    case .interrupt(let unit, let message, let context):
      let task = context.task
      let cpu = machine.kernel.running.cpu
      let id = add(
        .kernel(cpu: cpu, task: task.name, pid: task.pid),
        .interrupt(TakenInterruptFact(unit: unit, vector: UInt64(message.data & 0xff))),
        cause: taken)
      taken = nil
      open.append(Open(id: id, act: act, isKernel: true))
    }
  }

  private func begin(_ access: HardwareAccess) {
    var id: Int?
    switch access {
    case .writeMemory(let address, let bytes): write(bytes, at: address, by: processor)
    case .writeRegister(let unit, let offset, let value, let isWide):
      id = add(processor, .register(register(unit, offset, value, isWide, isWrite: true)))
    case .readRegister(let unit, let offset, let isWide):
      id = add(processor, .register(register(unit, offset, 0, isWide, isWrite: false)))
    case .resetUnit(let unit): id = add(processor, .reset(unit: unit))
    case .wait(let time): add(processor, .wait(time))
    case .readMemory, .dma, .pageRequest: break
    }
    open.append(Open(id: id, act: .access(access)))
  }

  private func end(_ value: UInt64?) {
    guard let entry = open.last else { return }
    switch entry.act {
    case .dma(let unit, let request, let device):
      if let id = entry.id {
        finish(id, request, at: unit, through: device, entry.cached, entry.entries)
      }
    case .interruptRequest(let unit, let request):
      if let id = entry.id { finish(id, request, at: unit, entry.entries) }
    case .access(.readRegister):
      if let id = entry.id, let value {
        change(id) { fact in
          if case .register(var register) = fact {
            register.value = value
            fact = .register(register)
          }
        }
      }
    case .access(.writeRegister(let unit, _, _, _)), .access(.resetUnit(let unit)):
      noteDrops(of: unit)
    default: break
    }
    close()
  }

  private func close() { _ = open.popLast() }

  private func register(
    _ unit: String, _ offset: Int, _ value: UInt64, _ isWide: Bool, isWrite: Bool
  ) -> RegisterFact {
    RegisterFact(
      unit: unit, name: name(ofRegister: offset, of: unit), offset: UInt64(clamping: offset),
      value: value, isWrite: isWrite, width: isWide ? 64 : 32)
  }

  private func name(ofRegister offset: Int, of unit: String) -> String {
    if registerNames[unit] == nil {
      var names: [Int: String] = [:]
      for known in machine.units where known.name == unit {
        for register in known.hardware.configuration.registers {
          names[register.offset] = register.name
          // A register that is wider than 32 bits can also be accessed in parts of 32 bits.
          for part in stride(from: 4, to: register.width / 8, by: 4)
          where names[register.offset + part] == nil {
            names[register.offset + part] = "\(register.name)+\(part)"
          }
        }
      }
      registerNames[unit] = names
    }
    return registerNames[unit]?[offset] ?? ""
  }

  // MARK: Inside a unit

  private func hear(_ event: UnitEvent, of unit: String) {
    switch event {
    case .faultRecorded(let record, let index):
      lastFault[unit] = add(
        .unit(unit), .fault(FaultFact(record, of: unit, .recorded(index: index))))
    case .faultDropped(let record, let disposition):
      lastFault[unit] = add(.unit(unit), .fault(FaultFact(record, of: unit, disposition)))
    case .messageSent(let message):
      let id = add(
        .unit(unit), .message(MessageFact(message, of: unit)),
        cause: message.event == .fault ? lastFault[unit].flatMap { isUnderWay($0) } : nil)
      messages[unit, default: []].append(id)
    case .eventRaised(let event, let masked):
      if masked {
        add(
          .unit(unit),
          .message(
            MessageFact(
              unit: unit, event: event.rawValue, address: 0, data: 0, isHeld: true)))
      }
    case .descriptor(let type, let low, let high):
      let id = add(
        .unit(unit), .command(CommandFact(unit: unit, type: type, low: low, high: high)))
      if type != .wait, type != .pageGroupResponse { lastCommand[unit] = id }
    case .queueStopped(let information):
      lastFault[unit] = add(
        .unit(unit), .queueError(QueueErrorFact(unit: unit, code: UInt64(information.rawValue))))
    case .deviceTimedOut(let source):
      lastFault[unit] = add(
        .unit(unit), .queueError(QueueErrorFact(unit: unit, device: "\(source)")))
    case .registerWritten, .registerAccessRefused: break
    }
  }

  /// Returns the event if it came within the innermost open event, and nil otherwise. A message
  /// that is sent now then belongs to it.
  func isUnderWay(_ id: Int) -> Int? {
    for entry in open.reversed() {
      if let begun = entry.id { return id > begun ? id : nil }
    }
    return id
  }

  // MARK: The trace

  private func hear(_ event: MachineEvent) {
    switch event {
    case .dma(_, _, let outcome):
      guard let id = open.last?.id, case .dma(var fact) = fact(id) else { return }
      fact.given = Answer(outcome)
      if case .blocked(_, let disposition) = outcome { fact.recorded = Recorded(disposition) }
      change(id) { $0 = .dma(fact) }
    case .pageRequest(_, _, let outcome):
      guard let id = open.last?.id, case .pageRequest(var fact) = fact(id) else { return }
      switch outcome {
      case .queued: fact.result = "queued"
      case .overflowed: fact.result = "overflowed"
      case .blocked(let reason, _): (fact.result, fact.reason) = ("blocked", reason)
      case .refused: fact.result = "refused"
      }
      change(id) { $0 = .pageRequest(fact) }
    case .interruptRequest(_, _, let outcome):
      guard let id = open.last?.id, case .interruptRequest(var fact) = fact(id) else { return }
      fact.given = InterruptAnswer(outcome)
      if case .blocked(_, let disposition) = outcome { fact.recorded = Recorded(disposition) }
      change(id) { $0 = .interruptRequest(fact) }
    case .untranslated(let source, let address):
      add(
        .device("\(source)"),
        .bypass(
          BypassFact(
            device: "\(source)", address: address.rawValue, reachesMemory: true,
            detail: RouteText.untranslated)))
    case .offTheWay(let device, let address, let route):
      add(
        .device(device.shortDescription),
        .bypass(
          BypassFact(
            device: device.shortDescription, address: address.rawValue, reachesMemory: false,
            detail: RouteText.describe(route))))
    case .message(let unit, _):
      taken = messages[unit]?.isEmpty == false ? messages[unit]?.removeFirst() : nil
    case .interrupt: break
    case .spurious:
      guard let id = open.last?.id, case .interrupt(var fact) = fact(id) else { return }
      fact.isSpurious = true
      change(id) { $0 = .interrupt(fact) }
    case .hang(let unit): add(kernel, .hang(unit: unit))
    case .death(.badRead(let address, let exception)):
      add(kernel, .death("\(exception.rawValue) at 0x\(hex(address, digits: 16))"))
    case .death(.malfunction(let unit)): add(kernel, .death("\(unit) confirms nothing"))
    case .log(let record):
      let id = add(
        kernel, .line(LineFact(level: UInt64(record.level.rawValue), text: record.text)))
      events[id].microseconds = record.microseconds
    }
  }

  // MARK: Locks

  private func begin(_ change: LockChange) {
    let who = RunActor.kernel(
      cpu: change.cpu, task: change.task.name, pid: change.task.pid)
    let id = add(who, .lock(LockFact(change)))
    open.append(Open(id: id, isKernel: true))
    for report in change.newReports {
      open[open.count - 1].id = add(who, .lockReport(LockReportFact(report)))
    }
  }
}
