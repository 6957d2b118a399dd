internal import KernelLog
internal import KernelProfiles
internal import LinuxIOMMU
internal import Lockdep
internal import Machine
internal import Scenario
internal import ScenarioFormat
import Text
internal import VTdFormats

/// A scenario that is read once and run with many values.
struct Sweep: Sendable {
  private let tree: ScenarioTree
  private let profile: KernelProfile?
  private let axes: [SweepAxis]
  /// The changes of each axis, one a value; an error where a value is not YAML.
  private let changes: [[Override]]
  private let printsLog: Bool
  private let checks: Bool
  private let timeLimit: Duration?

  /// - Throws: `InputError` where the scenario, a path or a value cannot be read.
  init(
    _ scenario: String, _ options: ScenarioOptions, axes: [SweepAxis], printsLog: Bool,
    checks: Bool, timeLimit: Duration?
  ) throws {
    tree = try options.tree(of: scenario)
    profile = try options.profile()
    self.axes = axes
    changes = try axes.map { axis in
      try axis.values.map { value in try Override("\(axis.path)=\(value)") }
    }
    self.printsLog = printsLog
    self.checks = checks
    self.timeLimit = timeLimit
  }

  /// Runs one combination.
  ///
  /// - Parameters:
  ///   - choice: which value of each axis.
  ///   - run: the combination's number, for whoever reads the results.
  func result(of choice: [Int], run number: Int) -> SweepResult {
    let values = zip(axes, choice).map { ($0.path, $0.values[$1]) }
    var result = SweepResult(number: number, values: values)
    do {
      let overrides = zip(changes, choice).map { $0[$1] }
      let scenario = try ScenarioOptions.scenario(of: tree, with: overrides, as: profile)
      let limit = StepLimit(timeLimit)
      switch try ScenarioRun.run(scenario, watching: limit.watch) {
      case .skipped(let reason): result.outcome = .skipped(reason)
      case .finished(let run):
        result.take(run, printsLog: printsLog)
        if checks { result.mismatches = Verdict(of: run, against: scenario.expectation).mismatches }
      }
    } catch {
      result.outcome = .error("\(error)")
    }
    return result
  }
}

/// What one run of a sweep gave.
struct SweepResult: Sendable {
  enum Outcome: Sendable {
    case finished
    case skipped(String)
    case error(String)
  }

  let number: Int
  let values: [(String, String)]
  var outcome = Outcome.finished
  private var faults: [FaultLine] = []
  private var splats: [String] = []
  private var dump = "none"
  private var lines: [String] = []
  private var lineCount = 0
  var mismatches: [Mismatch] = []

  init(number: Int, values: [(String, String)]) {
    self.number = number
    self.values = values
  }

  mutating func take(_ run: ScenarioRun, printsLog: Bool) {
    let kernel = run.machine.kernel
    faults = kernel.faults
    splats = kernel.lockReports.map(\.title)
    dump = kernel.dumpOutcome?.rawValue ?? "none"
    let lines = run.lines
    lineCount = lines.count
    if printsLog { self.lines = lines }
  }

  /// Whether there was no run: the combination cannot be.
  var isError: Bool {
    if case .error = outcome { true } else { false }
  }

  var isAsExpected: Bool {
    if case .error = outcome { return false }
    return mismatches.isEmpty
  }

  var json: JSONValue {
    var members: [(String, JSONValue)] = [
      ("run", .unsigned(UInt64(number))),
      ("set", .object(values.map { ($0.0, .string($0.1)) })),
    ]
    switch outcome {
    case .error(let message): members.append(("error", .string(message)))
    case .skipped(let reason): members.append(("skipped", .string(reason)))
    case .finished:
      members += [
        (
          "faults",
          .array(
            faults.map { Self.json($0) })
        ),
        ("splats", .array(splats.map { .string($0) })), ("dump", .string(dump)),
        ("lines", .unsigned(UInt64(lineCount))),
      ]
      if !lines.isEmpty { members.append(("log", .array(lines.map { .string($0) }))) }
      if !mismatches.isEmpty {
        members.append(("mismatches", .array(mismatches.map { .string($0.description) })))
      }
    }
    return .object(members)
  }

  private static func json(_ fault: FaultLine) -> JSONValue {
    let request: [(String, JSONValue)] =
      switch fault.request {
      case .dma(let access, let pasid, let address):
        [("access", .string(access.rawValue)), ("address", .string("\(address)"))]
          + (pasid.map { [("pasid", .unsigned(UInt64($0.rawValue)))] } ?? [])
      case .interrupt(let index):
        [("access", .string("interrupt")), ("index", .unsigned(UInt64(index)))]
      }
    return .object(
      [("device", .string("\(fault.source)"))] + request
        + [("reason", .unsigned(UInt64(fault.reason)))])
  }
}
