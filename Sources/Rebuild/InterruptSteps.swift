internal import Diagnosis
internal import KernelLog
internal import LogReading
internal import PCI
internal import ScenarioFormat
internal import VTdFormats
internal import VTdUnit

/// Interrupts that a unit refused: the entry, or the register that leads to it, and the message.
extension ScenarioBuilder {
  mutating func interrupt(_ fault: FaultTimeline.Fault, _ index: UInt16) {
    let unit = log.units[log.unitIndex(of: fault.requester)]
    let table = log.interruptTable(of: unit)
    var message = RemappableAddress(handle: index)
    var data: UInt32 = 0
    var register: UInt64?
    switch fault.observation.faultReason {
    case .interruptRequestReserved:
      // With SHV the index is handle and data, and the data's upper half is reserved.
      message[flag: .subhandleValid] = true
      data = 0x1_0000
    case .interruptIndexBeyondTable:
      var value = InterruptTableAddress(rawValue: 0)
      value[inPlace: .address] = table
      // The largest table that does not have the index.
      let width = UInt64(UInt16.bitWidth - index.leadingZeroBitCount)
      value[.size] = width >= 2 ? width - 2 : 0
      register = value.rawValue
    case .interruptEntryRead:
      var value = InterruptTableAddress(rawValue: 0)
      value[inPlace: .address] = beyond
      value[.size] = Self.largestTable
      register = value.rawValue
    case .compatibilityFormatBlocked:
      message.rawValue = CompatibilityAddress(recordedIndex: index).rawValue
    case .interruptEntryReserved, .postedDescriptorAccess, .postedDescriptorReserved:
      let need = spoilt(fault, index, table)
      write(need, from: fault.requester, unit)
      forgetInterrupts(unit)
    default: break
    }
    if let register { setInterruptTable(register, of: unit) }
    var request = DMADescription(
      .address(fault.requester), .write, IOVA(rawValue: UInt64(message.rawValue)))
    request.data = data
    reachRecord(of: fault, by: .dma(request), on: unit)
    step(.dma(request), notes: ["line \(fault.line) of the log; assumed: the message's data"])
    useRecords(1, of: unit)
    stamp(fault, from: scenario.steps.count - 1)
    if register != nil {
      var good = InterruptTableAddress(rawValue: 0)
      good[inPlace: .address] = table
      good[.size] = Self.largestTable
      setInterruptTable(good.rawValue, of: unit)
    }
  }

  /// 2^16 entries, as the driver has them.
  private static let largestTable: UInt64 = 15

  /// An entry that the unit refuses.
  private func spoilt(_ fault: FaultTimeline.Fault, _ index: UInt16, _ table: UInt64)
    -> TableImage.Need
  {
    var need = TableImage.Need()
    var entry = InterruptEntry()
    entry[flag: .present] = true
    switch fault.observation.faultReason {
    case .postedDescriptorAccess, .postedDescriptorReserved:
      let isUnreadable = fault.observation.faultReason == .postedDescriptorAccess
      let descriptor = isUnreadable ? beyond : free + UInt64(page: 0x9008)
      entry[flag: .posted] = true
      var posted = PostedInterruptEntry(low: entry.low, high: entry.high)
      posted.descriptorAddress = descriptor
      (entry.low, entry.high) = (posted.low, posted.high)
      if !isUnreadable {
        var spoilt = PostedInterruptDescriptor()
        spoilt.setReservedBit(ofWord: 4)
        need.words[descriptor + 4 * 8] = spoilt[word: 4]
      }
      need.assumptions.append("the entry posts to a descriptor that is not as it should be")
    default:
      if let shown = shownEntry(index) {
        entry = shown
      } else {
        need.assumptions.append("the entry with a reserved bit set")
        entry.setReservedBit()
      }
    }
    need.words[table + UInt64(index) * InterruptEntry.byteCount] = entry.low
    need.words[table + UInt64(index) * InterruptEntry.byteCount + 8] = entry.high
    return need
  }

  /// The entry of that index with a reserved bit, where `ir_translation_struct` shows it.
  private func shownEntry(_ index: UInt16) -> InterruptEntry? {
    log.contents.debugfs.lazy.compactMap { row -> InterruptEntry? in
      guard case .interruptEntry(UInt32(index), _, let high, let low) = row.value else {
        return nil
      }
      var entry = InterruptEntry()
      (entry.low, entry.high) = (low, high)
      let isReserved =
        low & InterruptEntry.reservedMask(word: 0) | high & InterruptEntry.reservedMask(word: 1)
      return isReserved != 0 ? entry : nil
    }.first
  }

  private mutating func forgetInterrupts(_ unit: MachineUnit) {
    guard unit.extended[flag: .queuedInvalidation] else { return }
    var submission = EventAction.SubmissionStep()
    submission.unit = unit.name
    submission.descriptors = [[4] + Array(repeating: 0, count: unit.isScalable ? 3 : 1)]
    step(
      .event(.submit(submission)),
      notes: ["assumed: the unit has forgotten what it had of the changed entry"])
  }

  private mutating func setInterruptTable(_ value: UInt64, of unit: MachineUnit) {
    var command = command(of: unit)
    command[flag: .setInterruptTable] = true
    step(
      .writeRegister(
        .init(unit: unit.name, offset: RegisterOffset.irta, value: value, isWide: true)),
      notes: ["assumed: what the register held"])
    step(
      .writeRegister(
        .init(unit: unit.name, offset: RegisterOffset.gcmd, value: UInt64(command.rawValue))))
    forgetInterrupts(unit)
  }
}
