public import Diagnosis
package import LogReading
public import ScenarioFormat
internal import VTdFormats

/// A scenario that replays to a log's DMAR lines, rebuilt from the log.
///
/// What the log does not tell is chosen so that the fault comes out, and marked `assumed:` with the
/// reason. Replays show what does not come out: it is tried another way, and left out where there is
/// none.
public struct RebuiltScenario: Sendable {
  /// The scenario with its comments.
  public let scenario: ScenarioDescription
  /// Lines of the log that a replay does not print, and why.
  public let leftOut: [LeftOut]
  /// How many of the log's faults are in it.
  public let faultCount: Int
  /// How many stops of invalidation queues are in it.
  public let queueStopCount: Int

  /// How many refused page requests are in it.
  public let pageRequestCount: Int

  /// Whether it shows nothing of the log.
  public var isEmpty: Bool {
    faultCount == 0 && queueStopCount == 0 && pageRequestCount == 0
  }

  /// More replays than this are not tried.
  private static let mostReplays = 10

  /// Rebuilds a scenario.
  ///
  /// - Parameters:
  ///   - contents: what the log says of the machine.
  ///   - timeline: the log's faults one by one.
  ///   - name: what the log is called.
  ///   - platform: files that the scenario is to point to.
  ///   - replay: runs a scenario, with all of its steps or none; nil where it does not run.
  public init(
    _ contents: LogContents, _ timeline: FaultTimeline, from name: String,
    platform: PlatformFiles = PlatformFiles(),
    replaying replay: @escaping (_ yaml: String, _ takesSteps: Bool) -> Replay? = { _, _ in nil }
  ) {
    self.init(
      contents, timeline, from: name, platform: platform,
      replayingWritten: { replay($0.document(isSpaced: true), $1) })
  }

  /// Rebuilds a scenario where no parser of YAML is at hand.
  ///
  /// - Parameters:
  ///   - contents: what the log says of the machine.
  ///   - timeline: the log's faults one by one.
  ///   - name: what the log is called.
  ///   - platform: files that the scenario is to point to.
  ///   - replay: runs a scenario, with all of its steps or none; nil where it does not run.
  package init(
    _ contents: LogContents, _ timeline: FaultTimeline, from name: String,
    platform: PlatformFiles,
    replayingWritten replay: @escaping (_ scenario: Written, _ takesSteps: Bool) -> Replay?
  ) {
    let remembered = RememberedBoots(replay)
    var plan = RebuildPlan(timeline)
    var best = Attempt(contents, timeline, name, platform, plan, remembered.replay)
    var count = 1
    while count < Self.mostReplays, let check = best.check, !check.isWhole {
      if plan.usesTimes {
        // The log may have been cut, so that its times are not those of all that happened.
        plan.usesTimes = false
        let other = Attempt(contents, timeline, name, platform, plan, remembered.replay)
        if other.isBetter(than: best) { best = other } else { plan.usesTimes = true }
        count += 1
      }
      guard let check = best.check, plan.advance(check, timeline) else { break }
      let next = Attempt(contents, timeline, name, platform, plan, remembered.replay)
      count += 1
      guard next.check != nil else { break }
      best = next
    }
    scenario = best.builder.scenario
    faultCount =
      best.check.map { timeline.faults.count - $0.missing.count } ?? best.builder.faultCount
    queueStopCount = best.builder.stopCount
    pageRequestCount =
      best.builder.pageRequestCount - (best.check?.missingPageRequests(timeline) ?? 0)
    leftOut = timeline.unusable + best.leftOut(timeline, plan)
  }

  /// What `dmar import` says where a log is another system's.
  package static func note(on system: OtherSystem) -> String {
    "dmar: the log is one of \(system.rawValue): the scenario has the hardware's side of its "
      + "records; the kernel in it is a Linux, which prints other lines"
  }

  /// What `dmar import` says of a history of mappings, which no line of the driver tells: nil where there is
  /// none.
  package static func note(onHistoryOf contents: LogContents) -> String? {
    contents.historySummary.map {
      "dmar: not in the scenario: \($0): it has the tables as dumps and debugfs files show them, and not "
        + "the drivers' traffic"
    }
  }

  /// The scenario as a file.
  public var yaml: String { scenario.written.document(isSpaced: true) }
}

/// Replays, of which the boots are run once: attempts differ in their steps.
private final class RememberedBoots {
  private let run: (Written, Bool) -> Replay?
  private var boots: [Written: Replay] = [:]

  init(_ run: @escaping (Written, Bool) -> Replay?) { self.run = run }

  func replay(_ scenario: Written, takesSteps: Bool) -> Replay? {
    if takesSteps { return run(scenario, true) }
    if let known = boots[scenario] { return known }
    let boot = run(scenario, false)
    boots[scenario] = boot
    return boot
  }
}

/// One scenario, and what its replay gave.
private struct Attempt {
  let builder: ScenarioBuilder
  let check: ReplayCheck?
  /// Rows of debugfs files that the replay's memory has otherwise in the end.
  let misshown: [LogPlace]

  init(
    _ contents: LogContents, _ timeline: FaultTimeline, _ name: String,
    _ platform: PlatformFiles, _ plan: RebuildPlan,
    _ replay: (Written, Bool) -> Replay?
  ) {
    var builder = ScenarioBuilder(
      LoggedMachine(contents: contents, timeline: timeline, files: platform), plan: plan)
    builder.build(from: name) { replay($0.written, false)?.load }
    self.builder = builder
    let replayed = replay(builder.scenario.written, true)
    check = replayed.map { ReplayCheck(timeline, $0) }
    misshown = replayed.map { builder.misshownRows($0.load) } ?? []
  }

  func isBetter(than other: Attempt) -> Bool {
    guard let check, let otherCheck = other.check else { return check != nil }
    return (check.missing.count, check.missingLines.count, check.strangers)
      < (otherCheck.missing.count, otherCheck.missingLines.count, otherCheck.strangers)
  }

  /// What a replay does not print, one entry for each fault, or for each stretch of other lines.
  func leftOut(_ timeline: FaultTimeline, _ plan: RebuildPlan) -> [LeftOut] {
    let reports = builder.splatNotes.map {
      LeftOut($0.place, "its lock report does not come back: \($0.reason)", in: timeline.files)
    }
    guard let check else { return reports }
    return reports + rowsLeftOut(timeline) + check.leftOut(timeline, plan)
  }

  /// Rows of debugfs files that are not in the machine, one entry for each stretch.
  private func rowsLeftOut(_ timeline: FaultTimeline) -> [LeftOut] {
    var entries = builder.rowNotes.map { LeftOut($0.place, $0.reason, in: timeline.files) }
    var last: LogPlace?
    for place in misshown {
      if let last, last.file == place.file, last.line + 1 >= place.line {
        entries[entries.count - 1].lastLine = place.line
      } else {
        entries.append(
          LeftOut(
            place, "the replay's tables have the row otherwise in the end", in: timeline.files))
      }
      last = place
    }
    return entries
  }
}
