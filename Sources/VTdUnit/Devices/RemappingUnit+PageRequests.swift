import PhysicalMemory
import Synchronization
import VTdFormats

// Page requests (VT-d specification 7.4 to 7.7).
extension RemappingUnit {
  /// Takes a device's page request.
  public func pageRequest(_ request: PageRequest) -> PageRequestOutcome {
    let outcome = place(request)
    if case .queued = outcome { return outcome }
    // A group is answered once: with its last request.
    if !request.isLast { return outcome }
    devices.withLock { $0[request.source] }?.receive(
      PageGroupResponse(group: request.group, pasid: request.pasid, code: .failure))
    return outcome
  }

  private func place(_ request: PageRequest) -> PageRequestOutcome {
    let control = control.load(ordering: .acquiring)
    let root = RootTableAddress(rawValue: control & ControlBits.root)
    if control & ControlBits.translationEnabled == 0 || root.mode == .abortDMA { return .refused }
    let dma = DMARequest(
      source: request.source, address: request.address,
      access: request.permissions.contains(.write) ? .write : .read, pasid: request.pasid,
      isPrivileged: request.isPrivileged, isExecute: request.permissions.contains(.execute))
    var context = RequestContext()
    var walker = Walker(environment, updatesMemory: false, observer: SilentObserver())
    let reason = walker.findPageRequestContext(dma, root: root, &context)
    if reason == 0 { return change { enqueue(request, &$0, &$1) } }
    let cause = FaultReason(rawValue: reason)
    if context.flags.contains(.faultProcessingDisabled) {
      return .blocked(cause, .faultProcessingDisabled)
    }
    var record = record(of: dma, cause, WalkResult(reason: reason), context)
    record.type = .pageRequest
    return .blocked(
      cause,
      change { state, effects in
        state.faults.record(record, &state.registers, &effects, memory)
      })
  }

  private func enqueue(
    _ request: PageRequest, _ state: inout UnitState, _ effects: inout Effects
  ) -> PageRequestOutcome {
    let queue: PageRequestQueueAddress = state.registers[image: RegisterOffset.pqa]
    let head = state.registers[quad: RegisterOffset.pqh]
    let tail = state.registers[quad: RegisterOffset.pqt] % queue.byteCount
    let next = (tail + PageRequestDescriptor.byteCount) % queue.byteCount
    var status: PageRequestStatus = state.registers[image: RegisterOffset.prs]
    let wasPending = status[flag: .pendingRequest] || status[flag: .overflow]
    let address = queue[inPlace: .address] &+ tail
    let fits = !status[flag: .overflow] && next != head
    let isWritten =
      fits
      && request.descriptor.words.enumerated().allSatisfy { index, word in
        memory.store64(word, at: PhysicalAddress(rawValue: address &+ UInt64(index) * 8))
      }
    if isWritten {
      state.registers[quad: RegisterOffset.pqt] = next
      status[flag: .pendingRequest] = true
    } else {
      status[flag: .overflow] = true
    }
    state.registers[image: RegisterOffset.prs] = status
    if !wasPending { EventSource.pageRequest.raise(&state.registers, &effects) }
    return isWritten ? .queued(offset: tail) : .overflowed
  }

  /// Software wrote PRS: with nothing pending a message that waits is dropped.
  func pageRequestStatusWritten(_ state: inout UnitState) {
    let status: PageRequestStatus = state.registers[image: RegisterOffset.prs]
    if !status[flag: .pendingRequest] && !status[flag: .overflow] {
      EventSource.pageRequest.cancel(&state.registers)
    }
  }

  /// A page-group response descriptor goes to the device.
  func respond(_ words: SIMD4<UInt64>) -> QueueErrorInformation? {
    let descriptor = PageGroupResponseDescriptor(low: words[0], high: words[1])
    if descriptor.hasReservedBits { return .reservedField }
    let pasid = PASID(rawValue: UInt32(truncatingIfNeeded: descriptor[.pasid]))
    let source = SourceID(rawValue: UInt16(truncatingIfNeeded: descriptor[.requesterID]))
    devices.withLock { $0[source] }?.receive(
      PageGroupResponse(
        group: UInt16(truncatingIfNeeded: descriptor[.groupIndex]),
        pasid: descriptor[flag: .pasidPresent] ? pasid : nil,
        code: PageResponseCode(rawValue: UInt8(truncatingIfNeeded: descriptor[.responseCode]))))
    return nil
  }
}
