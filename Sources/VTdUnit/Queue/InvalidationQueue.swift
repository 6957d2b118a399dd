import PhysicalMemory
import VTdFormats

// Queued invalidation (VT-d specification 6.5.2): descriptors from head to tail, one after another,
// done before the write of IQT returns.
extension RemappingUnit {
  /// Fetches and carries out descriptors until the queue is empty or stops.
  func runQueue(_ state: inout UnitState, _ effects: inout Effects) {
    let status: GlobalStatus = state.registers[image: RegisterOffset.gsts]
    if !status[flag: .queuedInvalidation] { return }
    let size = state.queue.address.byteCount
    let step = state.queue.address.descriptorBytes
    let first = state.queue.address[inPlace: .address]
    while true {
      // After an error nothing is fetched until software has seen it.
      if state.registers[RegisterOffset.fsts] & Self.queueErrors != 0 { return }
      let head = state.registers[quad: RegisterOffset.iqh]
      let tail = state.registers[quad: RegisterOffset.iqt]
      if tail & (step - 1) != 0 { return stopQueue(.misalignedTail, &state, &effects) }
      if tail >= size { return stopQueue(.invalidTail, &state, &effects) }
      if head == tail {
        if state.queue.silentDevice != nil { timeOut(&state, &effects) }
        return
      }
      guard let words = fetch(first &+ head, wide: step == 32) else {
        return stopQueue(.fetchFailed, &state, &effects)
      }
      if let error = execute(words, &state, &effects) {
        return stopQueue(error, &state, &effects)
      }
      // The size is a power of 2.
      state.registers[quad: RegisterOffset.iqh] = (head &+ step) & (size &- 1)
      if state.queue.confusedDevice != nil { noteWrongCompletion(&state, &effects) }
    }
  }

  private static var queueErrors: UInt32 {
    FaultStatus.queueErrors.rawValue
  }

  @inline(__always)
  private func fetch(_ address: UInt64, wide: Bool) -> SIMD4<UInt64>? {
    guard let first = word(address), let second = word(address &+ 8) else { return nil }
    if !wide { return SIMD4(first, second, 0, 0) }
    guard let third = word(address &+ 16), let fourth = word(address &+ 24) else { return nil }
    return SIMD4(first, second, third, fourth)
  }

  @inline(__always)
  private func word(_ address: UInt64) -> UInt64? {
    environment.pointee.plainMemory[address] ?? memory.load64(PhysicalAddress(rawValue: address))
  }

  /// IQE with its reason: the head stays where it is.
  private func stopQueue(
    _ information: QueueErrorInformation, _ state: inout UnitState, _ effects: inout Effects
  ) {
    if !configuration.quirks.contains(.noQueueErrorRecord) {
      var record: QueueErrorRecord = state.registers[image: RegisterOffset.iqercd]
      record[.information] = UInt64(information.rawValue)
      state.registers[image: RegisterOffset.iqercd] = record
    }
    effects.trace(.queueStopped(information))
    state.faults.update(&state.registers, &effects) { $0[flag: .invalidationQueueError] = true }
  }

  /// ICE for a device that answered what nobody had asked.
  private func noteWrongCompletion(_ state: inout UnitState, _ effects: inout Effects) {
    guard let device = state.queue.confusedDevice else { return }
    state.queue.confusedDevice = nil
    if !configuration.quirks.contains(.noQueueErrorRecord) {
      var record: QueueErrorRecord = state.registers[image: RegisterOffset.iqercd]
      record[.completionSource] = UInt64(device.rawValue)
      state.registers[image: RegisterOffset.iqercd] = record
    }
    state.faults.update(&state.registers, &effects) {
      $0[flag: .invalidationCompletionError] = true
    }
  }

  /// ITE for a device that did not answer; true if there was one.
  @discardableResult
  func timeOut(_ state: inout UnitState, _ effects: inout Effects) -> Bool {
    guard let device = state.queue.silentDevice else { return false }
    state.queue.silentDevice = nil
    if !configuration.quirks.contains(.noQueueErrorRecord) {
      var record: QueueErrorRecord = state.registers[image: RegisterOffset.iqercd]
      record[.timeOutSource] = UInt64(device.rawValue)
      state.registers[image: RegisterOffset.iqercd] = record
    }
    effects.trace(.deviceTimedOut(device))
    state.faults.update(&state.registers, &effects) { $0[flag: .invalidationTimeOutError] = true }
    return true
  }

  /// QIE: the queue starts at its first descriptor with the address that IQA holds now.
  func enableQueue(_ on: Bool, _ state: inout UnitState, _ effects: inout Effects) {
    let status: GlobalStatus = state.registers[image: RegisterOffset.gsts]
    if status[flag: .queuedInvalidation] == on { return }
    if !on && configuration.quirks.contains(.disableNeedsIdleQueue) {
      let idle =
        state.registers[quad: RegisterOffset.iqh] == state.registers[quad: RegisterOffset.iqt]
      if !idle || !state.queue.lastWasWait { return }
    }
    setStatus(.queuedInvalidation, on, &state)
    state.registers[quad: RegisterOffset.iqh] = 0
    let lastWasWait = state.queue.lastWasWait
    state.queue = QueueState()
    state.queue.lastWasWait = lastWasWait
    if on {
      state.queue.address = state.registers[image: RegisterOffset.iqa]
      runQueue(&state, &effects)
    }
  }
}
