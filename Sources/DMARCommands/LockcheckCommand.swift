internal import ArgumentParser
internal import Lockdep
internal import Scenario
internal import ScenarioFormat

/// `dmar lockcheck`: lock programs through the lock checker.
struct LockcheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lockcheck", abstract: "Run lock programs through the lock checker.",
    discussion: LockcheckHelp.notation + "\n\n"
      + ExitStatus.help([.badInput, .noInput], failure: "a program gave another verdict"))

  @Argument(
    help: ArgumentHelp(
      "Tab-separated programs, one a row, with a header: name, ops, expected.", valueName: "file"))
  var file: String

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

  func validate() throws {
    if bound < 1 { throw ValidationError("--bound: \(bound) states; at least 1 was expected") }
  }

  func run() throws {
    var rows = try reportingInputErrors { try Self.load(file) }.rows
    if let filter { rows.removeAll { !$0.name.contains(filter) } }
    let width = rows.reduce(0) { max($0, $1.name.count) }
    var output = Output()
    var failed = 0
    for row in rows {
      let result = LockcheckRow(row, self)
      if !result.isAsExpected { failed += 1 }
      output.print(result.line(width: width))
      for line in result.details { output.print(line) }
    }
    output.print("\(rows.count - failed) passed, \(failed) failed")
    try output.flush()
    if failed > 0 { throw ExitStatus.expectationNotMet.code }
  }

  private static func load(_ path: String) throws -> LockProgramFile {
    do {
      return try LockProgramFile(parsing: try Files.text(at: path))
    } catch let error as LockProgramFileError {
      throw InputError(
        at: Place(file: path, line: error.line, column: error.column),
        "\(error.problem), expected \(error.expected)")
    }
  }
}
