internal import LogReading
internal import ScenarioFormat
internal import VTdFormats

/// In which of its records a unit keeps a fault: `fault status reg 302` names the fourth one. A log begins
/// anywhere in a unit's life, and the limiter leaves lines out; the ones before were used by what is not in
/// the log.
extension ScenarioBuilder {
  /// Uses records until the next one is that of the fault's status: the request is refused while no interrupt
  /// tells the kernel, and its records are cleared.
  mutating func reachRecord(
    of fault: FaultTimeline.Fault, by request: StepAction, on unit: MachineUnit
  ) {
    let count = unit.capability.faultRecordCount
    guard case .dma(var dma) = request, count > 1, let status = fault.firstRecord, status < count
    else { return }
    let next = (usedRecords[unit.name] ?? 0) % count
    let gap = (status - next + count) % count
    guard gap > 0 else { return }
    let mask = BitField<EventControl>.interruptMask.mask
    step(
      .writeRegister(.init(unit: unit.name, offset: RegisterOffset.fectl, value: mask)),
      notes: ["assumed: as many faults before as use the records up to that of the status"])
    dma.count = gap
    step(.dma(dma))
    for record in 0..<gap {
      // F is cleared by writing 1.
      let place = unit.capability.faultRecordOffset + (next + record) % count * 16
      step(
        .writeRegister(
          .init(
            unit: unit.name, offset: place + 8, value: BitField<FaultRecord>.fault.mask,
            isWide: true)))
    }
    step(.writeRegister(.init(unit: unit.name, offset: RegisterOffset.fectl, value: 0)))
    usedRecords[unit.name] = next + gap
  }

  /// Counts the records that a request takes.
  mutating func useRecords(_ count: Int, of unit: MachineUnit) {
    usedRecords[unit.name, default: 0] += count
  }
}

extension FaultTimeline.Fault {
  /// FSTS.FRI where the status line of the fault says that there is a record.
  var firstRecord: Int? {
    guard let status = status.map(FaultStatus.init), status[flag: .primaryPendingFault] else {
      return nil
    }
    return Int(status[.faultRecordIndex])
  }
}
