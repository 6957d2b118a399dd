import PhysicalMemory
import Synchronization
public import VTdFormats

/// A device's request to make a page present (PRI).
public struct PageRequest: Hashable, Sendable {
  /// The device that asks.
  public let source: SourceID
  /// The page that it asks for.
  public let address: IOVA
  /// The process whose address it is; nil for none.
  public let pasid: PASID?
  /// What it wants to do there.
  public let permissions: Permissions
  /// Whether it asks with supervisor privilege.
  public let isPrivileged: Bool
  /// The last of its group: software answers the group.
  public let isLast: Bool
  /// Page request group index, 9 bits.
  public let group: UInt16

  /// A request as it reaches the unit.
  public init(
    source: SourceID, address: IOVA, pasid: PASID? = nil, permissions: Permissions = [.read],
    isPrivileged: Bool = false, isLast: Bool = true, group: UInt16 = 0
  ) {
    self.source = source
    self.address = address
    self.pasid = pasid
    self.permissions = permissions
    self.isPrivileged = isPrivileged
    self.isLast = isLast
    self.group = group & 0x1ff
  }

  /// The descriptor that software finds in the queue.
  public var descriptor: PageRequestDescriptor {
    var descriptor = PageRequestDescriptor()
    descriptor[.requesterID] = UInt64(source.rawValue)
    descriptor[flag: .pasidPresent] = pasid != nil
    descriptor[.pasid] = UInt64(pasid?.rawValue ?? 0)
    descriptor[flag: .executeRequested] = permissions.contains(.execute)
    descriptor[flag: .privilegedMode] = isPrivileged
    descriptor[flag: .readRequested] = permissions.contains(.read)
    descriptor[flag: .writeRequested] = permissions.contains(.write)
    descriptor[flag: .lastInGroup] = isLast
    descriptor[.groupIndex] = UInt64(group)
    descriptor[inPlace: .address] = address.rawValue
    return descriptor
  }
}

/// The answer to a page request group, as the device gets it.
public struct PageGroupResponse: Hashable, Sendable {
  /// The group that is answered.
  public let group: UInt16
  /// The PASID that the answer carries; nil for none.
  public let pasid: PASID?
  /// Nil for a code that PCI Express does not define.
  public let code: PageResponseCode?

  /// An answer; `code` is nil for one that the specification reserves.
  public init(group: UInt16, pasid: PASID?, code: PageResponseCode?) {
    self.group = group
    self.pasid = pasid
    self.code = code
  }
}

/// What became of a page request.
public enum PageRequestOutcome: Hashable, Sendable {
  /// Written to the queue, at this byte offset.
  case queued(offset: UInt64)
  /// The queue is full or cannot be written: PRO is set, the device gets a failure.
  case overflowed
  /// The tables do not allow it: the device gets a failure.
  case blocked(FaultReason, FaultDisposition)
  /// Remapping is off, or aborts every DMA: the device gets a failure.
  case refused
}

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
