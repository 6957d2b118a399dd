internal import Diagnosis
internal import Recording
internal import Report
internal import Scenario
internal import ScenarioFormat

/// A page for each scenario that failed, with what was expected and what came.
struct FailurePages {
  let folder: String

  /// Writes them and notes in each result where its page is.
  ///
  /// - Throws: `OutputError` where a page cannot be written.
  func write(_ results: inout [TestResult]) throws {
    try OutputFile.makeFolder(folder)
    var taken: Set<String> = []
    for index in results.indices where results[index].isFailed {
      let name = name(of: results[index].file.path, &taken)
      try OutputFile.write(page(of: results[index]).html, to: "\(folder)/\(name)")
      results[index].report = "\(folder)/\(name)"
    }
  }

  private func page(of result: TestResult) -> RunPage {
    var record = RunRecord()
    record.scenario = result.file.path
    var explanation: Explanation?
    if let taken = result.record {
      record = taken
      record.scenario = result.file.path
      explanation = Explanation(ofLog: result.log)
    }
    return RunPage(
      record, explanation: explanation,
      sources: RunSources.read(record, scenario: result.file.path),
      producer: RunSources.producer, mismatches: mismatches(of: result))
  }

  private func mismatches(of result: TestResult) -> [(sentence: String, difference: [String])] {
    switch result.outcome {
    case .passed, .skipped: []
    case .failed(let mismatches): mismatches.map { ($0.description, $0.difference) }
    case .error(let message, let place): [("\(place): \(message)", [])]
    }
  }

  /// A file's name from a path: what is not a letter, digit, dash or point becomes a dash. Two paths never
  /// share one.
  private func name(of path: String, _ taken: inout Set<String>) -> String {
    var name = ""
    for scalar in path.unicodeScalars {
      let isPlain =
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
        || scalar == "-" || scalar == "_"
      name.unicodeScalars.append(isPlain ? scalar : "-")
    }
    name = String(name.suffix(120))
    var unique = name + ".html"
    var number = 2
    while !taken.insert(unique).inserted {
      unique = "\(name)-\(number).html"
      number += 1
    }
    return unique
  }
}
