internal import ArgumentParser
internal import KernelLog
internal import KernelProfiles
internal import LinuxIOMMU
import Text

/// `dmar profiles`: what each kernel release does, and since which commit.
struct ProfilesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "profiles",
    abstract: "Show how kernel releases differ, change by change.",
    discussion: """
      Without a release: every change, oldest first, with the settings that it changes and their new
      values. With one: the settings of that release, which is
      what `kernel.profile` of a scenario stands for.

      \(ExitStatus.help())
      """)

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case text
    case markdown
    case json
  }

  @Argument(help: ArgumentHelp("A release, such as 4.19 or 6.1.192.", valueName: "release"))
  var release: String?

  @Option(help: "A table, a page of documentation, or one JSON document.")
  var format = Format.text

  func run() throws {
    var output = Output()
    switch format {
    case .markdown: output.print(String(ProfileTable.markdown.dropLast()))
    case .text: try writeText(to: &output)
    case .json: output.print(try json().pretty)
    }
    try output.flush()
  }

  private func profile(_ release: String) throws -> KernelProfile {
    guard let profile = KernelProfile.chosen(release) else {
      throw ValidationError(
        "\"\(release)\" is no release that has a profile; \(KernelProfile.choice) was"
          + " expected")
    }
    return profile
  }

  private func writeText(to output: inout Output) throws {
    if let release {
      let profile = try profile(release)
      let width = KernelSetting.all.map(\.key.count).max() ?? 0
      for setting in KernelSetting.all {
        let gap = String(repeating: " ", count: width - setting.key.count)
        output.print("\(setting.key)\(gap)  \(setting.value(in: profile.behaviour))")
      }
    } else {
      let effects = KernelChange.effects
      let releases = effects.map { change, _ in
        ([change.release] + change.stable.map { "+\($0)" }).joined(separator: " ")
      }
      let width = releases.map(\.count).max() ?? 0
      for ((change, settings), release) in zip(effects, releases) {
        let gap = String(repeating: " ", count: width - release.count)
        let commit = change.commit ?? String(repeating: " ", count: 12)
        let values = settings.map { "\($0.setting.key): \($0.value)" }.joined(separator: ", ")
        output.print("\(release)\(gap)  \(commit)  \(change.summary) [\(values)]")
      }
    }
  }

  private func json() throws -> JSONValue {
    func settings(_ behaviour: KernelBehaviour) -> JSONValue {
      .object(KernelSetting.all.map { ($0.key, .string($0.value(in: behaviour))) })
    }
    if let release {
      let profile = try profile(release)
      return .object([
        ("release", .string(profile.release)),
        ("changes", .array(profile.changes.map(\.json))),
        ("settings", settings(profile.behaviour)),
      ])
    }
    return .object([
      (
        "profiles",
        .array(
          KernelProfile.all.map { profile in
            .object([
              ("release", .string(profile.release)),
              ("changes", .array(profile.changes.map(\.json))),
              ("settings", settings(profile.behaviour)),
            ])
          })
      )
    ])
  }
}

extension KernelChange {
  /// The change for programs.
  var json: JSONValue {
    .object([
      ("release", .string(release)), ("stable", .array(stable.map { .string($0) })),
      ("commit", commit.map { .string($0) } ?? .null), ("summary", .string(summary)),
    ])
  }
}
