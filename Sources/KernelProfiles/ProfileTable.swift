/// The profiles as a page of the documentation: made from ``KernelChange/history`` and
/// ``KernelSetting/all``, so that nobody has to keep it true.
public enum ProfileTable {
  /// The releases that stand side by side in the last table.
  static let columns = [
    "2.6.32", "3.10", "4.4", "4.19", "5.4", "5.10", "5.15", "6.1", "6.6", "6.12", "6.12.117",
    "6.18", "7.3",
  ]

  /// The page in Markdown.
  public static var markdown: String {
    """
    # Kernel profiles

    What the kernels of a release print and how they lock, as `dmar` has it. `dmar profiles --format
    markdown` writes this page.

    A scenario starts from the release that `kernel.profile` or else `kernel.release` names, and changes
    single settings with `kernel.behaviour`: distributions take changes early or late. Where neither
    names a release, the kernel is the newest of this page, \(KernelProfile.newest.release).

    ## What changed when

    Releases are those of mainline. A number behind a plus sign is a stable update in which the change
    was seen too. "about" stands before a release that was not looked up.

    \(changes)

    ## The settings

    \(settings)

    ## Releases side by side

    \(releases)

    """
  }

  private static var changes: String {
    let rows = KernelChange.effects.map { change, settings in
      let values = settings.map { "`\($0.setting.key): \($0.value)`" }
      let since = (change.isEstimated ? "about " : "") + change.release
      return [
        ([since] + change.stable.map { "+ \($0)" }).joined(separator: " "),
        change.commit.map { "`\($0)`" } ?? "unknown", change.summary,
        values.joined(separator: ", "),
      ]
    }
    return table(["release", "commit", "what came with it", "settings"], rows)
  }

  private static var settings: String {
    table(
      ["setting", "values", "what it is"],
      KernelSetting.all.map { setting in
        [
          "`\(setting.key)`", setting.values.map { "`\($0)`" }.joined(separator: ", "),
          setting.summary,
        ]
      })
  }

  private static var releases: String {
    let profiles = columns.compactMap(KernelProfile.named)
    return table(
      ["setting"] + profiles.map { $0.release },
      KernelSetting.all.map { setting in
        ["`\(setting.key)`"] + profiles.map { setting.value(in: $0.behaviour) }
      })
  }

  private static func table(_ header: [String], _ rows: [[String]]) -> String {
    ([header, header.map { _ in "---" }] + rows)
      .map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
  }
}
