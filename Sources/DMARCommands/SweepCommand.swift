internal import ArgumentParser
internal import Dispatch
internal import Glibc
internal import KernelLog
internal import LinuxIOMMU
internal import Lockdep
internal import Machine
internal import Scenario
internal import ScenarioFormat
internal import Synchronization
import Text

/// `dmar sweep`: one scenario with many combinations of values.
struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep", abstract: "Run a scenario with all combinations of some values.",
    discussion: """
      Prints one JSON object a run, in the order of the combinations; the last --over changes fastest. \
      A value that has a comma is put in quotes or brackets, and A..B stands for the whole numbers from \
      A to B, decimal or 0x. Without --over there is one run. A run that cannot be has an `error` and does not end the sweep; where no run can be, the exit status is 65.

      \(ExitStatus.help([.badInput, .noInput], failure: "with --check: a run is not as the scenario expects, or cannot be"))
      """)

  @Argument(help: ArgumentHelp("A scenario file.", valueName: "scenario"))
  var scenario: String

  @Option(
    help: ArgumentHelp(
      "A key and its values, such as steps[0].dma.access=read,write; repeated: all combinations.",
      valueName: "path=a,b"))
  var over: [SweepAxis] = []

  @OptionGroup var options: ScenarioOptions

  @Option(
    help: ArgumentHelp(
      "Take so many of the combinations, chosen by --seed, each at most once.", valueName: "count"))
  var sample: Int?

  @Option(help: ArgumentHelp("Which combinations a sample takes.", valueName: "number"))
  var seed: UInt64 = 1

  @Option(help: ArgumentHelp("How many runs at once; all processors do.", valueName: "count"))
  var jobs = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))

  @Option(
    help: ArgumentHelp("Stop a run that takes longer; 0 for no limit.", valueName: "seconds"))
  var timeout = TimeLimit(60)

  @Flag(help: "Print each run's log too.")
  var log = false

  @Flag(help: "Check each run against what the scenario expects.")
  var check = false

  /// More runs than these are asked for by --sample.
  private static let mostRuns = 1_000_000

  func validate() throws {
    if jobs < 1 { throw ValidationError("--jobs: \(jobs); at least 1 was expected") }
    if let sample, !(1...Self.mostRuns).contains(sample) {
      throw ValidationError("--sample: \(sample); 1 to \(Self.mostRuns) were expected")
    }
    let combinations = SweepCombinations(over.map(\.values.count))
    if sample == nil, combinations.count > Self.mostRuns {
      throw ValidationError(
        "\(combinations.count) combinations; at most \(Self.mostRuns), or --sample, were expected")
    }
  }

  func run() throws {
    let sweep = try reportingInputErrors {
      try Sweep(
        scenario, options, axes: over, printsLog: log, checks: check, timeLimit: timeout.duration)
    }
    let combinations = SweepCombinations(over.map(\.values.count))
    let indices =
      sample.map { combinations.sample($0, seed: seed) } ?? Array(0..<combinations.count)
    var output = Output()
    var isFailed = false
    var hasRun = indices.isEmpty
    // In pieces: results come in order while others are under way, and memory stays bounded.
    let piece = min(jobs, 256) * 64
    for first in stride(from: 0, to: indices.count, by: piece) {
      let part = Array(indices.dropFirst(first).prefix(piece))
      for result in Self.run(
        part, jobs: jobs, { sweep.result(of: combinations.choice($0), run: $0) })
      {
        output.print(result.json.compact)
        if !result.isAsExpected { isFailed = true }
        if !result.isError { hasRun = true }
      }
      try output.flush()
    }
    try output.flush()
    if check, isFailed { throw ExitStatus.expectationNotMet.code }
    // A combination that cannot be run is a result like others. If none can, a key or a value is
    // probably misspelt.
    if !hasRun {
      StandardError.print("dmar: no run could be made; the error of each object says why")
      throw ExitStatus.badInput.code
    }
  }

  /// The results of `work` in the order of `indices`, with so many of them made at once.
  private static func run<Result: Sendable>(
    _ indices: [Int], jobs: Int, _ work: @Sendable (Int) -> Result
  ) -> [Result] {
    let results = Mutex<[Result?]>(Array(repeating: nil, count: indices.count))
    let next = Mutex(0)
    DispatchQueue.concurrentPerform(iterations: min(jobs, indices.count)) { _ in
      while true {
        let place = next.withLock { next in
          defer { next += 1 }
          return next
        }
        guard place < indices.count else { return }
        let result = work(indices[place])
        results.withLock { $0[place] = result }
      }
    }
    return results.withLock { $0.compactMap { $0 } }
  }
}

