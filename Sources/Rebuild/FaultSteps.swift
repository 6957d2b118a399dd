internal import Diagnosis
internal import KernelLog
internal import LogReading
internal import PCI
internal import ScenarioFormat
internal import VTdFormats
internal import VTdUnit

/// The steps of a rebuilt scenario: for each fault the tables that it needs, and the request.
extension ScenarioBuilder {
  mutating func steps(_ image: (MachineUnit) -> TableImage) {
    lockSteps()
    completeRows()
    var expected: [Expectation.Fault] = []
    let bursts = plan.usesTimes ? log.timeline.bursts : log.timeline.burstsWithoutTimes
    for (index, fault) in log.timeline.faults.enumerated() {
      between(index, image)
      if case .leftOut = plan[fault: index] { continue }
      // Those of a burst share a window of the limiter.
      let burst = bursts.first { $0.faults.contains(index) }
      let isFirst = burst.map { $0.faults.lowerBound == index } ?? true
      let first = scenario.steps.count
      switch fault.observation.request {
      case .interrupt(let entry):
        separate()
        interrupt(fault, entry)
      case .dma(_, _, let address) where fault.isPostedInterrupt:
        separate()
        interrupt(fault, FaultRecord(low: address.rawValue, high: 0).interruptIndex)
      case .dma(let access, _, let address):
        let unit = log.units[log.unitIndex(of: fault.requester)]
        if isFirst { separate() }
        let need = need(index, fault, unit, image(unit))
        write(need, from: fault.requester, unit)
        rootTable(
          need.rootTableAddress?.spoilt, of: unit,
          isKnown: seen.contains(fault.requester))
        let request = request(fault, need.request)
        reachRecord(of: fault, by: request, on: unit)
        step(request, notes: ["line \(fault.line) of the log"])
        useRecords(1, of: unit)
        stamp(fault, from: first)
        rootTable(need.rootTableAddress?.good, of: unit)
        if let burst, burst.faults.upperBound == index + 1 {
          hidden(burst, request)
          useRecords(burst.hidden.reduce(0, +), of: unit)
        }
        expected.append(
          .init(
            source: fault.observation.source, isRead: access == .read, address: address,
            reason: FaultReason(rawValue: fault.observation.reason ?? 0)))
      }
      if case .interrupt = fault.observation.request { stamp(fault, from: first) }
      seen.insert(fault.requester)
      faultCount += 1
    }
    between(log.timeline.faults.count, image)
    if !log.hasInterrupts, !expected.isEmpty { scenario.expectation.faults = expected }
  }

  /// What the log has in front of a fault besides faults: stops of queues, page requests that were
  /// refused, and a status with no record.
  private mutating func between(_ index: Int, _ image: (MachineUnit) -> TableImage) {
    showRows(behind: index)
    for page in log.timeline.refusedPages where page.position == index {
      refusedPage(page, image(log.units[log.unitIndex(of: page.device)]))
    }
    for stop in log.timeline.queueStops where stop.position == index { queueStop(stop) }
    // A status in a burst belongs to what the limiter left out there.
    let isHidden = log.timeline.bursts.contains {
      $0.faults.upperBound == index || $0.faults.dropFirst().contains(index)
    }
    guard !isHidden, plan.usesTimes, let request = lastRequest else { return }
    for status in log.timeline.loneStatuses where status.position == index {
      guard let time = status.time, FaultStatus(rawValue: status.value)[flag: .primaryPendingFault],
        isLimited(at: time, index)
      else {
        continue
      }
      var again = ScenarioStep(
        request, notes: ["assumed: the same once more, of which the limiter left the status alone"])
      again.times = [time]
      scenario.steps.append(again)
      if let fault = log.timeline.faults[..<index].last {
        useRecords(1, of: log.units[log.unitIndex(of: fault.requester)])
      }
    }
  }

  /// Whether so many faults came in the five seconds before that the limiter lets one line more.
  private func isLimited(at time: UInt64, _ index: Int) -> Bool {
    log.timeline.faults[..<index].suffix(3).count { fault in
      fault.time?.uptime.map { $0 <= time && time - $0 < 5_000_000 } ?? false
    } == 3
  }

  /// Requests of a burst whose lines the limiter left out.
  private mutating func hidden(_ burst: LimiterBurst, _ request: StepAction) {
    guard case .dma(var dma) = request else { return }
    var notes = ["assumed: the same once more, whose lines the limiter left out"]
    for count in burst.hidden {
      dma.count = count
      step(.dma(dma), notes: notes)
      notes = []
    }
  }

