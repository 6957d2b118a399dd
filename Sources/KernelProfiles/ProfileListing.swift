package import Text

/// What `dmar profiles` prints: every change in turn, or the settings of one release.
package enum ProfileListing {
  /// A release without a profile.
  package struct NoProfile: Error, CustomStringConvertible {
    /// What was asked for, and what was expected.
    package let description: String
  }

  private static func profile(_ release: String) throws(NoProfile) -> KernelProfile {
    guard let profile = KernelProfile.chosen(release) else {
      throw NoProfile(
        description:
          "\"\(release)\" is not a release that has a profile; \(KernelProfile.choice) was"
          + " expected")
    }
    return profile
  }

  /// The lines for people.
  ///
  /// - Parameter release: whose settings; nil for every change, oldest first.
  package static func lines(of release: String?) throws(NoProfile) -> [String] {
    guard let release else { return changes }
    let profile = try profile(release)
    let width = KernelSetting.all.map { $0.key.count }.max() ?? 0
    return KernelSetting.all.map { setting in
      let gap = String(repeating: " ", count: width - setting.key.count)
      return "\(setting.key)\(gap)  \(setting.value(in: profile.behaviour))"
    }
  }

  private static var changes: [String] {
    let effects = KernelChange.effects
    let releases = effects.map { change, _ in
      ([change.release] + change.stable.map { "+\($0)" }).joined(separator: " ")
    }
    let width = releases.map { $0.count }.max() ?? 0
    return zip(effects, releases).map { effect, release in
      let (change, settings) = effect
      let gap = String(repeating: " ", count: width - release.count)
      let commit = change.commit ?? "unknown     "
      let values = settings.map { "\($0.setting.key): \($0.value)" }.joined(separator: ", ")
      return "\(release)\(gap)  \(commit)  \(change.summary) [\(values)]"
    }
  }

  /// The document for programs.
  ///
  /// - Parameter release: whose settings; nil for all releases.
  package static func json(of release: String?) throws(NoProfile) -> JSONValue {
    if let release { return json(try profile(release)) }
    return .object([("profiles", .array(KernelProfile.all.map(json)))])
  }

  private static func json(_ profile: KernelProfile) -> JSONValue {
    .object([
      ("release", .string(profile.release)),
      ("changes", .array(profile.changes.map { $0.json })),
      (
        "settings",
        .object(KernelSetting.all.map { ($0.key, .string($0.value(in: profile.behaviour))) })
      ),
    ])
  }
}

extension KernelChange {
  /// The change for programs.
  package var json: JSONValue {
    .object([
      ("release", .string(release)), ("stable", .array(stable.map { .string($0) })),
      ("commit", commit.map { .string($0) } ?? .null), ("summary", .string(summary)),
    ])
  }
}
