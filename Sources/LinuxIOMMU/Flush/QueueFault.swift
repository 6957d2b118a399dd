internal import KernelLog
internal import KernelProfiles
internal import KernelRuntime
internal import PCI
internal import VTdFormats

/// qi_check_fault and qi_dump_fault: what the driver does when the queue has stopped.
extension Flusher {
  func checkQueue(_ place: QueuePlace, of unit: IntelIOMMU, _ queue: InvalidationQueue)
    throws(DriverError) -> QueueCheck
  {
    if status(of: place.waitIndex, in: queue) == .aborted { return .again }
    let behaviour = kernel.build.behaviour
    let fault = FaultStatus(rawValue: unit.port.read32(at: RegisterOffset.fsts))
    if fault.hasQueueError, behaviour.queueErrors == .dump {
      try dumpQueue(fault, of: unit, queue)
    }

    if fault[flag: .invalidationQueueError], queue.headIndex(of: unit) == place.index {
      if behaviour.queueErrors != .dump {
        let words = descriptor(at: place.index, in: queue)
        try printQueue(.invalidDescriptor(qw0: words[0], qw1: words[1]))
      }
      // The refused descriptor becomes a second wait, so that the queue can go on.
      for word in 0..<(queue.width / 8) {
        let value = tables.load(queue.address(of: place.waitIndex) + word * 8)
        try tables.store(value, at: queue.address(of: place.index) + word * 8)
      }
      try clear(.invalidationQueueError, .queueErrorCleared, of: unit)
      return .refused
    }

    if fault[flag: .invalidationTimeOutError] {
      let record = QueueErrorRecord(rawValue: unit.port.read64(at: RegisterOffset.iqercd))
      let (head, tail) = (queue.headIndex(of: unit), queue.tailIndex(of: unit))
      try clear(.invalidationTimeOutError, .timeoutCleared, of: unit)
      if try !abortWaits(from: head, to: tail, in: queue) { return .stands }
      if behaviour.timeOutRetry == .presentDevices, isGone(record[.timeOutSource], from: unit) {
        return .gone
      }
      if status(of: place.waitIndex, in: queue) == .aborted { return .again }
    }

    if fault[flag: .invalidationCompletionError] {
      try clear(.invalidationCompletionError, .completionErrorCleared, of: unit)
    }
    return .fine
  }

  /// All waits that a time-out caught are marked, so that whoever polls one submits again. False
  /// where this never ends: from an odd place an even end is not met in steps of two.
  private func abortWaits(from head: Int, to tail: Int, in queue: InvalidationQueue)
    throws(DriverError) -> Bool
  {
    let isEach = kernel.build.behaviour.timeOutAbort == .all
    var index = queue.index(head, plus: -1)
    if !isEach { index |= 1 }
    let end = queue.index(tail, plus: -1)
    for _ in 0..<InvalidationQueue.length {
      if status(of: index, in: queue) == .inUse {
        try setStatus(.aborted, of: index, in: queue)
      }
      index = queue.index(index, plus: isEach ? -1 : -2)
      if index == end { return true }
    }
    return false
  }

  /// A source-id of 0 means that the unit has none to give.
  private func isGone(_ source: UInt64, from unit: IntelIOMMU) -> Bool {
    guard source != 0 else { return false }
    let id = SourceID(rawValue: UInt16(truncatingIfNeeded: source))
    return !pci.isPresent(PCIAddress(segment: unit.segment, sourceID: id))
  }

  private func dumpQueue(
    _ fault: FaultStatus, of unit: IntelIOMMU, _ queue: InvalidationQueue
  ) throws(DriverError) {
    let head = queue.headIndex(of: unit)
    let offset = UInt64(unit.port.read32(at: RegisterOffset.iqh))
    let record = QueueErrorRecord(rawValue: unit.port.read64(at: RegisterOffset.iqercd))
    if fault[flag: .invalidationQueueError] {
      try printQueue(.queueError(reason: record[.information]))
    }
    if fault[flag: .invalidationTimeOutError] {
      try printQueue(.timeout(source: record[.timeOutSource]))
    }
    if fault[flag: .invalidationCompletionError] {
      try printQueue(.completionError(source: record[.completionSource]))
    }
    for (position, index) in [
      (QueueErrorLine.Position.head, head), (.prior, queue.index(head, plus: -1)),
    ] {
      // A head that no queue has leads to memory 4 GiB behind it, where there is nothing.
      let isInside = position == .prior || offset < queue.width * UInt64(InvalidationQueue.length)
      let words = isInside ? descriptor(at: index, in: queue) : [0, 0]
      try printQueue(.descriptor(position, qw0: words[0], qw1: words[1]))
    }
  }

  private func descriptor(at index: Int, in queue: InvalidationQueue) -> [UInt64] {
    [tables.load(queue.address(of: index)), tables.load(queue.address(of: index) + 8)]
  }

  /// FSTS's error bits are cleared by writing ones. Kernels that dump also say so.
  private func clear(
    _ bit: BitField<FaultStatus>, _ line: QueueErrorLine, of unit: IntelIOMMU
  ) throws(DriverError) {
    var status = FaultStatus(rawValue: 0)
    status[flag: bit] = true
    unit.port.write32(status.rawValue, at: RegisterOffset.fsts)
    if kernel.build.behaviour.queueErrors == .dump { try printQueue(line) }
  }

  private func printQueue(_ line: QueueErrorLine) throws(DriverError) {
    kernel.print(.queueError(line))
    // Printing takes long: meanwhile another CPU may take the unit's interrupt.
    guard host.cpuCount > 1 else { return }
    try kernel.onOtherCPU { () throws(DriverError) in try host.takeInterrupts(.idle(cpu: 1)) }
  }
}

extension InvalidationQueue {
  /// The index that the unit stands at.
  func headIndex(of unit: IntelIOMMU) -> Int {
    index(Int(truncatingIfNeeded: unit.port.read64(at: RegisterOffset.iqh) / width))
  }

  func tailIndex(of unit: IntelIOMMU) -> Int {
    index(Int(truncatingIfNeeded: unit.port.read64(at: RegisterOffset.iqt) / width))
  }
}
