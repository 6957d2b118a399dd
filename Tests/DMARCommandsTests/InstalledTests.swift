import Foundation
import TestSupport
import Testing

@Suite("The program as it is installed")
struct InstalledTests {
  static let python = FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")

  @Test("scenarios that came with the program are found by their names, from any folder")
  func names() throws {
    let folder = try TemporaryFolder()
    let whole = try Tool.dmar("replay", CommandTests.report).outputText
    for name in [
      "klist-splat/report", "klist-splat/report.yaml", "Configs/klist-splat/report.yaml",
    ] {
      let result = try Tool.shell("$DMAR replay \(name)", in: folder)
      #expect(result.status == 0, "\(result.errorText)")
      #expect(result.outputText == whole)
    }
    #expect(try Tool.shell("$DMAR test klist-splat", in: folder).status == 0)
    let missing = try Tool.shell("$DMAR replay klist-splat/nowhere", in: folder)
    #expect(missing.status == 66)
    #expect(missing.errorText == "dmar: klist-splat/nowhere: No such file or directory\n")
  }

  @Test("a file that is there goes before one that came with the program")
  func ownFile() throws {
    let folder = try TemporaryFolder()
    let result = try Tool.shell(
      "mkdir klist-splat; echo 'steps: 1' > klist-splat/report.yaml; $DMAR check klist-splat/report",
      in: folder)
    #expect(result.errorText.hasPrefix("dmar: klist-splat/report.yaml:1:8: steps is \"1\""))
  }

  @Test(
    "a tree below DESTDIR has programs, pages, completions and scenarios, works, and goes as a whole",
    .enabled(if: python, "no python3"))
  func tree() throws {
    let folder = try TemporaryFolder()
    let build = URL(filePath: Tool.dmarPath).deletingLastPathComponent().path()
    let result = try Tool.shell(
      """
      set -e
      mkdir -p tree/opt/share/dmar tree/opt/bin
      echo mine > tree/opt/bin/other
      P='\(Repository.root.path())Packaging'
      "$P/install" '\(build)' /opt "$PWD/tree"
      echo share/dmar/Configs/gone.yaml >> tree/opt/share/dmar/manifest
      touch tree/opt/share/dmar/Configs/gone.yaml
      "$P/install" '\(build)' /opt "$PWD/tree"
      [ ! -e tree/opt/share/dmar/Configs/gone.yaml ]
      cd /; D="$OLDPWD/tree/opt"
      "$D/bin/dmar" replay klist-splat/report | wc -l
      "$D/bin/dmar" test klist-splat/report
      gzip -t "$D"/share/man/man1/*.gz
      ls "$D/share/bash-completion/completions/dmar" "$D/share/zsh/site-functions/_dmar" \
        "$D/share/fish/vendor_completions.d/dmar.fish" > /dev/null
      find "$D" -type f -perm /022 | wc -l
      "$P/uninstall" /opt "$OLDPWD/tree"
      cd "$D"; find . -type f
      """, in: folder)
    #expect(result.status == 0, "\(result.errorText)")
    let lines = result.outputText.split(separator: "\n").map(String.init)
    #expect(lines.contains("84"), "\(lines)")
    #expect(lines.contains("1 passed, 0 failed"))
    #expect(lines.contains("0"))
    #expect(lines.last == "./bin/other")
  }

  @Test("a scenario of any folder names logs and tables that came with the program")
  func namingFiles() throws {
    let folder = try TemporaryFolder()
    let report = try String(
      contentsOfFile: Repository.path("Configs/klist-splat/report.yaml"), encoding: .utf8)
    _ = try folder.write(
      report.replacingOccurrences(of: "../kernels/", with: "kernels/")
        .replacingOccurrences(of: "log: report.log", with: "log: Configs/klist-splat/report.log"),
      as: "mine.yaml")
    let result = try Tool.shell("$DMAR test mine.yaml", in: folder)
    #expect(result.outputText.contains("1 passed, 0 failed"), "\(result.outputText)")
    // A file beside the scenario goes before one that came with the program.
    let own = try Tool.shell(
      "mkdir -p Configs/klist-splat; echo other > Configs/klist-splat/report.log; $DMAR test mine.yaml",
      in: folder)
    #expect(own.status == 1)
  }

