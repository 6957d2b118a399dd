internal import Diagnosis
internal import KernelLog
internal import LogReading
internal import PCI
internal import ScenarioFormat
internal import VTdFormats
internal import VTdUnit

/// What makes an invalidation queue stop as the log says it did.
extension ScenarioBuilder {
  mutating func queueStop(_ stop: FaultTimeline.QueueStop) {
    var stop = stop
    tellStatus(&stop)
    let first = scenario.steps.count
    defer {
      if plan.usesTimes, first < scenario.steps.count {
        scenario.steps[scenario.steps.count - 1].times = FaultTimeline.ascending(stop.times)
      }
    }
    let notes = ["line \(stop.place.line) of the log"]
    stopCount += 1
    if let refused = stop.refused {
      var submission = EventAction.SubmissionStep()
      submission.unit = log.unitName
      submission.descriptors = [[refused.qw0, refused.qw1]]
      return step(.event(.submit(submission)), notes: notes)
    }
    guard let device = stop.device ?? log.anyFunction else {
      stopCount -= 1
      return
    }
    var flush = EventAction.DeviceFlushStep()
    flush.device = .address(device)
    if stop.isGone {
      step(.event(.unitStops(log.unitName)), notes: notes)
    } else {
      var cache = EventAction.DeviceTLBStep()
      cache.device = flush.device
      cache.answersTwice = stop.isWrongCompletion
      cache.unanswered = stop.isWrongCompletion ? 0 : 1
      step(.event(.deviceTLB(cache)), notes: notes)
    }
    step(.event(.flushDeviceTLB(flush)))
  }
  /// Lets the unit's interrupt be served where the log has its status.
  private mutating func tellStatus(_ stop: inout FaultTimeline.QueueStop) {
    guard let (status, isFirst) = log.timeline.status(of: stop) else { return }
    guard isFirst else {
      // The other processor takes the interrupt while the first one prints.
      scenario.machine.cpuCount = 2
      if !stop.times.isEmpty { stop.times.insert(status.time, at: 1) }
      return
    }
    // Whoever moves the tail to where no queue is, stops the unit before the driver looks.
    guard stop.refused != nil else { return }
    step(
      .writeRegister(
        .init(
          unit: log.unitName, offset: RegisterOffset.iqt, value: Self.tailBehindEveryQueue,
          isWide: true)),
      notes: [
        "assumed: somebody moved the queue's tail, since the unit stopped before the driver looked"
      ])
    if plan.usesTimes, let time = status.time {
      scenario.steps[scenario.steps.count - 1].times = [time]
    }
  }

  /// All bits of IQT.QT.
  private static let tailBehindEveryQueue = BitField<QueueTail>.offset.mask
}
