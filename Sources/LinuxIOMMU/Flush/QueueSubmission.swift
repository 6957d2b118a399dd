internal import KernelProfiles
internal import KernelRuntime
internal import PhysicalMemory
internal import VTdFormats

/// How a submission to the invalidation queue ended.
enum QueueOutcome: Hashable {
  case done
  /// The unit refused the descriptor (-EINVAL).
  case refused
  /// The device that did not answer is gone (-ETIMEDOUT).
  case gaveUp
  /// The driver waits for something that does not happen: a real CPU hangs here, with interrupts off,
  /// until its watchdog ends it.
  case hangs
}

/// qi_submit_sync: descriptors, a wait descriptor behind them, the tail moved, the status polled.
extension Flusher {
  /// How often a submission is made again after a time-out before it counts as hanging. The kernel
  /// has no limit: it goes on until the device answers.
  private static let rounds = 3

  @discardableResult
  func submit(_ descriptor: some InvalidationDescriptor, to unit: IntelIOMMU) throws(DriverError)
    -> QueueOutcome
  {
    try submit([descriptor.words], to: unit)
  }

  /// - Parameters:
  ///   - descriptors: the words of each; a wait descriptor follows the last.
  ///   - drains: QI_OPT_WAIT_DRAIN, the wait is for page requests too.
  @discardableResult
  func submit(_ descriptors: [[UInt64]], drains: Bool = false, to unit: IntelIOMMU)
    throws(DriverError) -> QueueOutcome
  {
    guard let queue = unit.queue, kernel.death == nil else { return .done }
    var outcome = QueueOutcome.done
    for _ in 0..<Self.rounds {
      kernel.stack.push("qi_submit_sync")
      defer { kernel.stack.pop() }
      let saved = kernel.acquire(unit.queueLock, .irqsave)
      defer { kernel.release(unit.queueLock, restoring: saved) }
      let check = try submitOnce(descriptors, drains: drains, to: unit, queue)
      switch check {
      case .fine: return .done
      case .refused: outcome = .refused
      case .gone: outcome = .gaveUp
      case .stands: outcome = .hangs
      case .again:
        outcome = .hangs
        continue
      }
      break
    }
    if outcome == .hangs { kernel.hang(on: unit.name) }
    return outcome
  }

  private func submitOnce(
    _ descriptors: [[UInt64]], drains: Bool, to unit: IntelIOMMU, _ queue: InvalidationQueue
  ) throws(DriverError) -> QueueCheck {
    let index = queue.next
    let waitIndex = queue.index(index, plus: descriptors.count)
    for (offset, words) in descriptors.enumerated() {
      let slot = queue.index(index, plus: offset)
      try place(words, at: slot, in: queue)
      try setStatus(.inUse, of: slot, in: queue)
    }
    try setStatus(.inUse, of: waitIndex, in: queue)
    var wait = WaitDescriptor()
    wait[flag: .statusWrite] = true
    wait[.statusData] = UInt64(InvalidationQueue.Status.done.rawValue)
    wait[flag: .pageRequestDrain] = drains
    wait[inPlace: .statusAddress] = queue.statusAddress(of: waitIndex)
    try place(wait.words, at: waitIndex, in: queue)
    queue.next = queue.index(waitIndex, plus: 1)
    unit.port.write64(UInt64(queue.next) * queue.width, at: RegisterOffset.iqt)

    let check = try poll(QueuePlace(index: index, waitIndex: waitIndex), of: unit, queue)
    // What was submitted is reclaimed, whatever became of it.
    for offset in 0...descriptors.count {
      try setStatus(.free, of: queue.index(index, plus: offset), in: queue)
    }
    return check
  }

  /// Looks at the wait's status, and for errors, until one of them says that it is over.
  private func poll(_ place: QueuePlace, of unit: IntelIOMMU, _ queue: InvalidationQueue)
    throws(DriverError) -> QueueCheck
  {
    var last: UInt32?
    while status(of: place.waitIndex, in: queue) != .done {
      let check = try checkQueue(place, of: unit, queue)
      if check != .fine { return check }
      // The unit works while a write to one of its registers is under way. If nothing was cleared
      // since the last look, nothing is going to happen any more.
      let status = unit.port.read32(at: RegisterOffset.fsts)
      if status == last { return .stands }
      last = status
    }
    return .fine
  }

  func status(of index: Int, in queue: InvalidationQueue) -> InvalidationQueue.Status? {
    tables.memory.load32(PhysicalAddress(rawValue: queue.statusAddress(of: index)))
      .flatMap { InvalidationQueue.Status(rawValue: $0) }
  }

  func setStatus(
    _ status: InvalidationQueue.Status, of index: Int, in queue: InvalidationQueue
  ) throws(DriverError) {
    let address = PhysicalAddress(rawValue: queue.statusAddress(of: index))
    guard tables.memory.store32(status.rawValue, at: address) else {
      throw DriverError(.outsideMemory(address))
    }
  }

  private func place(_ words: [UInt64], at index: Int, in queue: InvalidationQueue)
    throws(DriverError)
  {
    let padded = words + Array(repeating: 0, count: max(0, Int(queue.width / 8) - words.count))
    for (offset, word) in padded.prefix(Int(queue.width / 8)).enumerated() {
      try tables.store(word, at: queue.address(of: index) + UInt64(offset) * 8)
    }
  }
}

/// Where a submission lies in the queue.
struct QueuePlace {
  /// Of its first descriptor.
  let index: Int
  let waitIndex: Int
}

/// What one look at the unit's errors says.
enum QueueCheck: Hashable {
  /// Nothing that concerns this submission.
  case fine
  case again
  case refused
  case gone
  case stands
}