  @Test("a scenario of any folder extends those that came with the program")
  func extending() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(
      """
      extends: Configs/driver/base.yaml
      steps:
        - dma: {device: "00:03.0", access: read, address: 0xdead000}
      expect:
        faults: [{device: "00:03.0", access: read, address: 0xdead000, reason: 0x06}]

      """, as: "mine.yaml")
    #expect(
      try Tool.shell("$DMAR test mine.yaml", in: folder).outputText.hasSuffix(
        "1 passed, 0 failed\n"))
    #expect(
      try Tool.shell("$DMAR check mine.yaml && $DMAR replay mine.yaml", in: folder).status == 0)
    // A file of one's own goes before.
    let own = try Tool.shell(
      "mkdir -p Configs/driver; echo 'steps: 1' > Configs/driver/base.yaml; $DMAR check mine.yaml",
      in: folder)
    #expect(own.status == 65)
    let missing = try Tool.shell(
      "echo 'extends: Configs/nowhere.yaml' > a.yaml; $DMAR check a.yaml", in: folder)
    #expect(missing.errorText.contains("a.yaml:1:10: Configs/nowhere.yaml: No such file"))
  }

  @Test("--version names the version and the commit")
  func version() throws {
    let text = try Tool.dmar("--version").outputText
    let pattern = /\d+\.\d+\.\d+ \(commit ([0-9a-f]{7,}\+?|unknown)\)\n/
    #expect(text.wholeMatch(of: pattern) != nil, "\(text)")
  }

  @Test(
    "each command has a man page with what it does, its options, exit codes and an example",
    .enabled(if: python, "no python3"))
  func manPages() throws {
    let folder = try TemporaryFolder()
    let build = URL(filePath: Tool.dmarPath).deletingLastPathComponent().path()
    let made = try Tool.run(
      Repository.path("Packaging/make-man-pages"), [build, folder.url.path()])
    #expect(made.status == 0, "\(made.errorText)")
    let help = try Tool.dmar("--help").outputText
    let commands = help.split(separator: "\n").compactMap { line in
      line.firstMatch(of: /^  ([a-z]+)   +\S/).map { String($0.1) }
    }.filter { $0 != "help" }
    #expect(commands.count > 15)
    for command in commands {
      let page = try String(
        contentsOf: folder.url.appending(path: "dmar-\(command).1"), encoding: .utf8)
      for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "EXAMPLES"] {
        #expect(page.contains(".SH \(section)\n"), "dmar-\(command) has no \(section)")
      }
      let text = try Tool.dmar(command, "--help").outputText
      for option in text.matches(of: /\n  (?:-\w, )?(--[a-z-]+)/).map({ String($0.1) }) {
        let escaped = option.split(separator: "-", omittingEmptySubsequences: false)
          .joined(separator: "\\-")
        #expect(page.contains("\\fB\(escaped)\\fR"), "dmar-\(command) has no \(option)")
      }
    }
    let system = try String(
      contentsOf: folder.url.appending(path: "dmar-system-x86_64.1"), encoding: .utf8)
    #expect(system.contains("\\-qtest unix:PATH"))
  }

  @Test("every example of the man pages runs", arguments: try examples())
  func example(_ line: String) throws {
    let folder = try TemporaryFolder()
    let result = try Tool.shell(
      """
      mkdir bin; ln -s "$DMAR" bin/dmar; PATH="$PWD/bin:$PATH"
      ln -s '\(Repository.root.path())'/Configs '\(Repository.root.path())'/Tests .
      \(line)
      """, in: folder)
    // The page is built by a command of its own, which the message names.
    if line.hasPrefix("dmar lab"), result.errorText.contains("`make site` builds it") { return }
    #expect(result.status == 0, "\(result.errorText)")
    #expect(!result.outputText.isEmpty || line.contains(" check ") || line.contains(" -o "))
  }

  static func examples() throws -> [String] {
    try String(contentsOfFile: Repository.path("Packaging/examples"), encoding: .utf8)
      .split(separator: "\n").map(String.init)
      .filter { !$0.hasPrefix("#") && $0.contains(/\bdmar [a-z]/) && !$0.hasPrefix("Examples") }
  }
}
