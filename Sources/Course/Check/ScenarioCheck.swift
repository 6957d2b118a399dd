internal import KernelLog
internal import LinuxIOMMU
internal import Machine
internal import Recording
public import Scenario
public import ScenarioFormat
internal import VTdFormats
internal import VTdUnit

extension AnswerCheck {
  /// Checks a scenario against a goal: for build, repair, break and flush.
  ///
  /// - Parameters:
  ///   - answer: the student's scenario.
  ///   - start: what the exercise started from.
  ///   - goal: a scenario whose steps come after the answer's, and whose expectations hold then. A
  ///     board of fault reasons takes its steps only.
  ///   - exercise: its budget, its board and its misconceptions.
  /// - Throws: `InputError` where the answer cannot be run.
  public init(
    _ answer: ScenarioTree, start: ScenarioTree, goal: ScenarioDescription, exercise: Exercise
  ) throws(InputError) {
    self.init()
    let distance = ValueDistance.between(start.root, answer.root)
    if let budget = exercise.budget, distance > budget {
      complain("\(distance) values differ from the start; at most \(budget) may")
    }
    keepTo(exercise, start.root, answer.root)
    var scenario = try answer.scenario()
    scenario.isAbstract = false
    if exercise.kind == .build, goal.steps.contains(where: { Self.isDMA($0) }) {
      // The DMAs in the student's file were for trying it out; the check sends its own.
      scenario.steps.removeAll { Self.isDMA($0) }
    }
    let own = scenario.steps.count
    scenario.steps += goal.steps
    scenario.expectation = goal.expectation
    switch try ScenarioRun.run(scenario, isRecorded: true) {
    case .skipped(let reason): complain(reason)
    case .finished(let run):
      if exercise.kind == .break {
        look(for: exercise.board, in: run)
      } else {
        compare(run, with: goal, own)
      }
      if exercise.kind == .flush, let record = run.record {
        count(record, beyond: own, exercise)
      }
      if isPassed, exercise.kind != .break {
        reached = Self.cures(exercise.board, start.root, answer.root)
        if !exercise.board.isEmpty, reached.isEmpty {
          complain("it works, by none of the ways that are asked for")
        }
      }
      if !isPassed { note(run, expecting: goal.expectation.records, exercise) }
    }
  }

  private static func isDMA(_ step: ScenarioStep) -> Bool {
    if case .dma = step.action { true } else { false }
  }

  /// Complains about changed keys that the exercise does not open: an answer on another machine
  /// proves nothing.
  private mutating func keepTo(_ exercise: Exercise, _ start: YAMLValue, _ answer: YAMLValue) {
    let open = exercise.open + exercise.board.map { $0.sign }.filter { !$0.isEmpty }
    let free = ["expect", "description", "format"]
    let changed = ValueDistance.changedKeys(start, answer).filter { key in
      !(open + free).contains { key == $0 || key.hasPrefix($0 + ".") }
    }
    let own = open.joined(separator: ", ")
    // A file of another exercise differs in nearly every key; naming a few of them is enough.
    let told = changed.count > 8 ? 4 : changed.count
    for key in changed.prefix(told) { complain("\(key) is not yours to change here; \(own) is") }
    if changed.count > told {
      complain(
        "\(changed.count - told) more keys differ from the exercise's start: is this file an answer to it?"
      )
    }
  }

  // MARK: Goals

  /// Checks a run against what the goal expects. Where already the number of faults is wrong, the
  /// failed checks of memory add nothing and are left out.
  private mutating func compare(_ run: ScenarioRun, with goal: ScenarioDescription, _ own: Int) {
    var mismatches: [String] = []
    for mismatch in Verdict(of: run, against: goal.expectation).mismatches {
      mismatches.append(mismatch.sentence)
    }
    let found = run.machine.faultRecords.count
    if let expected = goal.expectation.records, expected.count != found {
      let checks = run.failedChecks.map { $0.sentence }
      mismatches.removeAll { checks.contains($0) || $0.hasPrefix("\(found) faults were recorded") }
      mismatches.insert(
        "\(found) \(found == 1 ? "fault was" : "faults were") recorded; \(expected.count) "
          + "\(expected.count == 1 ? "was" : "were") expected", at: 0)
    }
    for sentence in mismatches { complain(sentence) }
    if !mismatches.isEmpty, let record = run.record { tell(record, beyond: own) }
  }

  /// Adds a remark on each DMA that the check itself sent: where it went, or why it was blocked.
  private mutating func tell(_ record: RunRecord, beyond own: Int) {
    for event in record.events where event.step > own {
      guard case .dma(let fact) = event.what else { continue }
      let end =
        fact.given.reason.map { "blocked, reason \(Self.name(of: $0))" }
        ?? fact.given.address.map { "goes to 0x\(hex($0))" } ?? fact.given.result.rawValue
      remarks.append("the check: \(fact.device) \(fact.access.verb) 0x\(hex(fact.address)): \(end)")
    }
  }

  // MARK: Boards

