import Foundation
import KernelProfiles
import Lockdep
import TestSupport
import Testing

/// The settings of many releases as they were when each was a property, a default and rows of a history
/// kept by hand: what the timelines have to give again.
private struct PinnedSettings {
  let releases: [String]
  /// The values of each setting, in the order of the releases.
  let values: [(key: String, values: [String])]

  init() throws {
    let path = Repository.path("Tests/KernelProfilesTests/Golden/settings.tsv")
    var rows = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
      .filter { !$0.hasPrefix("#") }.map { $0.split(separator: "\t", maxSplits: 1) }
    releases = rows.removeFirst()[1].split(separator: " ").map(String.init)
    values = try rows.map { row in
      let runs = try row[1].split(separator: " ").map { run in
        let parts = run.split(separator: "*")
        return Array(repeating: String(parts[0]), count: try #require(Int(parts[1])))
      }
      return (String(row[0]), Array(runs.joined()))
    }
  }
}

@Suite("Timelines of kernel settings")
struct TimelineTests {
  @Test("each setting has the pinned value in each pinned release")
  func values() throws {
    let pinned = try PinnedSettings()
    #expect(pinned.releases.count > 65)
    #expect(pinned.values.map(\.key) == KernelSetting.all.map(\.key))
    let profiles = try pinned.releases.map { try #require(KernelProfile.named($0)) }
    for (setting, row) in zip(KernelSetting.all, pinned.values) {
      try #require(row.values.count == profiles.count)
      for (profile, value) in zip(profiles, row.values) {
        #expect(
          setting.value(in: profile.behaviour) == value, "\(setting.key) in \(profile.release)")
      }
    }
  }

  @Test("a kernel of which no release is known is the newest one")
  func newest() {
    #expect(KernelBehaviour() == KernelProfile.newest.behaviour)
    #expect(KernelBehaviour() == KernelProfile.all.last?.behaviour)
    #expect(KernelProfile.newest.release == KernelProfile.all.last?.release)
  }

  @Test("lock programs without a kernel are reported in the newest kernel's words")
  func words() {
    #expect(ReportStyle() == KernelBehaviour().splat)
  }

  @Test("the rows of a timeline are releases, in their order, and each gives another value")
  func rows() throws {
    for setting in KernelSetting.all {
      var last = KernelProfile.oldest
      var behaviour = KernelBehaviour.oldest
      for change in setting.changes {
        let release = try #require(KernelRelease(change.release), "\(setting.key)")
        #expect(last < release, "\(setting.key) \(change.release)")
        last = release
        let before = setting.value(in: behaviour)
        behaviour = change.applied(to: behaviour)
        #expect(setting.value(in: behaviour) != before, "\(setting.key) \(change.release)")
        for update in change.stable { #expect(KernelRelease(update) != nil, "\(update)") }
      }
    }
  }

  /// A summary is printed alone, in a table's row, so it has a subject and a verb of its own.
  @Test("every change is told as a whole clause")
  func summaries() {
    let verbs: Set = [
      "aborts", "address", "are", "attaches", "begin", "begins", "can", "checks", "copies", "drops",
      "dumps", "ends", "get", "go", "goes", "guards", "has", "have", "is", "keeps", "knows",
      "leaves", "lets", "looks", "mark", "may", "name", "pass", "prints", "probes", "saves", "see",
      "share", "show", "shows", "speaks", "stand", "stands", "stay", "take", "takes", "tells",
      "translates", "waits", "walks",
    ]
    for change in KernelChange.history {
      let words = change.summary.split { !$0.isLetter }.map(String.init)
      #expect(words.contains { verbs.contains($0) }, "\(change.summary)")
      #expect(!["nor", "and", "or", "but"].contains(words.first), "\(change.summary)")
    }
    #expect(
      KernelChange.history.contains { $0.summary == "no unit translates for Q35's graphics" })
  }

  @Test(
    "a release is named as mainline names it",
    arguments: [
      ("4.19.0-6-amd64", "4.19"), ("6.6.0-45-generic", "6.6"), ("6.1.192", "6.1.192"),
      ("6.0.0-rc2", "6.0-rc2"), ("3.10.0-1062.el7.x86_64", "3.10"), ("2.6.32-5-amd64", "2.6.32"),
      ("5.2.0-rc5-CI-CI_DRM_6299+", "5.2-rc5"),
    ])
  func names(text: String, name: String) throws {
    let release = try #require(KernelRelease(text))
    #expect(release.mainlineName == name)
    #expect(KernelRelease(name) == release)
  }

  @Test("each cure changes the kernel of the report, each in a way of its own")
  func cures() throws {
    let bad = try #require(KernelProfile.named("6.0-rc1")).behaviour
    #expect(Set(KernelCure.all.map(\.name)).count == KernelCure.all.count)
    var made: [KernelBehaviour: String] = [bad: "the kernel as it is"]
    for cure in KernelCure.all {
      let cured = cure.applied(to: bad)
      #expect(made[cured] == nil, "\(cure.name) gives what \(made[cured] ?? "") gives")
      #expect(!cure.settings(in: bad).isEmpty, "\(cure.name) decides no setting")
      made[cured] = cure.name
    }
  }

  @Test("cures undo or take what they name")
  func namedCures() throws {
    let bad = try #require(KernelProfile.named("6.0-rc1")).behaviour
    func cured(_ name: String) throws -> KernelBehaviour {
      try #require(KernelCure.all.first { $0.name == name }).applied(to: bad)
    }
    #expect(try cured("revert-2018").klistNext == .plain)
    #expect(try cured("upstream").tableWalk == .entry)
  }
}

@Suite("Dates of kernel changes")
struct DateTests {
  /// A date beside a value would be a second one, which drifts from the timeline's.
  @Test(
    "no comment beside a setting's values names a release",
    arguments: [
      "Sources/Lockdep/Rendering/ReportStyle.swift", "Sources/KernelLog/Lines/DumpLine.swift",
      "Sources/KernelProfiles/Settings/FaultSettings.swift",
      "Sources/KernelProfiles/Settings/QueueSettings.swift",
      "Sources/KernelProfiles/Settings/BootSettings.swift",
      "Sources/KernelProfiles/Settings/DriverSettings.swift",
      "Sources/KernelProfiles/Settings/KernelCoreSettings.swift",
      "Sources/KernelProfiles/Settings/PrintkSettings.swift",
      "Sources/KernelLog/Lines/FaultReasonText.swift",
    ])
  func comments(file: String) throws {
    let lines = try String(contentsOfFile: Repository.path(file), encoding: .utf8)
      .split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    for line in lines where line.hasPrefix("///") {
      // Two numbers with a dot between them, but no numbers of a longer word such as 00:1a.0.
      let match = line.firstMatch(of: /(^| |\()[2-7]\.[0-9]{1,2}(\.[0-9]+)?( |,|:|\)|$)/)
      #expect(match == nil, "\(line)")
    }
  }
}
