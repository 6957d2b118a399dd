internal import ArgumentParser
internal import Glibc
internal import Scenario
internal import ScenarioFormat

/// `dmar test`: runs every scenario below a path and compares it with its `expect:`.
struct TestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Run scenarios and compare them with what they expect.",
    discussion: """
      Of a folder, every .yaml and .yml file that is a scenario is run; a file that is named is run \
      whatever it is, and each file once. Names that begin with a dot are left out. Without --shard, \
      TEST_TOTAL_SHARDS and TEST_SHARD_INDEX choose a part, as Bazel sets them; that index counts \
      from 0.

      \(ExitStatus.help([.noInput, .cannotCreate], failure: "a scenario failed: it cannot be run, is not as expected, or expects nothing"))
      """)

  @Argument(
    help: ArgumentHelp(
      "Scenario files, or folders that hold some; with --merge, files of JUnit XML.",
      valueName: "path"))
  var paths: [String]

  @Option(
    help: ArgumentHelp(
      "Only scenarios whose path has this text; repeated: any of the texts.", valueName: "text"))
  var filter: [String] = []

  @Option(
    help: ArgumentHelp(
      "No scenarios whose path has this text; may be repeated.", valueName: "text"))
  var exclude: [String] = []

  @Option(help: ArgumentHelp("Only the I-th of N equal parts, from 1/N to N/N.", valueName: "i/n"))
  var shard: Shard?

  @Option(
    help: ArgumentHelp("How many scenarios run at once; all processors do.", valueName: "count"))
  var jobs = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))

  @Option(
    help: ArgumentHelp(
      "Fail a scenario that takes longer; 0 for no limit.", valueName: "seconds"))
  var timeout = TimeLimit(60)

  @Option(
    help: ArgumentHelp(
      "Write the results as JUnit XML too, with the log of each scenario and the trace of each that failed; - is standard output, and the lines go to standard error.",
      valueName: "file"))
  var junit: String?

  @Option(
    help: ArgumentHelp(
      "Write an HTML page for each failure to this folder, with what was expected and what came.",
      valueName: "folder"))
  var report: String?

  @Flag(
    help: "Print the Test Anything Protocol, version 13; the lines go to standard error.")
  var tap = false

  @Flag(
    help: "Run nothing: make one JUnit file of several, --junit's or standard output.")
  var merge = false

  @Flag(help: "Print the scenarios that would be run, and run none.")
  var list = false

  @Flag(help: "Begin no scenario after the first failure.")
  var failFast = false

  @Option(help: ArgumentHelp("List the slowest scenarios at the end.", valueName: "count"))
  var durations = 0

  @Flag(help: "Let a scenario without expectations pass.")
  var allowEmpty = false

  @Flag(
    help: ArgumentHelp(
      "Write what was printed to the log files that scenarios expect, where it differs.",
      discussion: "Only a log that the scenario names itself, below the folder that is tested."))
  var update = false

  func validate() throws {
    if jobs < 1 { throw ValidationError("--jobs: \(jobs); at least 1 was expected") }
    if durations < 0 { throw ValidationError("--durations: \(durations); 0 or more was expected") }
    if tap, junit == "-" {
      throw ValidationError("--tap and --junit - both take standard output; one was expected")
    }
  }

  func run() throws {
    if merge { return try mergeResults() }
    let files = try selectedFiles()
    if list {
      var output = Output()
      for file in files { output.print(file.path) }
      return try output.flush()
    }
    if let junit { try OutputFile.check(junit, isNoneOf: files.map(\.path)) }
    let start = Timestamp.now()
    let progress = TestProgress(tap: tap, isOutputTaken: junit == "-", count: files.count)
    let testRun = TestRun(
      updatesLogs: update, allowsEmpty: allowEmpty, stopsAtFailure: failFast,
      timeLimit: timeout.duration)
    var results = try testRun.run(files, jobs: jobs) { progress.show($0) }
    let tally = TestTally(results)
    warnOfSharedLogs(results)
    if report != nil || junit != nil { testRun.record(failuresOf: &results) }
    if let report { try FailurePages(folder: report).write(&results) }
    // Before the last line, which fails where standard output is lost.
    if let junit {
      let document = JUnitDocument(
        results, tally, timestamp: start, from: ScenarioFiles.currentFolder)
      try OutputFile.write(document.text, to: junit)
    }
    try progress.finish(
      results, tally, isCut: results.count < files.count, slowest: durations)
    if tally.failed > 0 { throw ExitStatus.expectationNotMet.code }
  }

  /// Warns where several scenarios wrote the same log file, of which only the last log remains.
  private func warnOfSharedLogs(_ results: [TestResult]) {
    let written = Dictionary(grouping: results.compactMap(\.updatedLog), by: { $0 })
    for (path, writers) in written.sorted(by: { $0.key < $1.key }) where writers.count > 1 {
      StandardError.print(
        "dmar: \(path): written for \(writers.count) scenarios; a log file for each was expected")
    }
  }

  /// The scenarios to run. Nothing to run at all is not a success; an empty part of many is.
  private func selectedFiles() throws -> [ScenarioFiles.File] {
    let found = try ScenarioFiles(below: paths.map { try ScenarioPath.find($0) })
    for each in found.leftOut {
      StandardError.print("dmar: left out: \(each.path): \(each.reason)")
    }
    let files = (found.files + found.lessons).filter { file in
      (filter.isEmpty || filter.contains { file.path.contains($0) })
        && !exclude.contains { file.path.contains($0) }
    }
    if files.isEmpty {
      let words = filter.map { "\"\($0)\"" }.joined(separator: " or ")
      let what = filter.isEmpty ? "a scenario" : "a scenario whose path has \(words)"
      StandardError.print(
        "dmar: \(paths.joined(separator: " ")): nothing to run; \(what) was expected")
      throw ExitStatus.noInput.code
    }
    return try (shard ?? Shard.ofEnvironment())?.part(of: files) ?? files
  }

  /// Makes one document of the JUnit files that `paths` names.
  private func mergeResults() throws {
    var merged = JUnitMerge()
    for path in paths {
      let text = try reportingInputErrors { try Files.text(at: path) }
      do {
        try merged.add(text)
      } catch {
        StandardError.print("dmar: \(Place(file: path, line: error.line)): \(error.what)")
        throw ExitStatus.badInput.code
      }
    }
    let target = junit ?? "-"
    try OutputFile.check(target, isNoneOf: paths)
    try OutputFile.write(merged.text, to: target)
    var output = Output(to: target == "-" ? STDERR_FILENO : STDOUT_FILENO)
    output.print(merged.counts.summary)
    try output.flush()
    if merged.counts.failures + merged.counts.errors > 0 {
      throw ExitStatus.expectationNotMet.code
    }
  }
}

