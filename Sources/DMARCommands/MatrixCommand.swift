internal import ArgumentParser
internal import KernelLog
internal import KernelProfiles
internal import LinuxIOMMU
internal import Lockdep
internal import Machine
internal import Scenario
internal import ScenarioFormat

/// `dmar matrix`: one scenario under every kernel release and every cure.
struct MatrixCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "matrix", abstract: "Run a scenario under every kernel release and every cure.",
    discussion: """
      Each row is compared with the one above it: lines that came (+) and went (-), and the changes \
      in the kernel that did it. The cures are for the kernel that the scenario describes.

      \(ExitStatus.help([.badInput, .noInput]))
      """)

  @Argument(help: ArgumentHelp("A scenario file.", valueName: "scenario"))
  var scenario: String

  @OptionGroup var options: ScenarioOptions

  @Option(help: "A table, or one JSON document.")
  var format = ReplayCommand.Format.text

  @Flag(help: "Leave out releases that print what the one above them prints.")
  var changed = false

  @Option(
    help: ArgumentHelp(
      "Columns that the table may take; those of the terminal, or 100.", valueName: "columns"))
  var width: Int?

  func validate() throws {
    if let width, !(72...1000).contains(width) {
      throw ValidationError("--width: \(width) columns; 72 to 1000 were expected")
    }
  }

  func run() throws {
    let description = try reportingInputErrors { try options.load(scenario) }
    var rows: [MatrixRow] = []
    for profile in KernelProfile.all {
      let row = try reportingInputErrors {
        try MatrixRow(
          name: profile.release, description, profile.behaviour, above: rows.last?.lines)
      }
      guard let row else {
        StandardError.print("dmar: \(scenario): skipped: this machine has not what it needs")
        return
      }
      let changes = try reportingInputErrors {
        try Self.decisive(
          profile.changes, in: description, after: rows.last?.behaviour, printed: rows.last?.lines)
      }
      rows.append(row.explained(by: row.change == "-" ? profile.changes : changes))
    }
    let releases = rows
    // The cures are for the kernel that the scenario itself describes.
    let own = description.build.behaviour
    let asWritten = try reportingInputErrors {
      try MatrixRow(name: "", description, own, above: nil)
    }
    var cures: [MatrixRow] = []
    for cure in KernelCure.all {
      if let row = try reportingInputErrors({
        try MatrixRow(
          name: cure.name, description, cure.applied(to: own), above: asWritten?.lines ?? [])
      }) {
        cures.append(row.explained(as: cure.summary))
      }
    }
    // Some releases have a report of their own, whatever the scenario.
    let ranges = SplatRange.all(of: asWritten?.splats ?? [], in: releases)
    let shown =
      changed
      ? releases.enumerated().filter { $0.offset == 0 || $0.element.isChanged }
        .map(\.element) : releases
    var output = Output()
    switch format {
    case .text:
      MatrixText(
        releases: shown, cures: cures, ranges: ranges, width: width ?? Terminal.columns
      ).write(to: &output)
    case .json: output.print(MatrixText.json(shown, cures, ranges))
    }
    try output.flush()
  }
}

extension MatrixCommand {
  /// Of several changes of one release, those that by themselves change what is printed; all of
  /// them if none does so alone.
  private static func decisive(
    _ changes: [KernelChange], in description: ScenarioDescription,
    after behaviour: KernelBehaviour?, printed lines: [String]?
  ) throws -> [KernelChange] {
    guard changes.count > 1, let behaviour, let lines else { return changes }
    let decisive = try changes.filter {
      try MatrixRow.lines(description, $0.applied(to: behaviour)) != lines
    }
    return decisive.isEmpty ? changes : decisive
  }
}

/// From the first release with a splat to the first one behind it without.
struct SplatRange {
  let title: String
  /// Whether the kernel that the scenario describes prints it.
  let isOwn: Bool
  /// Nil where no release prints it.
  let bad: MatrixRow?
  /// Nil where no later release is without it.
  let good: MatrixRow?

  /// The splats of the scenario's own kernel, then the others that some release prints, in the order of
  /// the releases.
  static func all(of own: [String], in releases: [MatrixRow]) -> [SplatRange] {
    var titles: [String] = []
    for title in own + releases.flatMap(\.splats) where !titles.contains(title) {
      titles.append(title)
    }
    return titles.map { title in
      let bad = releases.firstIndex { $0.splats.contains(title) }
      let good = bad.flatMap { releases[$0...].firstIndex { !$0.splats.contains(title) } }
      return SplatRange(
        title: title, isOwn: own.contains(title), bad: bad.map { releases[$0] },
        good: good.map { releases[$0] })
    }
  }
}

/// What one kernel makes of the scenario.
struct MatrixRow {
  let name: String
  let behaviour: KernelBehaviour
  let faults: Int
  let dump: String
  /// The titles of the lock reports, in the order in which they were printed.
  let splats: [String]
  /// Lines that this kernel prints and the one above does not, and the other way round.
  let added: Int
  let removed: Int
  let lines: [String]
  var reason = ""
  /// The changes that came with this release.
  var changes: [KernelChange] = []

  /// Nil if this machine lacks what the scenario needs.
  init?(
    name: String, _ scenario: ScenarioDescription, _ behaviour: KernelBehaviour, above: [String]?
  ) throws {
    var scenario = scenario
    scenario.build.behaviour = behaviour
    guard case .finished(let run) = try ScenarioRun.run(scenario) else { return nil }
    let kernel = run.machine.kernel
    self.name = name
    self.behaviour = behaviour
    faults = kernel.faults.count
    dump = kernel.dumpOutcome?.rawValue ?? "none"
    splats = kernel.lockReports.map(\.title)
    lines = run.log.flatMap { $0.lines(.bare) }
    let difference = lines.difference(from: above ?? lines)
    added = difference.insertions.count
    removed = difference.removals.count
  }

  /// What a kernel prints, nothing where the scenario cannot run here.
  static func lines(_ scenario: ScenarioDescription, _ behaviour: KernelBehaviour) throws
    -> [String]
  {
    try MatrixRow(name: "", scenario, behaviour, above: nil)?.lines ?? []
  }

  func explained(by changes: [KernelChange]) -> MatrixRow {
    guard !changes.isEmpty else { return explained(as: "no change that is known here") }
    var row = explained(
      as: changes.map { change in
        (change.commit.map { "\($0): " } ?? "") + change.summary
      }.joined(separator: "; "))
    row.changes = changes
    return row
  }

  func explained(as reason: String) -> MatrixRow {
    var row = self
    row.reason = reason
    return row
  }

  var isChanged: Bool { added + removed > 0 }
  var change: String { isChanged ? "+\(added) -\(removed)" : "-" }
  var splat: String { splats.isEmpty ? "none" : splats.joined(separator: "; ") }
  var hasSplat: Bool { !splats.isEmpty }
}
