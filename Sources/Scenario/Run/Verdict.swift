internal import KernelLog
internal import LinuxIOMMU
internal import Lockdep
internal import Machine
public import ScenarioFormat
internal import Text
internal import VTdFormats
internal import VTdUnit

/// A run checked against what its scenario expects.
public struct Verdict: Sendable {
  /// Each thing that is not as expected.
  public let mismatches: [Mismatch]

  /// Whether the run is as its scenario expects.
  public var isPassed: Bool { mismatches.isEmpty }

  /// Compares a run with what its scenario expects.
  public init(of run: ScenarioRun, against expectation: Expectation) {
    let kernel = run.machine.kernel
    let lines = run.lines.map(withoutTrailingBlanks)
    var mismatches: [Mismatch] = []
    func note(_ sentences: [String], _ key: String) {
      mismatches += sentences.map { Mismatch($0, at: expectation.place(key)) }
    }
    if let log = expectation.log {
      mismatches += Self.compare(lines, with: log, at: expectation.place("log"))
    }
    note(Self.search(lines, for: expectation.contains), "contains")
    note(Self.search(lines, without: expectation.lacks), "lacks")
    if let faults = expectation.faults {
      note(Self.compare(kernel.faults.compactMap(Expectation.Fault.init), with: faults), "faults")
    }
    if let records = expectation.records {
      note(RecordExpectation.compare(run.machine.faultRecords, with: records), "records")
    }
    if let interrupts = expectation.interrupts {
      let delivered = run.machine.deliveredInterrupts.map {
        Expectation.Interrupt(vector: $0.vector, destination: $0.destination)
      }
      if delivered != interrupts {
        // In brackets, as arrays are printed.
        func list(_ interrupts: [Expectation.Interrupt]) -> String {
          "[\(interrupts.map { $0.description }.joined(separator: ", "))]"
        }
        note(
          ["the interrupts delivered are \(list(delivered)); \(list(interrupts)) were expected"],
          "interrupts")
      }
    }
    if let splat = expectation.splat { note(Self.compare(kernel, with: splat), "splat") }
    mismatches += run.failedChecks
    if run.untakenSteps > 0, expectation.dump != .fatal {
      mismatches.append(Mismatch("the kernel died with \(run.untakenSteps) steps to go"))
    }
    if let dump = expectation.dump {
      let actual = kernel.dumpOutcome?.rawValue ?? Expectation.Dump.none.rawValue
      if actual != dump.rawValue {
        note(["the dump is \(actual); \(dump.rawValue) was expected"], "dump")
      }
    }
    self.mismatches = mismatches
  }

  /// The whole log, with every difference counted.
  private static func compare(
    _ lines: [String], with log: Expectation.Log, at place: Place?
  ) -> [Mismatch] {
    let difference = LineDifference(
      expected: log.lines.map(withoutTrailingBlanks), actual: lines)
    guard let first = difference.firstLine else { return [] }
    let places = difference.places == 1 ? "one place" : "\(difference.places) places"
    return [
      Mismatch(
        "the log differs from \(log.path) in \(places), first at line \(first)"
          + " (\(difference.missing) lines missing, \(difference.added) added);"
          + " dmar test --update writes what was printed", at: place,
        difference: ["--- \(log.path)", "+++ printed"] + difference.lines)
    ]
  }

  /// Each part is to be in a line, behind the line of the part before.
  private static func search(_ lines: [String], for parts: [String]) -> [String] {
    var mismatches: [String] = []
    var rest = lines[...]
    for part in parts {
      if let index = rest.firstIndex(where: { $0.contains(part) }) {
        rest = rest[(index + 1)...]
      } else {
        mismatches.append("no line (behind the one before) has \"\(part)\"")
      }
    }
    return mismatches
  }

  /// Each part is to be in no line.
  private static func search(_ lines: [String], without absent: [String]) -> [String] {
    absent.compactMap { part in
      lines.first { $0.contains(part) }.map {
        "\"\($0)\" has \"\(part)\", which was not expected"
      }
    }
  }

  private static func compare(
    _ faults: [Expectation.Fault], with expected: [Expectation.Fault]
  ) -> [String] {
    guard faults != expected else { return [] }
    func list(_ faults: [Expectation.Fault]) -> String {
      faults.isEmpty ? "none" : faults.map { $0.description }.joined(separator: ", ")
    }
    return ["the faults printed are \(list(faults)); \(list(expected)) were expected"]
  }

  private static func compare(_ kernel: Kernel, with expected: Expectation.Splat) -> [String] {
    let reports = kernel.lockReports
    switch (expected, reports.first) {
    case (.none, nil): return []
    case (.none, let report?): return ["a splat \"\(report.title)\"; none was expected"]
    case (.report(let splat), nil): return ["no splat; \"\(splat.title)\" was expected"]
    case (.report(let splat), let report?): return compare(report, with: splat, kernel)
    }
  }

  private static func compare(
    _ report: LockReport, with expected: Expectation.SplatDescription, _ kernel: Kernel
  ) -> [String] {
    var mismatches: [String] = []
    func check(_ what: String, _ actual: String?, _ wanted: String?) {
      guard let wanted, actual != wanted else { return }
      mismatches.append("the splat's \(what) is \(actual ?? "nothing"); \(wanted) was expected")
    }
    check("title", report.title, expected.title)
    let lockClass = report.lock?.lockClass
    check("class", lockClass?.name, expected.lockClass)
    check("usage", lockClass?.usage.description, expected.usage)
    guard case .inconsistentState(let state) = report else {
      if expected.from != nil || expected.to != nil || !expected.registeredIn.isEmpty {
        mismatches.append("only an inconsistent lock state has states")
      }
      return mismatches
    }
    check("earlier state", state.previous.description, expected.from)
    check("new state", state.new.description, expected.to)
    let registered = lockClass?.usageTraces[state.previous] ?? []
    let stacks = [
      ("earlier state's stack", expected.registeredIn, registered.map(kernel.symbol)),
      (
        "report's stack", expected.takenIn,
        (lockClass?.usageTraces[state.new] ?? []).map(kernel.symbol)
      ),
    ]
    for (what, wanted, symbols) in stacks {
      var rest = symbols[...]
      for function in wanted {
        guard let index = rest.firstIndex(where: { $0.hasPrefix("\(function)+") }) else {
          mismatches.append("\(function) is not in the \(what), or not in that order")
          continue
        }
        rest = rest[(index + 1)...]
      }
    }
    return mismatches
  }
}

extension Expectation.Log {
  /// Whether that was printed, trailing blanks aside.
  package func isEqual(to printed: [String]) -> Bool {
    lines.map(withoutTrailingBlanks) == printed.map(withoutTrailingBlanks)
  }
}

extension Expectation.Fault {
  /// A printed fault; nil for one of an interrupt request.
  init?(_ line: FaultLine) {
    guard case .dma(let access, _, let address) = line.request else { return nil }
    self.init(
      source: line.source, isRead: access == .read, address: address,
      reason: FaultReason(rawValue: line.reason))
  }
}

/// Blanks at a line's end are lost by most ways that a log travels.
func withoutTrailingBlanks(_ line: String) -> String {
  var line = line[...]
  while line.last == " " || line.last == "\t" { line = line.dropLast() }
  return String(line)
}