/// How long something may take: seconds with at most three decimals, 0 for as long as it wants.
struct TimeLimit: ExpressibleByArgument, CustomStringConvertible {
  private let milliseconds: Int

  init(_ seconds: Int) { milliseconds = seconds * 1000 }

  init?(argument: String) {
    let parts = argument.split(separator: ".", omittingEmptySubsequences: false)
    // A year is longer than anyone waits.
    guard (1...2).contains(parts.count),
      parts.allSatisfy({ part in
        !part.isEmpty && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
      }), let whole = Int(parts[0]), whole <= 31_536_000
    else { return nil }
    var fraction = 0
    if parts.count == 2 {
      guard parts[1].utf8.count <= 3, let digits = Int(parts[1]) else { return nil }
      fraction = digits
      for _ in parts[1].utf8.count..<3 { fraction *= 10 }
    }
    milliseconds = whole * 1000 + fraction
  }

  var duration: Duration? { milliseconds == 0 ? nil : .milliseconds(milliseconds) }

  var description: String {
    milliseconds % 1000 == 0
      ? "\(milliseconds / 1000)" : TestText.seconds(.milliseconds(milliseconds))
  }

  var defaultValueDescription: String { description }
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

  init(index: Int, count: Int) {
    self.index = index
    self.count = count
  }

  /// The part that a test runner asks for by TEST_TOTAL_SHARDS and TEST_SHARD_INDEX (from 0); nil where
  /// it does not. The file that TEST_SHARD_STATUS_FILE names is made, which says that parts are run.
  static func ofEnvironment() throws -> Shard? {
    func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
    guard let total = variable("TEST_TOTAL_SHARDS"), !total.isEmpty else { return nil }
    guard let count = Int(total), count >= 1,
      let index = variable("TEST_SHARD_INDEX").flatMap({ Int($0) }), (0..<count).contains(index)
    else {
      throw ValidationError(
        "TEST_TOTAL_SHARDS is \"\(total)\" and TEST_SHARD_INDEX is"
          + " \"\(variable("TEST_SHARD_INDEX") ?? "")\"; a count, and an index from 0 below it, were"
          + " expected")
    }
    if let status = variable("TEST_SHARD_STATUS_FILE"), !status.isEmpty {
      try OutputFile.write("", to: status)
    }
    return Shard(index: index + 1, count: count)
  }

  /// Every N-th element: neighbours, which are alike, go to different parts.
  func part<Element>(of files: [Element]) -> [Element] {
    files.enumerated().filter { $0.offset % count == index - 1 }.map(\.element)
  }
}
