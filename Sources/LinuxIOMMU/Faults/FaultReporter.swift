internal import KernelLog
internal import KernelProfiles
internal import KernelRuntime
internal import VTdFormats

/// dmar_fault: what the CPU does in a unit's interrupt. It reads, prints and clears records, and
/// remembers what it printed.
final class FaultReporter {
  let kernel: KernelContext
  let tables: TableMemory
  let pci: PCICore
  let functionTable: FunctionTable
  /// Somebody else programs the units: the driver only tells what they record.
  var isBystander = false
  /// The fault lines printed so far, and the dumps behind them.
  private(set) var faults: [FaultLine] = []
  var dumps: [DumpOutcome] = []
  /// One limiter for all units.
  private var limiter = RateLimiter()

  init(
    in kernel: KernelContext, tables: TableMemory, pci: PCICore, functionTable: FunctionTable
  ) {
    self.kernel = kernel
    self.tables = tables
    self.pci = pci
    self.functionTable = functionTable
  }

  /// Reads, prints and clears every pending record of `unit`.
  func handleFaults(of unit: IntelIOMMU) {
    kernel.call("dmar_fault") {
      let behaviour = kernel.build.behaviour
      // Where the limiter is asked once an interrupt, it is asked before anything is read.
      let isLimited = behaviour.rateLimit == .interrupt && !isAllowed()
      let saved = kernel.acquire(unit.registerLock, .irqsave)
      let status = FaultStatus(rawValue: unit.port.read32(at: RegisterOffset.fsts))
      if status.rawValue != 0, isPrinted(unless: isLimited) {
        kernel.print(.status(FaultStatusLine(status: status.rawValue)))
      }
      var held = saved
      if status[flag: .primaryPendingFault] {
        held = handleRecords(of: unit, from: status, isLimited: isLimited, restoring: saved)
        if kernel.death != nil { return }
      } else if behaviour.statusClear == .primaryFaults {
        kernel.release(unit.registerLock, restoring: saved)
        return
      }
      let cleared =
        behaviour.statusClear == .everything
        ? unit.port.read32(at: RegisterOffset.fsts) : FaultStatus.clearedByHandler.rawValue
      unit.port.write32(cleared, at: RegisterOffset.fsts)
      kernel.release(unit.registerLock, restoring: held)
    }
  }

  /// The loop over the ring of records, from the one that FSTS names. The lock is held before and
  /// after it.
  private func handleRecords(
    of unit: IntelIOMMU, from status: FaultStatus, isLimited: Bool, restoring: SavedInterrupts
  ) -> SavedInterrupts {
    var saved = restoring
    var index = Int(status[.faultRecordIndex])
    for _ in 0..<Self.mostRecords {
      // The limiter is asked before it is known whether there is a record, so the round that ends
      // the loop costs one as well.
      let isPrinted = isPrinted(unless: isLimited)
      guard let record = unit.faultRecord(at: index, withFields: isPrinted) else { return saved }
      unit.clearFaultRecord(at: index)

      // Printing takes long, so the handler lets go of the registers meanwhile.
      kernel.release(unit.registerLock, restoring: saved)
      if isPrinted {
        handle(record, of: unit, UnitTables(root: unit.rootTable, isScalable: unit.isScalable))
      }
      if kernel.death != nil { return saved }
      index += 1
      if index >= unit.capability.faultRecordCount { index = 0 }
      saved = kernel.acquire(unit.registerLock, .irqsave)
    }
    kernel.hang(on: unit.name)
    return saved
  }

  /// How many records the handler reads before it counts as hanging: those of a unit that is gone
  /// cannot be cleared. The kernel has no limit.
  private static let mostRecords = 1024

  /// Whether the next line is printed, asking the limiter where a line is what it is asked about.
  private func isPrinted(unless isLimited: Bool) -> Bool {
    switch kernel.build.behaviour.rateLimit {
    case .none: true
    case .interrupt: !isLimited
    case .round: isAllowed()
    }
  }

  /// What the handler would print of one record, for a unit that somebody else programs: the tables
  /// are those that RTADDR points to, and the record stays as it is.
  func report(recordAt index: Int, of unit: IntelIOMMU) {
    kernel.call("dmar_fault") {
      let pointer = RootTableAddress(rawValue: unit.port.read64(at: RegisterOffset.rtaddr))
      let walked = UnitTables(
        root: PhysicalAddress(rawValue: pointer[inPlace: .rootTable]),
        isScalable: pointer.mode == .scalable)
      let status = unit.port.read32(at: RegisterOffset.fsts)
      guard let record = unit.faultRecord(at: index, withFields: true) else { return }
      kernel.print(.status(FaultStatusLine(status: status)))
      handle(record, of: unit, walked)
    }
  }

  /// Asks the limiter, which reports what it suppressed when a new window begins.
  private func isAllowed() -> Bool {
    let decision = limiter.ask(at: kernel.timer.now)
    if decision.suppressed > 0 {
      kernel.print(.suppressed(SuppressedLine(count: decision.suppressed)))
    }
    return decision.isAllowed
  }

  /// dmar_fault_do_one.
  private func handle(_ record: FaultRecord, of unit: IntelIOMMU, _ walked: UnitTables) {
    kernel.call("dmar_fault_do_one") {
      let line = FaultLine(
        reason: record.reason.rawValue, isRead: record[flag: .type1], pasid: record.pasid,
        source: record.source, segment: UInt16(truncatingIfNeeded: unit.segment),
        faultInfo: record.low)
      faults.append(line)
      kernel.print(.fault(line))
      guard case .dma(_, let pasid, let address) = line.request else { return }
      if kernel.build.configuration.dumpsTables, kernel.build.behaviour.tableWalk != .none {
        dump(walked, for: record.source, address: address, pasid: pasid, of: unit)
      }
    }
  }
}

extension FaultStatus {
  /// DMA_FSTS_PRO, the page-request overflow of older specifications.
  private static let formerPageRequestOverflow: UInt32 = 1 << 7

  /// What the handler writes when it is done: the overflow, the pending bit (which is read only)
  /// and the page-request overflow.
  fileprivate static var clearedByHandler: FaultStatus {
    var status = FaultStatus(rawValue: formerPageRequestOverflow)
    status[flag: .primaryFaultOverflow] = true
    status[flag: .primaryPendingFault] = true
    return status
  }
}

extension IntelIOMMU {
  private func faultRecordOffset(_ index: Int) -> Int {
    capability.faultRecordOffset + index * FaultRecord.byteCount
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
