/// One change of the kernel that shows in its log or in its locks: since which release, by which
/// commit. What it does to which setting stands in the timelines that name it.
public struct KernelChange: Hashable, Sendable {
  /// The mainline release that first has it, as `uname -r` begins.
  public let release: String
  /// Updates of older series that have it as well, at the latest.
  public let stable: [String]
  /// The commit, where it is known: one that public archives of the kernel's history have.
  public let commit: String?
  /// The release is from memory: kernels right before and after it were not looked at.
  public let isEstimated: Bool
  /// What came with it: a clause that stands alone, without a capital and a full stop.
  public let summary: String

  /// What texts call it: its commit, or the release where none is known.
  public var name: String { commit ?? release }

  /// The mainline release that first has it, to compare with.
  let mainline: KernelRelease?
  private let updates: [KernelRelease]

  init(
    _ release: String, stable: [String] = [], commit: String? = nil, isEstimated: Bool = false,
    _ summary: String
  ) {
    self.release = release
    self.stable = stable
    self.commit = commit
    self.isEstimated = isEstimated
    self.summary = summary
    mainline = KernelRelease(release)
    updates = stable.compactMap(KernelRelease.init)
  }

  /// Whether a kernel of that release has it: by its own series, or by a stable update.
  public func isPart(of release: KernelRelease) -> Bool {
    if let mainline, mainline <= release { return true }
    return updates.contains { $0.isSameSeries(as: release) && $0 <= release }
  }

  /// Whether that very release, mainline or stable, is the first of its series to have it.
  public func cameWith(_ release: KernelRelease) -> Bool {
    mainline == release || updates.contains(release)
  }

  /// The behaviour with the change in it.
  public func applied(to behaviour: KernelBehaviour) -> KernelBehaviour {
    var changed = behaviour
    for setting in KernelSetting.all { setting.apply(self, to: &changed) }
    return changed
  }

  /// The settings that it changes in `behaviour`, with the new values' names.
  public func settings(after behaviour: KernelBehaviour) -> [(
    setting: KernelSetting, value: String
  )] {
    let changed = applied(to: behaviour)
    return KernelSetting.all.compactMap { setting in
      let value = setting.value(in: changed)
      return value == setting.value(in: behaviour) ? nil : (setting, value)
    }
  }

  /// What each change of ``history`` makes of the settings before it: their new values' names.
  public static var effects:
    [(
      change: KernelChange, settings: [(setting: KernelSetting, value: String)]
    )]
  {
    var behaviour = KernelBehaviour.oldest
    return history.map { change in
      let settings = change.settings(after: behaviour)
      behaviour = change.applied(to: behaviour)
      return (change, settings)
    }
  }

  /// Every change, oldest first; of one release, in the order of the settings.
  ///
  /// Releases are those of mainline. Stable updates take fixes into older series as well; the ones
  /// named are those in which the change was seen. A distribution's backport is one of these changes
  /// taken early.
  public static let history: [KernelChange] = {
    var changes: [KernelChange] = []
    for setting in KernelSetting.all {
      for change in setting.changes where !changes.contains(change) { changes.append(change) }
    }
    let numbered = changes.enumerated().map { (place: $0.offset, change: $0.element) }
    return numbered.sorted { left, right in
      guard let one = left.change.mainline, let other = right.change.mainline, one != other else {
        return left.place < right.place
      }
      return one < other
    }.map { $0.change }
  }()
}
