internal import KernelProfiles
internal import LinuxIOMMU
package import ScenarioFormat

/// One scenario under every kernel release and every cure.
package struct Matrix {
  /// The releases, oldest first, each compared with the one above it.
  package private(set) var releases: [MatrixRow] = []
  /// The cures, in the kernel that the scenario describes.
  package private(set) var cures: [MatrixRow] = []
  /// When each splat came and went.
  package private(set) var ranges: [SplatRange] = []

  /// Runs the scenario; nil where it is not one to run (`reasonToSkip`).
  ///
  /// - Throws: `InputError` where the scenario asks for what cannot be.
  package init?(of scenario: ScenarioDescription) throws(InputError) {
    for profile in KernelProfile.all {
      let above = releases.last
      guard
        let row = try MatrixRow(
          name: profile.release, scenario, profile.behaviour, above: above?.lines)
      else { return nil }
      let changes = try Self.decisive(
        profile.changes, in: scenario, after: above?.behaviour, printed: above?.lines)
      releases.append(row.explained(by: row.change == "-" ? profile.changes : changes))
    }
    // The cures are for the kernel that the scenario itself describes.
    let own = scenario.build.behaviour
    let asWritten = try MatrixRow(name: "", scenario, own, above: nil)
    for cure in KernelCure.all {
      let row = try MatrixRow(
        name: cure.name, scenario, cure.applied(to: own), above: asWritten?.lines ?? [])
      if let row { cures.append(row.explained(as: cure.summary)) }
    }
    // A release may print a splat that the scenario's own kernel does not; it has a range as well.
    ranges = SplatRange.all(of: asWritten?.splats ?? [], in: releases)
  }

  /// Why there is no matrix of the scenario, as a replay says it; nil where there is one.
  ///
  /// - Throws: `InputError` where the scenario asks for what cannot be.
  package static func reasonToSkip(_ scenario: ScenarioDescription) throws(InputError) -> String? {
    guard case .skipped(let reason) = try ScenarioRun.run(scenario) else { return nil }
    return reason
  }

  /// Without the releases that print what the one above them prints.
  package var changed: Matrix {
    var matrix = self
    matrix.releases = releases.enumerated().filter { $0.offset == 0 || $0.element.isChanged }
      .map { $0.element }
    return matrix
  }

  /// Of several changes of one release, those that by themselves change what is printed; all of
  /// them if none does so alone.
  private static func decisive(
    _ changes: [KernelChange], in scenario: ScenarioDescription,
    after behaviour: KernelBehaviour?, printed lines: [String]?
  ) throws(InputError) -> [KernelChange] {
    guard changes.count > 1, let behaviour, let lines else { return changes }
    var decisive: [KernelChange] = []
    for change in changes
    where try MatrixRow.lines(scenario, change.applied(to: behaviour)) != lines {
      decisive.append(change)
    }
    return decisive.isEmpty ? changes : decisive
  }
}
