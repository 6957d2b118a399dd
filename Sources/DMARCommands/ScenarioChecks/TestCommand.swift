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

  @Option(help: ArgumentHelp("Only the I-th of N equal parts, from 1/N to N/N.", valueName: "i/n"))
  var shard: Shard?

  @Option(
    help: ArgumentHelp("How many scenarios run at once; all processors do.", valueName: "count"))
  var jobs = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))

  @Option(help: ArgumentHelp("Write the results as JUnit XML too.", valueName: "file"))
  var junit: String?

  @Flag(help: "Print the Test Anything Protocol.")
  var tap = false

  @Flag(help: "Write what was printed to the log files that scenarios expect, where it differs.")
  var update = false

  func validate() throws {
    if jobs < 1 { throw ValidationError("--jobs: \(jobs); at least 1 was expected") }
  }

  func run() throws {
    let files = try selectedFiles()
    let progress = TestProgress(style: tap ? .tap : .text, count: files.count)
    let results = try TestRun(updatesLogs: update).run(files, jobs: jobs) { progress.show($0) }
    let tally = TestTally(results)
    warnOfSharedLogs(results)
    // Before the last line, which fails where standard output is lost.
    if let junit {
      try OutputFile.write(JUnitDocument(results, tally).text, to: junit)
    }
    try progress.finish(tally)
    if tally.failed > 0 { throw ExitStatus.expectationNotMet.code }
  }

  /// One file cannot hold two different logs: the last writer won.
  private func warnOfSharedLogs(_ results: [TestResult]) {
    let written = Dictionary(grouping: results.compactMap(\.updatedLog), by: { $0 })
    for (path, writers) in written.sorted(by: { $0.key < $1.key }) where writers.count > 1 {
      StandardError.print(
        "dmar: \(path): written for \(writers.count) scenarios; a log file for each was expected")
    }
  }

  /// The scenarios to run. Nothing to run at all is no success; an empty part of many is.
  private func selectedFiles() throws -> [String] {
    var files = try reportingInputErrors { try paths.flatMap(ScenarioFiles.files) }
    if let filter { files.removeAll { !$0.contains(filter) } }
    if files.isEmpty {
      let what = filter.map { "a scenario whose path has \"\($0)\"" } ?? "a scenario"
      StandardError.print(
        "dmar: \(paths.joined(separator: " ")): nothing to run; \(what) was expected")
      throw ExitStatus.noInput.code
    }
    return shard?.part(of: files) ?? files
  }
}

/// One of several parts that a list is dealt out to, for machines that share the work.
struct Shard: ExpressibleByArgument, Hashable {
  let index: Int
  let count: Int

  /// Reads `I/N` with I from 1 to N.
  init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let index = parts[0], let count = parts[1],
      count >= 1, (1...count).contains(index)
    else { return nil }
    self.index = index
    self.count = count
  }

  /// Every N-th element: neighbours, which are alike, go to different parts.
  func part(of files: [String]) -> [String] {
    files.enumerated().filter { $0.offset % count == index - 1 }.map(\.element)
  }
}
