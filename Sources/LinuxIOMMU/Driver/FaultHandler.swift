internal import KernelLog
internal import VTdFormats

/// dmar_fault: what the CPU does in the unit's interrupt.
extension IntelIOMMUDriver {
  /// Reads, prints and clears every pending record of `unit`.
  func handleFaults(of unit: IntelIOMMU) {
    kernel.call("dmar_fault") {
      var saved = kernel.acquire(unit.registerLock, .irqsave)
      let status = FaultStatus(rawValue: unit.port.read32(at: RegisterOffset.fsts))
      if status.rawValue != 0, isAllowed() {
        let line = FaultStatusLine(status: status.rawValue)
        kernel.print(.faultLine, line.text(kernel.build.behaviour.faultLines))
      }
      guard status[flag: .primaryPendingFault] else {
        kernel.release(unit.registerLock, restoring: saved)
        return
      }

      var index = Int(status[.faultRecordIndex])
      while true {
        // The limiter is asked before it is known whether there is a record, so the round that
        // ends the loop costs one as well.
        let isLimited = !isAllowed()
        let record = unit.faultRecord(at: index, withFields: !isLimited)
        guard let record else { break }
        unit.clearFaultRecord(at: index)

        // Printing takes long, so the handler lets go of the registers meanwhile.
        kernel.release(unit.registerLock, restoring: saved)
        if !isLimited { handle(record, of: unit) }
        index += 1
        if index >= unit.capability.faultRecordCount { index = 0 }
        saved = kernel.acquire(unit.registerLock, .irqsave)
      }
      unit.port.write32(FaultStatus.clearedByHandler.rawValue, at: RegisterOffset.fsts)
      kernel.release(unit.registerLock, restoring: saved)
    }
  }

  /// Asks the limiter, which reports what it suppressed when a new window begins.
  private func isAllowed() -> Bool {
    let decision = limiter.ask(at: kernel.timer.now)
    if decision.suppressed > 0 {
      kernel.print(.suppressedLine, SuppressedLine(count: decision.suppressed).text)
    }
    return decision.isAllowed
  }

  /// dmar_fault_do_one.
  private func handle(_ record: FaultRecord, of unit: IntelIOMMU) {
    kernel.call("dmar_fault_do_one") {
      let line = FaultLine(
        reason: record.reason.rawValue, isRead: record[flag: .type1], pasid: record.pasid,
        source: record.source, faultInfo: record.low)
      faults.append(line)
      kernel.print(.faultLine, line.text(kernel.build.behaviour.faultLines))
      guard case .dma(_, let pasid, let address) = line.request else { return }
      if kernel.build.configuration.dumpsTables, kernel.build.behaviour.tableWalk != .none {
        dump(for: record.source, address: address, pasid: pasid, of: unit)
      }
    }
  }
}

extension FaultStatus {
  /// What the handler writes when it is done: the overflow, the pending bit (which is read only)
  /// and the page-request overflow of older specifications, bit 7.
  fileprivate static let clearedByHandler = FaultStatus(rawValue: 0x83)
}

extension IntelIOMMU {
  private func faultRecordOffset(_ index: Int) -> Int {
    capability.faultRecordOffset + index * FaultRecord.bitWidth / 8
  }

  /// The record at `index`, nil if its F bit is clear. The handler reads the upper dword first, and
  /// the rest only if it is going to print it.
  func faultRecord(at index: Int, withFields: Bool) -> FaultRecord? {
    let offset = faultRecordOffset(index)
    var record = FaultRecord()
    record.high = UInt64(port.read32(at: offset + 12)) << 32
    guard record[flag: .fault] else { return nil }
    if withFields {
      record.high |= UInt64(port.read32(at: offset + 8))
      record.low = port.read64(at: offset)
    }
    return record
  }

  func clearFaultRecord(at index: Int) {
    var clear = FaultRecord()
    clear[flag: .fault] = true
    port.write32(
      UInt32(truncatingIfNeeded: clear.high >> 32), at: faultRecordOffset(index) + 12)
  }
}
