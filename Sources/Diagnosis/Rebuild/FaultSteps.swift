import KernelLog
import LogReading
import VTdFormats

/// The steps of a rebuilt scenario: for each fault the tables that it needs, and the request.
extension Rebuild.Writer {
  mutating func steps(_ image: (MachineUnit) -> TableImage) {
    line("steps:")
    lockSteps()
    var expected: [String] = []
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
        let space = pasid.map { ", pasid: \($0.rawValue)" } ?? ""
        line("  # line \(fault.line) of the log")
        let request =
          "  - dma: {device: \"\(fault.observation.source)\", access: \(sent(access, reason)), "
          + "address: 0x\(hex(address.rawValue)), length: 4\(quirkFree(space, fault, reason))"
        line("\(request)\(overflow(fault))}")
        if let burst, burst.faults.upperBound == index + 1 {
          line("  # assumed: the same once more, whose lines the limiter left out")
          for count in burst.hidden {
            line("\(request)\(count > 1 ? ", repeat: \(count)" : "")}")
          }
        }
        expected.append(
          "    - {device: \"\(fault.observation.source)\", access: \(access.rawValue), "
            + "address: 0x\(hex(address.rawValue)), reason: 0x\(hex(UInt64(reason), digits: 2))}")
      }
      faultCount += 1
    }
    if faultCount == 0, text.hasSuffix("steps:\n") { text.removeLast("steps:\n".utf8.count) }
    if !expected.isEmpty, !hasInterrupts {
      line("")
      line("expect:")
      line("  faults:")
      for words in expected { line(words) }
    }
  }

  /// What the device sends: an AtomicOp is recorded as a read, and refused for want of write
  /// permission.
  private func sent(_ access: FaultLine.Access, _ reason: UInt8) -> String {
    access == .read && (reason == 0x05 || reason == 0x85) ? "atomic" : access.rawValue
  }

  /// With one fault record and a status that tells of an overflow, the device tried again before
  /// the handler ran: the second fault found the record in use.
  private func overflow(_ fault: FaultTimeline.Fault) -> String {
    let unit = units[unitIndex(of: fault.observation.source)]
    let records = unit.capability[.numberOfFaultRecords]
    guard let status = fault.status, status & 1 != 0, records == 0 else { return "" }
    return ", repeat: 2"
  }

  /// QEMU records a request without PASID as PASID 0; the device sent none.
  private func quirkFree(
    _ space: String, _ fault: FaultTimeline.Fault, _ reason: UInt8
  ) -> String {
    isScalable && space == ", pasid: 0" && (reason < 0x30 || fault.sendsNoPASIDs) ? "" : space
  }

  /// The limiter lets three faults pass in five seconds; the log has them all.
  private mutating func separate() {
    guard faultCount > 0 else { return }
    line("  # assumed: time enough that the limiter lets the next fault through")
    line("  - wait: 6")
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
    line("  # line \(fault.line) of the log; assumed: the message's data")
    line(
      "  - dma: {device: \"\(fault.observation.source)\", access: write, "
        + "address: 0x\(hex(address)), length: 4}")
  }

  /// The words that memory does not hold yet, neighbours together.
  private mutating func write(
    _ need: TableImage.Need, _ fault: FaultTimeline.Fault, _ unit: MachineUnit
  ) {
    // An entry that leads out of memory is what the unit could not read.
    let changed = need.words.filter {
      $0.key < memorySize && (memory[$0.key] ?? 0) != $0.value
    }.sorted { $0.key < $1.key }
    let isRewritten = changed.contains { (memory[$0.key] ?? 0) != 0 }
    guard !changed.isEmpty else { return }
    for assumption in need.assumptions { line("  # assumed: \(assumption)") }
    var runs: [(address: UInt64, words: [UInt64])] = []
    for (address, value) in changed {
      memory[address] = value
      if let last = runs.indices.last,
        runs[last].address + UInt64(runs[last].words.count) * 8 == address
      {
        runs[last].words.append(value)
      } else {
        runs.append((address, [value]))
      }
    }
    for run in runs {
      line(
        "  - write_memory: {address: 0x\(hex(run.address)), words: "
          + "[\(run.words.map { "0x" + hex($0) }.joined(separator: ", "))]}")
    }
    if isRewritten, dropsCaches {
      var command = GlobalCommand()
      command[flag: .translation] = true
      command[flag: .setRootTable] = true
      command[flag: .queuedInvalidation] = unit.extended[flag: .queuedInvalidation]
      command[flag: .interruptRemapping] =
        hasInterrupts && unit.extended[flag: .interruptRemapping]
      line("  # assumed: setting the root table anew, so that the unit sees the changed entries")
      line(
        "  - write_register: {unit: \(unit.name), offset: 0x\(hex(UInt64(RegisterOffset.gcmd))), "
          + "value: 0x\(hex(UInt64(command.rawValue)))}")
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