  /// What is to be in memory for a fault.
  private mutating func need(
    _ index: Int, _ fault: FaultTimeline.Fault, _ unit: MachineUnit, _ image: TableImage
  ) -> TableImage.Need {
    switch plan[fault: index] {
    case .dumped: return image.need(fault, isScalable: unit.isScalable)
    case .asTheyAre where hasTables(fault.observation.source, unit, image): return .init()
    case .asTheyAre, .assumed, .leftOut:
      guard let row = fault.observation.faultReason?.row else { return .init() }
      let (memory, baseline) = (memory, baseline)
      return AssumedTables(
        image, unit, hasLegacyCodes: log.recordsPASIDZero || log.isLaterQEMU, fault,
        row
      ) {
        memory[$0] ?? baseline($0)
      }.need
    }
  }

  /// Whether memory has a context entry for a device already.
  private func hasTables(_ source: SourceID, _ unit: MachineUnit, _ image: TableImage) -> Bool {
    func load(_ address: UInt64) -> UInt64 { memory[address] ?? baseline(address) }
    if unit.isScalable {
      let root = ScalableRootEntry(
        low: load(image.root + ScalableRootEntry.offset(of: source)),
        high: load(image.root + ScalableRootEntry.offset(of: source) + 8))
      let isUpper = ScalableRootEntry.isUpper(source)
      guard isUpper ? root[flag: .upperPresent] : root[flag: .lowerPresent] else { return false }
      let table = root[inPlace: isUpper ? .upperContextTable : .lowerContextTable]
      var context = ScalableContextEntry()
      context[word: 0] = load(table &+ ScalableContextEntry.offset(of: source))
      return context[flag: .present]
    }
    let root = RootEntry(low: load(image.root + RootEntry.offset(of: source)), high: 0)
    guard root[flag: .present] else { return false }
    let context = load(root[inPlace: .contextTable] &+ ContextEntry.offset(of: source))
    return ContextEntry(low: context, high: 0)[flag: .present]
  }

  // MARK: Requests

  private func request(_ fault: FaultTimeline.Fault, _ traits: TableImage.RequestTraits)
    -> StepAction
  {
    guard case .dma(let access, let pasid, let address) = fault.observation.request else {
      return .wait(0)
    }
    let reason = fault.observation.reason ?? 0
    let device = DeviceName.address(fault.requester)
    if traits.isPageRequest {
      var request = PageRequestStep()
      request.device = device
      request.address = address
      request.pasid = pasid
      return .pageRequest(request)
    }
    var request = DMADescription(device, sent(access, reason), address)
    request.pasid = sent(pasid, fault, reason)
    request.count = overflows(fault) ? 2 : 1
    request.addressType = traits.isTranslated ? .translated : .untranslated
    request.isExecute = traits.isExecute && request.pasid != nil
    request.isPrivileged = traits.isPrivileged && request.pasid != nil
    return .dma(request)
  }

  /// What the device sends: an AtomicOp is recorded as a read, and refused for want of write
  /// permission.
  private func sent(_ access: FaultLine.Access, _ reason: UInt8) -> DMAAccess {
    switch access {
    case .read:
      FaultReason.writeRefused.contains(FaultReason(rawValue: reason)) ? .atomic : .read
    case .write: .write
    }
  }

  /// With one fault record and a status that tells of an overflow, the device tried again before
  /// the handler ran: the second fault found the record in use.
  private func overflows(_ fault: FaultTimeline.Fault) -> Bool {
    let unit = log.units[log.unitIndex(of: fault.requester)]
    let records = unit.capability[.numberOfFaultRecords]
    guard let status = fault.status else { return false }
    return FaultStatus(rawValue: status)[flag: .primaryFaultOverflow] && records == 0
  }

  /// QEMU records a request without PASID as PASID 0; the device sent none.
  private func sent(_ pasid: PASID?, _ fault: FaultTimeline.Fault, _ reason: UInt8) -> PASID? {
    log.units[log.unitIndex(of: fault.requester)].isScalable && pasid?.rawValue == 0
      && (FaultReason(rawValue: reason) < .rootTableAddressInvalid || fault.sendsNoPASIDs
        || log.recordsPASIDZero)
      ? nil : pasid
  }

  // MARK: Times

