internal import KernelLog
internal import KernelProfiles
internal import LinuxIOMMU
internal import Lockdep
internal import Machine
internal import ScenarioFormat

/// The releases that print a splat: the first one with it, and the first later one without it.
package struct SplatRange {
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
    for title in own + releases.flatMap({ $0.splats }) where !titles.contains(title) {
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
package struct MatrixRow {
  let name: String
  let behaviour: KernelBehaviour
  let faults: Int
  let dump: String
  /// The titles of the lock reports, in the order in which they were printed.
  let splats: [String]
  /// How many lines this kernel prints that the one above (of a cure: the scenario's own) does not.
  let added: Int
  /// How many lines the one above prints that this kernel does not.
  let removed: Int
  let lines: [String]
  var reason = ""
  /// The changes that came with this release.
  var changes: [KernelChange] = []

  /// Nil where the scenario is not one to run here.
  init?(
    name: String, _ scenario: ScenarioDescription, _ behaviour: KernelBehaviour, above: [String]?
  ) throws(InputError) {
    var scenario = scenario
    scenario.build.behaviour = behaviour
    guard case .finished(let run) = try ScenarioRun.run(scenario) else { return nil }
    let kernel = run.machine.kernel
    self.name = name
    self.behaviour = behaviour
    faults = kernel.faults.count
    dump = kernel.dumpOutcome?.rawValue ?? "none"
    splats = kernel.lockReports.map { $0.title }
    let lines = run.log.flatMap { $0.lines(.bare) }
    self.lines = lines
    let difference = lines.difference(from: above ?? lines)
    added = difference.insertions.count
    removed = difference.removals.count
  }

  /// What a kernel prints, nothing where the scenario cannot run here.
  static func lines(_ scenario: ScenarioDescription, _ behaviour: KernelBehaviour)
    throws(InputError)
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