/// A key of a scenario with the values that a sweep gives it.
struct SweepAxis: ExpressibleByArgument, Sendable {
  let path: String
  let values: [String]

  /// Whole numbers that `A..B` may stand for.
  private static let longestRange: UInt64 = 1_000_000

  init?(argument: String) {
    // A key in quotation marks may hold the sign.
    var isQuoted = false
    guard
      let sign = argument.firstIndex(where: { character in
        if character == "\"" { isQuoted.toggle() }
        return character == "=" && !isQuoted
      }), sign != argument.startIndex
    else { return nil }
    path = String(argument[..<sign])
    var values: [String] = []
    for text in Self.parts(argument[argument.index(after: sign)...]) {
      guard let expanded = Self.expanded(text) else { return nil }
      values += expanded
    }
    self.values = values
  }

  /// What stands between the commas that are in no brackets and no quotation marks.
  private static func parts(_ text: Substring) -> [String] {
    var parts = [""]
    var depth = 0
    var quote: Character?
    for character in text {
      if let mark = quote {
        if character == mark { quote = nil }
      } else if character == "\"" || character == "'" {
        quote = character
      } else if "[{".contains(character) {
        depth += 1
      } else if "]}".contains(character) {
        depth -= 1
      } else if character == ",", depth == 0 {
        parts.append("")
        continue
      }
      parts[parts.count - 1].append(character)
    }
    return parts
  }

  /// `2..5` as four values, `0x2..0x5` as four in hexadecimal, another text as itself; nil for a range that is too long or ends before
  /// it begins.
  private static func expanded(_ text: String) -> [String]? {
    let ends = text.split(separator: "..", omittingEmptySubsequences: false)
    guard ends.count == 2, let first = number(ends[0]), let last = number(ends[1]) else {
      return [text]
    }
    guard first <= last, last - first < longestRange else { return nil }
    let isHex = ends[0].hasPrefix("0x")
    return (first...last).map { isHex ? "0x" + String($0, radix: 16) : "\($0)" }
  }

  /// A whole number, decimal or 0x.
  private static func number(_ text: Substring) -> UInt64? {
    text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
  }
}

/// All combinations of so many values each.
struct SweepCombinations: Sendable {
  private let sizes: [Int]
  /// How many there are; the largest number where they are more.
  let count: Int

  init(_ sizes: [Int]) {
    self.sizes = sizes
    count = sizes.reduce(1) { product, size in
      let (result, overflow) = product.multipliedReportingOverflow(by: size)
      return overflow ? .max : result
    }
  }

  /// Which value of each axis the combination takes; the last one changes fastest.
  func choice(_ index: Int) -> [Int] {
    var rest = index
    var places: [Int] = []
    for size in sizes.reversed() {
      places.append(rest % size)
      rest /= size
    }
    return places.reversed()
  }

  /// Some combinations, each once, in rising order; all where there are no more.
  func sample(_ wanted: Int, seed: UInt64) -> [Int] {
    guard wanted < count else { return Array(0..<count) }
    var generator = SeededNumbers(seed: seed)
    var chosen: Set<Int> = []
    // For more than half of all combinations, drawing those that are left out is quicker.
    let isInverse = wanted > count / 2
    let drawn = isInverse ? count - wanted : wanted
    while chosen.count < drawn { chosen.insert(Int.random(in: 0..<count, using: &generator)) }
    return isInverse ? (0..<count).filter { !chosen.contains($0) } : chosen.sorted()
  }
}
