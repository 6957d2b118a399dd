internal import ArgumentParser
internal import Glibc
internal import Scenario

/// `dmar test`: runs every scenario below a path and compares it with its `expect:`.
struct TestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Run scenarios and compare them with what they expect.")

  @Argument(help: ArgumentHelp("Scenario files, or folders that hold some.", valueName: "path"))
  var paths: [String]

  @Option(help: ArgumentHelp("Only scenarios whose path has this text.", valueName: "text"))
  var filter: String?

  func run() throws {
    var files = try reportingInputErrors { try paths.flatMap(ScenarioFiles.files) }
    if let filter { files.removeAll { !$0.contains(filter) } }
    var tally = Tally()
    var output = Output()
    for file in files {
      for line in tally.take(file, try Self.outcome(of: file)) { output.print(line) }
      output.flush()
    }
    output.print(tally.summary)
    output.flush()
    if tally.failed > 0 { throw ExitStatus.expectationNotMet }
  }

  private enum Outcome {
    case passed
    case skipped(String)
    case failed([String])
  }

  private static func outcome(of file: String) throws -> Outcome {
    do {
      let scenario = try ScenarioLoader().load(file)
      switch try ScenarioRun.run(scenario) {
      case .skipped(let reason): return .skipped(reason)
      case .finished(let run):
        let verdict = Verdict(of: run, against: scenario.expectation)
        return verdict.isPassed ? .passed : .failed(verdict.mismatches)
      }
    } catch let error as InputError {
      return .failed(["\(error)"])
    }
  }

  private struct Tally {
    var passed = 0
    var failed = 0
    var skipped = 0

    mutating func take(_ file: String, _ outcome: Outcome) -> [String] {
      switch outcome {
      case .passed:
        passed += 1
        return ["pass  \(file)"]
      case .skipped(let reason):
        skipped += 1
        return ["skip  \(file): \(reason)"]
      case .failed(let reasons):
        failed += 1
        return ["FAIL  \(file)"] + reasons.map { "      \($0)" }
      }
    }

    var summary: String {
      "\(passed) passed, \(failed) failed" + (skipped > 0 ? ", \(skipped) skipped" : "")
    }
  }
}
