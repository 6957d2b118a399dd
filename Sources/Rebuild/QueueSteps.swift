internal import Diagnosis
internal import KernelLog
internal import LogReading
internal import PCI
internal import ScenarioFormat
internal import VTdFormats

/// What makes an invalidation queue stop as the log says it did.
extension ScenarioBuilder {
  mutating func queueStop(_ stop: FaultTimeline.QueueStop) {
    let first = scenario.steps.count
    defer {
      if plan.usesTimes, first < scenario.steps.count {
        scenario.steps[scenario.steps.count - 1].times = stop.ascendingTimes
      }
    }
    let notes = ["line \(stop.place.line) of the log"]
    stopCount += 1
    if let refused = stop.refused {
      var submission = EventAction.SubmissionStep()
      submission.unit = unitName
      submission.descriptors = [[refused.qw0, refused.qw1]]
      return step(.event(.submit(submission)), notes: notes)
    }
    guard let device = stop.device ?? anyFunction else {
      stopCount -= 1
      return
    }
    var flush = EventAction.DeviceFlushStep()
    flush.device = .address(device)
    if stop.isGone {
      step(.event(.unitStops(unitName)), notes: notes)
    } else {
      var cache = EventAction.DeviceTLBStep()
      cache.device = flush.device
      cache.answersTwice = stop.isWrongCompletion
      cache.unanswered = stop.isWrongCompletion ? 0 : 1
      step(.event(.deviceTLB(cache)), notes: notes)
    }
    step(.event(.flushDeviceTLB(flush)))
  }

  /// Devices that stops of queues are about, which have to be on the bus.
  var queueDevices: [PCIAddress] {
    var devices: [PCIAddress] = []
    for stop in timeline.queueStops {
      if let device = stop.device ?? (stop.refused == nil ? anyFunction : nil),
        !devices.contains(device)
      {
        devices.append(device)
      }
    }
    return devices
  }

  /// Some function, where the log does not say which.
  private var anyFunction: PCIAddress? {
    listedFunctions.first { $0.key.device != 0 }?.key
      ?? PCIAddress(bus: 0, device: 2, function: 0)
  }

  /// Whether the log's unit does not say why its queue stopped.
  var lacksQueueErrorRecord: Bool {
    timeline.queueStops.contains { stop in
      stop.lines.contains { line in
        switch line {
        case .queueError(reason: 0), .timeout(source: 0), .completionError(source: 0): true
        default: false
        }
      }
    }
  }
}

extension FaultTimeline.QueueStop {
  /// Every register read as ones.
  var isGone: Bool { lines.contains(.queueError(reason: 0xf)) && lines.count > 1 && device == nil }

  var isWrongCompletion: Bool {
    lines.contains { if case .completionError = $0 { true } else { false } }
  }

  /// The descriptor that the unit refused.
  var refused: (qw0: UInt64, qw1: UInt64)? {
    var isRefusal = false
    for line in lines {
      switch line {
      case .invalidDescriptor(let qw0, let qw1): return (qw0, qw1)
      case .queueError(let reason): isRefusal = reason != 0xf
      case .timeout, .completionError: return nil
      case .descriptor(.head, let qw0, let qw1) where isRefusal: return (qw0, qw1)
      default: break
      }
    }
    // Bit 63 is reserved in an IOTLB invalidation.
    return isRefusal ? (1 << 63 | 0x12, 0) : nil
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
      case .descriptor(_, let qw0, _) where qw0 & 0xf == 3:
        return PCIAddress(sourceID: SourceID(rawValue: UInt16(truncatingIfNeeded: qw0 >> 32)))
      default: break
      }
    }
    return nil
  }

  var ascendingTimes: [UInt64] {
    var last: UInt64 = 0
    var ascending: [UInt64] = []
    for time in times {
      guard let time, time >= last else { break }
      ascending.append(time)
      last = time
    }
    return ascending
  }
}
