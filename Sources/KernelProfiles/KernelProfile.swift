/// How the kernels of a release behave.
public struct KernelProfile: Sendable {
  /// The release as it was asked for.
  public let release: String
  /// What all changes up to the release make of the oldest behaviour.
  public let behaviour: KernelBehaviour

  private let number: KernelRelease

  /// What came with this release; empty for one that changed nothing here.
  public var changes: [KernelChange] { KernelChange.history.filter { $0.cameWith(number) } }

  /// The profile of a mainline or stable release.
  public static func of(_ release: KernelRelease) -> KernelProfile {
    var behaviour = KernelBehaviour()
    for setting in KernelSetting.all { setting.take(release, to: &behaviour) }
    return KernelProfile(release: release.description, behaviour: behaviour, number: release)
  }

  /// The profile of the release that `text` begins with, such as `3.10.0-1062.el7.x86_64`; nil where
  /// it begins with no release.
  ///
  /// A distribution's kernel has more than its number tells: what it took early is for the caller to
  /// change.
  public static func named(_ text: String) -> KernelProfile? {
    guard let release = KernelRelease(text), release >= oldest else { return nil }
    return of(release)
  }

  /// The profile of a release that a person chose: `6.1`, `v6.6`, `6.0-rc1`, `4.19.0-27-amd64`; nil
  /// for a text that is not a release, and for releases before the oldest and after the newest that are
  /// known here.
  public static func chosen(_ text: String) -> KernelProfile? {
    let release = text.first == "v" ? String(text.dropFirst()) : text
    guard KernelRelease.isWhole(release), let profile = named(release), !profile.isBeyondNewest
    else { return nil }
    return profile
  }

  /// Whether the release came out after all that are known here. Its behaviour is that of ``newest``,
  /// for want of anything better.
  public var isBeyondNewest: Bool {
    number > Self.newestRelease && !number.isSameSeries(as: Self.newestRelease)
  }

  /// What ``chosen(_:)`` takes, in the words of a message.
  public static var choice: String {
    "one from \(oldest) to \(newest.number.mainlineName), such as 6.1 or 6.0-rc1,"
  }

  /// The oldest kernel whose behaviour is known here.
  public static let oldest = KernelRelease(numbers: [2, 6, 32])

  /// The newest release that changed something here. Its behaviour is what a kernel has for which no
  /// release is named.
  public static var newest: KernelProfile { of(newestRelease) }

  /// Not by ``KernelChange/history``, which sorts all changes: a run asks at its start.
  private static let newestRelease = KernelSetting.all.reduce(oldest) { newest, setting in
    setting.changes.reduce(newest) { max($0, $1.mainline ?? $0) }
  }

  /// The releases that `dmar matrix` runs: those with a change, and some that people run.
  public static let all: [KernelProfile] = {
    let known =
      KernelChange.history.map { $0.release } + [
        "2.6.32", "6.1", "6.1.192", "6.6", "6.12", "6.12.117", "6.17", "6.18",
      ]
    var releases: [KernelRelease] = []
    for release in known.compactMap(KernelRelease.init) where !releases.contains(release) {
      releases.append(release)
    }
    return releases.sorted().map { of($0) }
  }()
}

extension KernelBehaviour {
  /// What the oldest kernel with a profile did.
  public static var oldest: KernelBehaviour {
    var behaviour = KernelBehaviour()
    for setting in KernelSetting.all { setting.take(nil, to: &behaviour) }
    return behaviour
  }
}