  /// A board of fault reasons: the run has to end in faults of one reason, which is on the board.
  private mutating func look(for board: [BoardRow], in run: ScenarioRun) {
    var names: [String] = []
    for record in run.machine.faultRecords {
      let name = Self.name(of: record.reason)
      if !names.contains(name) { names.append(name) }
    }
    guard names.count == 1, let name = names.first else {
      complain(
        names.isEmpty
          ? "no fault was recorded"
          : "the faults have the reasons \(names.joined(separator: ", ")); one reason was expected")
      return
    }
    guard board.contains(where: { $0.name == name }) else {
      complain("the fault has reason \(name), which is not asked for")
      return
    }
    reached = [name]
    for line in run.lines where TextLines.holds(line, "fault reason") {
      remarks.append("Linux: " + line)
    }
  }

  /// The rows of a board of cures that the changed keys belong to.
  private static func cures(_ board: [BoardRow], _ start: YAMLValue, _ answer: YAMLValue)
    -> [String]
  {
    let changed = ValueDistance.changedKeys(start, answer)
    return board.filter { row in changed.contains { $0.hasPrefix(row.sign) } }.map { $0.name }
  }

  static func name(of reason: FaultReason) -> String {
    "0x" + hex(UInt64(reason.rawValue), digits: 2)
  }

  // MARK: What the run tells

  /// Looks up the misconceptions whose signs the run shows, such as `reason 0x06` or `stale`.
  private mutating func note(
    _ run: ScenarioRun, expecting records: [RecordExpectation]?, _ exercise: Exercise
  ) {
    // A fault that the goal asks for is not a sign of a misconception.
    var asked = records ?? []
    let count = records?.count
    for record in run.machine.faultRecords {
      if let index = asked.firstIndex(where: { Self.isOfOneKind(record, $0) }) {
        asked.remove(at: index)
        continue
      }
      note("reason " + Self.name(of: record.reason), exercise)
    }
    if run.machine.faultRecords.isEmpty { note("no fault", exercise) }
    if Set(run.machine.faultRecords.map { $0.reason }).count > 1 { note("several", exercise) }
    // As many faults as expected, but failed checks: a DMA that passed went to a wrong place.
    if !run.failedChecks.isEmpty, count.map({ $0 == run.machine.faultRecords.count }) ?? true {
      note("elsewhere", exercise)
    }
    if run.machine.deliveredInterrupts.isEmpty {
      note("no interrupt", exercise)
    } else {
      note("interrupt", exercise)
    }
    note(run.machine.kernel.lockReports.isEmpty ? "no splat" : "splat", exercise)
    if !run.lines.contains(where: { TextLines.holds($0, "Dump") }) { note("no dump", exercise) }
    guard let record = run.record else { return }
    if record.events.contains(where: { Self.isStale($0) }) { note("stale", exercise) }
    if let cost, let best = exercise.best, cost > best { note("cost", exercise) }
  }

  /// Whether a fault is the one that a goal asks for, as far as a misconception is concerned.
  private static func isOfOneKind(_ record: FaultRecord, _ asked: RecordExpectation) -> Bool {
    guard record.reason == asked.reason, record.source == asked.source else { return false }
    return record.reason.isInterruptRemapping
      ? asked.index == nil || asked.index == record.interruptIndex
      : asked.address == nil || asked.address == record.address
  }

  private static func isStale(_ event: RunEvent) -> Bool {
    switch event.what {
    case .dma(let fact): fact.isStale && fact.given.result == .translated
    case .interruptRequest(let fact): fact.isStale
    default: false
    }
  }

  // MARK: Flushes

  /// Checks that no request used a stale cache entry, and compares the cost of the flushes with the
  /// best possible.
  ///
  /// Each invalidation command costs 1. So does each DMA of the goal that is mapped but misses the
  /// cache, since it waits for a walk of the tables.
  private mutating func count(_ record: RunRecord, beyond own: Int, _ exercise: Exercise) {
    var commands = 0
    var walks = 0
    for event in record.events {
      if Self.isStale(event) {
        complain("step \(event.step) still reached what the tables no longer map: stale")
      }
      switch event.what {
      case .command(let fact) where fact.type != .wait && event.step > 0: commands += 1
      case .register(let fact)
      where fact.isWrite && event.step > 0 && fact.value >> 63 & 1 == 1
        && (fact.name == "IOTLB" || fact.name == "CCMD"):
        commands += 1
      case .dma(let fact) where event.step > own:
        if fact.given.result == .translated, !fact.isHit { walks += 1 }
      default: break
      }
    }
    let total = commands + walks
    cost = total
    let sentence =
      "\(commands) \(commands == 1 ? "command" : "commands") to forget, and \(walks) "
      + "\(walks == 1 ? "DMA" : "DMAs") that had to walk the tables again: cost \(total)"
    if let best = exercise.best, total > best {
      complain("\(sentence); \(best) is the best")
    } else {
      remarks.append(sentence)
    }
  }
}
