import PhysicalMemory
import VTdFormats

/// Primary fault logging (VT-d specification 7.2, 7.3): a ring of records, one status register.
struct FaultRecording {
  /// Offset of the first record.
  let offset: Int
  let count: Int
  let quirks: UnitQuirks
  /// The record whose turn it is.
  private var next = 0
  private var log = AdvancedFaultLog()

  init(_ configuration: UnitConfiguration) {
    offset = configuration.capability.faultRecordOffset
    count = configuration.capability.faultRecordCount
    quirks = configuration.quirks
  }

  mutating func reset() {
    next = 0
    log = AdvancedFaultLog()
  }

  /// SFL: from now on the log is where AFLOG says, and empty.
  mutating func latchLog(_ address: FaultLogAddress) { log = AdvancedFaultLog(address) }

  /// Records a fault, or says why not.
  mutating func record(
    _ fault: FaultRecord, _ registers: inout RegisterFile, _ effects: inout Effects,
    _ memory: PhysicalMemory
  ) -> FaultDisposition {
    let status: GlobalStatus = registers[image: RegisterOffset.gsts]
    let disposition =
      status[flag: .advancedFaultLogging]
      ? write(fault, &registers, &effects, memory) : place(fault, &registers, &effects)
    switch disposition {
    // Told before the event that it raises: what causes something stands before it.
    case .recorded, .overflowed: break
    default: effects.trace(.faultDropped(fault, disposition))
    }
    return disposition
  }

  private mutating func place(
    _ fault: FaultRecord, _ registers: inout RegisterFile, _ effects: inout Effects
  ) -> FaultDisposition {
    let before: FaultStatus = registers[image: RegisterOffset.fsts]
    if before[flag: .primaryFaultOverflow] { return .overflowPending }
    if quirks.contains(.foldFaultsOfPendingSource),
      let index = pendingRecord(of: fault.source, registers)
    {
      return .folded(index: index)
    }
    let place = offset + next * FaultRecord.byteCount
    if registers[record: place][flag: .fault] {
      // PPF is set, for this record is pending: the event was raised when the first one came.
      effects.trace(.faultDropped(fault, .overflowed))
      update(&registers, &effects) { $0[flag: .primaryFaultOverflow] = true }
      return .overflowed
    }
    let index = next
    var record = fault
    record[flag: .fault] = true
    registers[record: place] = record
    effects.trace(.faultRecorded(record, index: index))
    next = (next + 1) % count
    update(&registers, &effects) { status in
      if !status[flag: .primaryPendingFault] {
        status[flag: .primaryPendingFault] = true
        status[.faultRecordIndex] = UInt64(index)
      }
    }
    return .recorded(index: index)
  }

  /// Advanced fault logging: the record goes to memory, APF says that there is one, and once the log
  /// is full AFO that one was lost. Only SFL makes room again.
  private mutating func write(
    _ fault: FaultRecord, _ registers: inout RegisterFile, _ effects: inout Effects,
    _ memory: PhysicalMemory
  ) -> FaultDisposition {
    let before: FaultStatus = registers[image: RegisterOffset.fsts]
    if before[flag: .advancedFaultOverflow] { return .overflowPending }
    var record = fault
    record[flag: .fault] = true
    guard let index = log.append(record, to: memory) else {
      effects.trace(.faultDropped(fault, .overflowed))
      update(&registers, &effects) { $0[flag: .advancedFaultOverflow] = true }
      return .overflowed
    }
    effects.trace(.faultRecorded(record, index: index))
    update(&registers, &effects) { $0[flag: .advancedPendingFault] = true }
    return .recorded(index: index)
  }

  private func pendingRecord(of source: SourceID, _ registers: RegisterFile) -> Int? {
    (0..<count).first {
      let record = registers[record: offset + $0 * FaultRecord.byteCount]
      return record[flag: .fault] && record.source == source
    }
  }

  /// Changes FSTS from the hardware's side and raises the event if that makes it pending.
  func update(
    _ registers: inout RegisterFile, _ effects: inout Effects,
    _ change: (inout FaultStatus) -> Void
  ) {
    let before: FaultStatus = registers[image: RegisterOffset.fsts]
    var after = before
    change(&after)
    registers[image: RegisterOffset.fsts] = after
    if !before.isPending && after.isPending { EventSource.fault.raise(&registers, &effects) }
  }

  /// Software wrote a record's F: PPF is the OR of all of them.
  func recordWritten(_ registers: inout RegisterFile) {
    let pending = (0..<count).contains {
      registers[record: offset + $0 * FaultRecord.byteCount][flag: .fault]
    }
    var status: FaultStatus = registers[image: RegisterOffset.fsts]
    status[flag: .primaryPendingFault] = pending
    registers[image: RegisterOffset.fsts] = status
    if !quirks.contains(.pendingBitNeedsStatusWrite) { statusWritten(&registers) }
  }

  /// Software may have cleared the last cause: then a message that waits for IM is dropped.
  func statusWritten(_ registers: inout RegisterFile) {
    let status: FaultStatus = registers[image: RegisterOffset.fsts]
    if !status.isPending { EventSource.fault.cancel(&registers) }
  }
}
