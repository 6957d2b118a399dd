internal import ArgumentParser
internal import Dispatch
internal import Glibc
internal import Lockdep
internal import Scenario
internal import ScenarioFormat
internal import Synchronization

/// `dmar lockcheck`: lock programs through the lock checker.
struct LockcheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lockcheck", abstract: "Run lock programs through the lock checker.",
    discussion: LockcheckHelp.notation + "\n\n"
      + ExitStatus.help([.badInput, .noInput], failure: "a program gave another verdict"))

  @Argument(
    help: ArgumentHelp(
      "Tab-separated programs, one a row: name, operations, FAILURE or SUCCESS.",
      valueName: "file"))
  var files: [String] = []

  @Option(
    help: ArgumentHelp("A program to run instead of files; may be repeated.", valueName: "ops"))
  var program: [String] = []

  @Option(help: ArgumentHelp("Only rows whose name has this text.", valueName: "text"))
  var filter: String?

  @Flag(help: "Print the kernel's report below each row that has one.")
  var report = false

  @Flag(help: "Search the interleavings of each row's contexts for a real deadlock.")
  var interleavings = false

  @Option(
    help: ArgumentHelp("How many states a search of interleavings may visit.", valueName: "states"))
  var bound = 100_000

  @Flag(help: "Print each row's dependency graph for Graphviz.")
  var dot = false

  @Flag(help: "Draw each row's classes with their letters, and the orders in which they are taken.")
  var picture = false

  @Flag(help: "Print each row's classes as /proc/lockdep does.")
  var classes = false

  @Flag(help: "Print each row's lock chains as /proc/lockdep_chains does.")
  var chains = false

  @Flag(help: "Print each row's counters as /proc/lockdep_stats does.")
  var statistics = false

  @Flag(help: "Go on after the first report of a row: each finding once.")
  var allReports = false

  @Flag(help: "A kernel without CONFIG_PROVE_RAW_LOCK_NESTING: spinlocks wait like raw ones.")
  var noRawNesting = false

  @Option(
    help: ArgumentHelp("How many programs run at once; all processors do.", valueName: "count"))
  var jobs = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))

  @Option(
    help: ArgumentHelp(
      "Write the results as JUnit XML too; - is standard output, and the lines go to standard error.",
      valueName: "file"))
  var junit: String?

  @Flag(help: "Print the Test Anything Protocol, version 13; the lines go to standard error.")
  var tap = false

  func validate() throws {
    if bound < 1 { throw ValidationError("--bound: \(bound) states; at least 1 was expected") }
    if jobs < 1 { throw ValidationError("--jobs: \(jobs); at least 1 was expected") }
    if files.isEmpty == program.isEmpty {
      throw ValidationError(
        files.isEmpty
          ? "a file, or --program, was expected"
          : "--program runs instead of files; one was expected")
    }
    if program.contains(where: { $0.allSatisfy(\.isWhitespace) }) {
      throw ValidationError("--program is empty; operations such as L(A) U(A) were expected")
    }
    if tap, junit == "-" {
      throw ValidationError("--tap and --junit - both take standard output; one was expected")
    }
  }

  func run() throws {
    var tests = try reportingInputErrors { try files.flatMap(Self.load) + programs() }
    if let filter {
      tests.removeAll { !$0.name.contains(filter) }
      if tests.isEmpty {
        StandardError.print(
          "dmar: \((files.isEmpty ? ["--program"] : files).joined(separator: " ")): nothing to run; a row whose name has \"\(filter)\""
            + " was expected")
        throw ExitStatus.noInput.code
      }
    }
    if let junit { try OutputFile.check(junit, isNoneOf: files) }
    let width = tests.reduce(0) { max($0, $1.name.count) }
    let start = Timestamp.now()
    let rows = Self.run(tests, options, jobs: jobs)
    let results = rows.map { $0.result(in: ScenarioFiles.File(named: $0.test.place.file)) }
    let tally = TestTally(results)
    var output = Output(to: tap || junit == "-" ? STDERR_FILENO : STDOUT_FILENO)
    for row in rows {
      output.print(row.line(width: width))
      for line in row.details { output.print(line) }
    }
    if tests.contains(where: { $0.expectsFailure != nil }) || tests.isEmpty {
      output.print(tally.summary)
    }
    if tap {
      var points = Output()
      for line in TAPText.head(count: results.count) { points.print(line) }
      for (index, result) in results.enumerated() {
        for line in TAPText.lines(result, number: index + 1) { points.print(line) }
      }
      try points.flush()
    }
    if let junit {
      let document = JUnitDocument(
        results, tally, of: "dmar lockcheck", timestamp: start, from: ScenarioFiles.currentFolder)
      try OutputFile.write(document.text, to: junit)
    }
    try output.flush()
    if tally.failed > 0 { throw ExitStatus.expectationNotMet.code }
  }

  private var options: LockcheckOptions {
    LockcheckOptions(
      report: report, bound: interleavings ? bound : nil, dot: dot,
      picture: picture ? TerminalGlyphs.current : nil, classes: classes,
      chains: chains, statistics: statistics, allReports: allReports, rawNesting: !noRawNesting)
  }

  /// Runs them all; the results are in the order of `tests`.
  private static func run(
    _ tests: [LockcheckCase], _ options: LockcheckOptions, jobs: Int
  ) -> [LockcheckRow] {
    let rows = Mutex<[LockcheckRow?]>(Array(repeating: nil, count: tests.count))
    let next = Mutex(0)
    DispatchQueue.concurrentPerform(iterations: min(jobs, tests.count)) { _ in
      while true {
        let index = next.withLock { next in
          defer { next += 1 }
          return next
        }
        guard index < tests.count else { return }
        let row = LockcheckRow(tests[index], options)
        rows.withLock { $0[index] = row }
      }
    }
    return rows.withLock { $0.compactMap { $0 } }
  }

  /// The programs of the command line, of which nothing is expected but what they assert themselves.
  private func programs() throws -> [LockcheckCase] {
    try program.enumerated().map { index, text in
      let name = program.count == 1 ? "program" : "program_\(index + 1)"
      let place = Place(whole: "--program")
      do throws(LockProgramError) {
        return LockcheckCase(
          name: name, program: try LockProgram(parsing: text), expectsFailure: nil,
          readsAreRecursive: false, place: place)
      } catch {
        throw InputError(
          at: place, "column \(error.column): \(error.problem), expected \(error.expected)")
      }
    }
  }

  private static func load(_ path: String) throws -> [LockcheckCase] {
    do {
      return try LockProgramFile(parsing: try Files.text(at: path)).rows.map { row in
        LockcheckCase(
          name: row.name, program: row.program, expectsFailure: row.expectsFailure,
          readsAreRecursive: row.readsAreRecursive, place: Place(file: path, line: row.line))
      }
    } catch let error as LockProgramFileError {
      throw InputError(
        at: Place(file: path, line: error.line, column: error.column),
        "\(error.problem), expected \(error.expected)")
    }
  }
}
