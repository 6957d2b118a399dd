internal import Diagnosis
internal import KernelLog
internal import LogReading
internal import PCI
internal import Text
internal import VTdFormats

// What a fault, and a stop of a queue, show beyond their own lines.

extension FaultTimeline.Fault {
  /// Who sent the request.
  var requester: PCIAddress {
    PCIAddress(segment: UInt32(observation.segment ?? 0), sourceID: observation.source)
  }

  /// An interrupt whose reason the driver does not know as one: it prints the record as a DMA's, with
  /// the interrupt's index in the upper bits of its address.
  var isPostedInterrupt: Bool {
    guard case .dma = observation.request else { return false }
    return observation.faultReason?.row?.structure == .postedDescriptor
  }

  /// The dumped context entry lets no request with a PASID through.
  var sendsNoPASIDs: Bool {
    guard let context = dump?.context, dump?.scalableRoot != nil else { return false }
    return !ScalableContextEntry(words: [context.low, context.high])[flag: .pasidEnable]
  }

  /// What could not be read by the unit's word lies there in the dump: QEMU 7.2 has this reason for
  /// all that is wrong with PASID tables.
  var isMisreadPASIDEntry: Bool {
    observation.reason == FaultReason.pasidEntryRead.rawValue
      && (dump?.pasidEntry != nil || dump?.stop == .noPASIDTable || dump?.stop == .noPASIDDirectory)
  }
}

extension FaultTimeline {
  /// The status that the handler printed of a stop, and whether in front of what the driver says of it:
  /// the unit's interrupt comes while the driver's lines are printed, or before it looks.
  func status(of stop: QueueStop) -> (status: LoneStatus, isFirst: Bool)? {
    for status in loneStatuses
    where status.position == stop.position && FaultStatus(rawValue: status.value).tellsOfQueueAlone
      && status.place.file == stop.place.file
    {
      if stop.place < status.place, status.place < stop.end { return (status, false) }
      // Nothing of the driver stands between the two.
      let next = lines.countInFront(of: { status.place < $0.place })
      if lines.indices.contains(next), lines[next].place == stop.place { return (status, true) }
    }
    return nil
  }
}

extension FaultStatus {
  /// Whether it tells that the queue stopped, and of no record.
  var tellsOfQueueAlone: Bool { hasQueueError && !self[flag: .primaryPendingFault] }
}

extension FaultTimeline.QueueStop {
  /// Every register read as ones.
  var isGone: Bool {
    lines.contains(.queueError(reason: QueueErrorLine.reasonOfOnes)) && lines.count > 1
      && device == nil
  }

  var isWrongCompletion: Bool {
    lines.contains { if case .completionError = $0 { true } else { false } }
  }

  /// The descriptor that the unit refused.
  var refused: (qw0: UInt64, qw1: UInt64)? {
    var isRefusal = false
    for line in lines {
      switch line {
      case .invalidDescriptor(let qw0, let qw1): return (qw0, qw1)
      case .queueError(let reason): isRefusal = reason != QueueErrorLine.reasonOfOnes
      case .timeout, .completionError: return nil
      case .descriptor(.head, let qw0, let qw1) where isRefusal: return (qw0, qw1)
      default: break
      }
    }
    guard isRefusal else { return nil }
    var assumed = IOTLBDescriptor()
    assumed.granularity = .global
    // Bit 63 is reserved.
    assumed.low |= 1 << 63
    return (assumed.low, assumed.high)
  }

  /// The device that did not answer, or not right: by the unit's word, else by the descriptor that
  /// the line of the queue's head shows.
  var device: PCIAddress? {
    for line in lines {
      switch line {
      case .timeout(let source), .completionError(let source):
        if source != 0, source != 0xffff, let id = UInt16(exactly: source) {
          return PCIAddress(sourceID: SourceID(rawValue: id))
        }
      case .descriptor(_, let qw0, let qw1)
      where DescriptorHeader(rawValue: qw0)[.typeLow] == UInt64(DescriptorType.deviceTLB.rawValue):
        let source = DeviceTLBDescriptor(low: qw0, high: qw1)[.sourceID]
        return PCIAddress(sourceID: SourceID(rawValue: UInt16(truncatingIfNeeded: source)))
      default: break
      }
    }
    return nil
  }
}