  /// The limiter lets three faults pass in five seconds; the log has them all.
  private mutating func separate() {
    guard faultCount > 0, !plan.usesTimes else { return }
    step(
      .wait(6_000_000),
      notes: ["assumed: time enough that the limiter lets the next fault through"])
  }

  /// The lines of a fault come when the log says.
  mutating func stamp(_ fault: FaultTimeline.Fault, from first: Int) {
    guard plan.usesTimes, first < scenario.steps.count else { return }
    var times = fault.times.compactMap { $0 }
    // A status that the log does not have is printed with the record.
    if fault.status == nil, let time = times.first { times.insert(time, at: 0) }
    scenario.steps[scenario.steps.count - 1].times = times
  }

  // MARK: Memory

  /// The words that memory does not hold yet, neighbours together.
  mutating func write(
    _ need: TableImage.Need, from requester: PCIAddress?, _ unit: MachineUnit, notes: [String] = []
  ) {
    // An entry that leads out of memory is what the unit could not read.
    let changed = need.words.filter {
      $0.key < scenario.machine.memorySize && (memory[$0.key] ?? baseline($0.key)) != $0.value
    }.sorted { $0.key < $1.key }
    let isRewritten = changed.contains { (memory[$0.key] ?? 0) != 0 }
    let isChangedUnderway = !changed.isEmpty && requester.map(seen.contains) ?? false
    var runs: [(address: UInt64, words: [UInt64])] = []
    for (address, value) in changed {
      memory[address] = value
      shownWords[address] = nil
      if let last = runs.last, last.address + UInt64(last.words.count) * 8 == address {
        runs[runs.count - 1].words.append(value)
      } else {
        runs.append((address, [value]))
      }
    }
    var notes = notes + need.assumptions.map { "assumed: \($0)" }
    for run in runs {
      step(
        .writeMemory(.init(at: PhysicalAddress(rawValue: run.address), words: run.words)),
        notes: notes)
      notes = []
    }
    if isRewritten, log.dropsCaches {
      var command = GlobalCommand(rawValue: command(of: unit).rawValue)
      command[flag: .setRootTable] = true
      step(
        .writeRegister(
          .init(unit: unit.name, offset: RegisterOffset.gcmd, value: UInt64(command.rawValue))),
        notes: ["assumed: setting the root table anew, so that the unit sees the changed entries"])
    } else if isChangedUnderway {
      invalidate(unit, unit.isScalable)
    }
  }

  /// Lets the unit forget what it has of its tables.
  private mutating func invalidate(_ unit: MachineUnit, _ hasPASIDs: Bool) {
    guard unit.extended[flag: .queuedInvalidation] else { return }
    var submission = EventAction.SubmissionStep()
    submission.unit = unit.name
    var contexts = ContextCacheDescriptor()
    contexts.granularity = .global
    var pasids = PASIDCacheDescriptor()
    pasids.granularity = .global
    var translations = IOTLBDescriptor()
    translations.granularity = .global
    let kinds = [contexts.words] + (hasPASIDs ? [pasids.words] : []) + [translations.words]
    submission.descriptors = kinds.map { $0 + (unit.isScalable ? [0, 0] : []) }
    step(
      .event(.submit(submission)),
      notes: ["assumed: the unit has forgotten what it had of the changed entries"])
  }

  /// The levels that GCMD has while the unit works.
  func command(of unit: MachineUnit) -> GlobalCommand {
    var command = GlobalCommand()
    command[flag: .translation] = true
    command[flag: .queuedInvalidation] = unit.extended[flag: .queuedInvalidation]
    command[flag: .interruptRemapping] =
      log.remapsInterrupts && unit.extended[flag: .interruptRemapping]
    return command
  }

  /// Sets the root table address register, if there is something to set.
  private mutating func rootTable(_ value: UInt64?, of unit: MachineUnit, isKnown: Bool = false) {
    guard let value else { return }
    var command = command(of: unit)
    command[flag: .setRootTable] = true
    step(
      .writeRegister(
        .init(unit: unit.name, offset: RegisterOffset.rtaddr, value: value, isWide: true)),
      notes: ["assumed: what the register held"])
    step(
      .writeRegister(
        .init(unit: unit.name, offset: RegisterOffset.gcmd, value: UInt64(command.rawValue))))
    // What the unit had of the device would serve its request.
    if isKnown { invalidate(unit, RootTableAddress(rawValue: value).mode == .scalable) }
  }
}
