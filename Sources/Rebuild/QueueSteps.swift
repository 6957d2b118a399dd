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
}
