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
    var expected: [Expectation.Fault] = []
    for (index, fault) in timeline.faults.enumerated() {
      let burst = timeline.bursts.first { $0.faults.contains(index) }
      // Those of a burst share a window of the limiter.
      let isFirst = burst.map { $0.faults.lowerBound == index } ?? true
      guard let reason = fault.observation.reason else {
        omitted.append("line \(fault.line): its reason is cut off")
        continue
      }
      switch fault.observation.request {
      case .interrupt(let index): interrupt(fault, index, reason)
      case .dma(let access, let pasid, let address):
        let unit = units[unitIndex(of: fault.observation.source)]
        let need = image(unit).need(fault, isScalable: isScalable)
        if let obstacle = need.obstacle {
          omitted.append("line \(fault.line): it needs \(obstacle)")
          continue
        }
        if isFirst { separate() }
        write(need, fault, unit)
        var request = ScenarioDescription.DMADescription(
          Self.name(fault.observation.source), sent(access, reason), address)
        request.pasid = sent(pasid, fault, reason)
        request.count = overflows(fault) ? 2 : 1
        step(.dma(request), notes: ["line \(fault.line) of the log"])
        if let burst, burst.faults.upperBound == index + 1 {
          var notes = ["assumed: the same once more, whose lines the limiter left out"]
          for count in burst.hidden {
            request.count = count
            step(.dma(request), notes: notes)
            notes = []
          }
        }
        expected.append(
          .init(
            source: fault.observation.source, isRead: access == .read, address: address,
            reason: FaultReason(rawValue: reason)))
      }
      faultCount += 1
    }
    if !hasInterrupts, !expected.isEmpty { scenario.expectation.faults = expected }
  }

  /// What the device sends: an AtomicOp is recorded as a read, and refused for want of write
  /// permission.
  private func sent(_ access: FaultLine.Access, _ reason: UInt8) -> DMAAccess {
    switch access {
    case .read: reason == 0x05 || reason == 0x85 ? .atomic : .read
    case .write: .write
    }
  }

  /// With one fault record and a status that tells of an overflow, the device tried again before
  /// the handler ran: the second fault found the record in use.
  private func overflows(_ fault: FaultTimeline.Fault) -> Bool {
    let unit = units[unitIndex(of: fault.observation.source)]
    let records = unit.capability[.numberOfFaultRecords]
    guard let status = fault.status else { return false }
    return status & 1 != 0 && records == 0
  }

  /// QEMU records a request without PASID as PASID 0; the device sent none.
  private func sent(_ pasid: PASID?, _ fault: FaultTimeline.Fault, _ reason: UInt8) -> PASID? {
    isScalable && pasid?.rawValue == 0 && (reason < 0x30 || fault.sendsNoPASIDs) ? nil : pasid
  }

  /// The limiter lets three faults pass in five seconds; the log has them all.
  private mutating func separate() {
    guard faultCount > 0 else { return }
    step(
      .wait(6_000_000),
      notes: ["assumed: time enough that the limiter lets the next fault through"])
  }

  private mutating func interrupt(
    _ fault: FaultTimeline.Fault, _ index: UInt16, _ reason: UInt8
  ) {
    guard [0x22, 0x25, 0x26].contains(reason) else {
      omitted.append(
        "line \(fault.line): an interrupt refused for reason 0x\(hex(UInt64(reason)))")
      faultCount -= 1
      return
    }
    let handle = UInt64(index)
    // Bit 4 tells the format, so in the old one the index that the address makes is even.
    if reason == 0x25, handle & 1 != 0 {
      omitted.append(
        "line \(fault.line): no message in the old format leads to the odd index "
          + "0x\(hex(handle))")
      faultCount -= 1
      return
    }
    separate()
    // Remappable format: the handle's bits 14:0 in 19:5, bit 15 in 2.
    let address =
      reason == 0x25
      ? 0xfee0_0000 | handle << 4
      : 0xfee0_0010 | (handle & 0x7fff) << 5 | (handle >> 15) << 2
    step(
      .dma(.init(Self.name(fault.observation.source), .write, IOVA(rawValue: address))),
      notes: ["line \(fault.line) of the log; assumed: the message's data"])
  }

  /// The words that memory does not hold yet, neighbours together.
  private mutating func write(
    _ need: TableImage.Need, _ fault: FaultTimeline.Fault, _ unit: MachineUnit
  ) {
    // An entry that leads out of memory is what the unit could not read.
    let changed = need.words.filter {
      $0.key < scenario.machine.memorySize && (memory[$0.key] ?? 0) != $0.value
    }.sorted { $0.key < $1.key }
    let isRewritten = changed.contains { (memory[$0.key] ?? 0) != 0 }
    var runs: [(address: UInt64, words: [UInt64])] = []
    for (address, value) in changed {
      memory[address] = value
      if let last = runs.last, last.address + UInt64(last.words.count) * 8 == address {
        runs[runs.count - 1].words.append(value)
      } else {
        runs.append((address, [value]))
      }
    }
    var notes = need.assumptions.map { "assumed: \($0)" }
    for run in runs {
      step(
        .writeMemory(.init(at: PhysicalAddress(rawValue: run.address), words: run.words)),
        notes: notes)
      notes = []
    }
    if isRewritten, dropsCaches {
      var command = GlobalCommand()
      command[flag: .translation] = true
      command[flag: .setRootTable] = true
      command[flag: .queuedInvalidation] = unit.extended[flag: .queuedInvalidation]
      command[flag: .interruptRemapping] =
        hasInterrupts && unit.extended[flag: .interruptRemapping]
      step(
        .writeRegister(
          .init(unit: unit.name, offset: RegisterOffset.gcmd, value: UInt64(command.rawValue))),
        notes: ["assumed: setting the root table anew, so that the unit sees the changed entries"])
    }
  }
}

extension FaultTimeline.Fault {
  /// The dumped context entry lets no request with a PASID through.
  var sendsNoPASIDs: Bool {
    guard let context = dump?.context, dump?.scalableRoot != nil else { return false }
    return !ScalableContextEntry(words: [context.low, context.high])[flag: .pasidEnable]
  }

  /// What could not be read by the unit's word lies there in the dump: QEMU 7.2 has this reason for
  /// all that is wrong with PASID tables.
  var isMisreadPASIDEntry: Bool {
    observation.reason == 0x58
      && (dump?.pasidEntry != nil || dump?.stop == .noPASIDTable || dump?.stop == .noPASIDDirectory)
  }
}
