import Foundation
import KernelProfiles
import LinuxIOMMU
import Lockdep
import Testing

/// Lock reports in the words of the kernel that prints them.
@Suite("The text of lock reports by release")
struct SplatStyleTests {
  /// The lines of a report of the golden file, and whether its source cuts it short.
  private func golden(_ title: String) throws -> (lines: [String], isCut: Bool) {
    let url = try #require(
      Bundle.module.url(forResource: "Golden/splats-by-release", withExtension: "txt"))
    let text = try String(contentsOf: url, encoding: .utf8)
    let sections = text.split(separator: "=== ").dropFirst()
    let section = try #require(sections.first { $0.hasPrefix(title) })
    var lines = section.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let heading = lines.removeFirst()
    if lines.first == "" { lines.removeFirst() }
    while lines.last == "" { lines.removeLast() }
    return ([""] + lines.drop { $0.isEmpty }, heading.hasSuffix("cut"))
  }

  @Test(
    "a lock report's text is that of a real kernel, line for line",
    arguments: [
      ("2.6.32 circular", "2.6.32", []), ("3.4 circular", "3.4", []),
      ("3.18 recursive", "3.18", []), ("4.13 circular", "4.14", ["my_oom_lock"]),
      ("4.15 circular", "4.15", ["shrinker_rwsem", "&type->s_umount_key#63"]),
    ] as [(String, String, Set<String>)])
  func real(title: String, release: String, tries: Set<String>) throws {
    let (lines, isCut) = try golden(title)
    let profile = try #require(KernelProfile.named(release))
    // In 4.13's report the first acquire of my_oom_lock was a try; the one that is reported was not.
    let splat = PrintedSplat(lines, kernel: profile, tries: tries.subtracting(["my_oom_lock"]))
    let got = splat.redo()
    let wanted = isCut ? Array(splat.lines) : splat.lines
    #expect(Array(got.prefix(wanted.count)) == wanted)
    if !isCut { #expect(got.count == wanted.count) }
  }
}

extension SplatStyleTests {
  /// The records of the first report that a program leads to, in a release's words.
  private func report(_ program: String, in release: String) throws -> [String] {
    let style = try #require(KernelProfile.named(release)).behaviour.splat
    let symbols = ProgramSymbols(function: "program")
    symbols.style = style
    symbols.ident = "\(release) #1 Tainted: G        W"
    let runner = LockProgramRunner(
      try LockProgram(parsing: program),
      configuration: LockdepConfiguration(
        hasWaitTypes: style.waitTypes == .printed, countsUses: style.uses == .counted),
      symbols: symbols)
    let outcome = runner.run()
    symbols.show(step: try #require(outcome.reportSteps.first))
    return render(try #require(outcome.reports.first), in: symbols)
  }

  /// The rules' lengths and the titles, as the sources of these releases have them and, for 4.10 and
  /// later, reports that people sent.
  @Test(
    "a lock report's text has a box for each kind of report",
    arguments: [
      (
        "L(X1) L(X2)",
        [
          ("2.6.32", 45, "[ INFO: possible recursive locking detected ]"),
          ("4.11", 45, "[ INFO: possible recursive locking detected ]"),
          ("4.12", 44, "WARNING: possible recursive locking detected"),
        ]
      ),
      (
        "SOFTIRQ_ENTER L(A) U(A) SOFTIRQ_EXIT L(A)",
        [
          ("4.10", 33, "[ INFO: inconsistent lock state ]"),
          ("4.19", 32, "WARNING: inconsistent lock state"),
        ]
      ),
      (
        "HARDIRQ_DISABLE L(A) L(B) U(B) U(A) HARDIRQ_ENABLE L(B) U(B) HARDIRQ_ENTER L(A)",
        [
          ("4.10", 57, "[ INFO: possible irq lock inversion dependency detected ]"),
          ("5.4", 56, "WARNING: possible irq lock inversion dependency detected"),
        ]
      ),
      (
        "L(B) U(B) SOFTIRQ_ENTER L(A) U(A) SOFTIRQ_EXIT SOFTIRQ_DISABLE L(A) L(B)",
        [
          ("4.1", 54, "[ INFO: SOFTIRQ-safe -> SOFTIRQ-unsafe lock order detected ]"),
          ("5.6", 53, "WARNING: SOFTIRQ-safe -> SOFTIRQ-unsafe lock order detected"),
        ]
      ),
      (
        "L(A) U(A) U(A)",
        [
          ("2.6.32", 37, "[ BUG: bad unlock balance detected! ]"),
          ("3.10", 37, "[ BUG: bad unlock balance detected! ]"),
          ("6.1", 37, "WARNING: bad unlock balance detected!"),
        ]
      ),
      (
        "L(A) SI(A)",
        [
          ("4.4", 25, "[ BUG: held lock freed! ]"), ("6.1", 25, "WARNING: held lock freed!"),
        ]
      ),
      (
        "ML(A) USER",
        [
          ("4.4", 48, "[ BUG: lock held when returning to user space! ]"),
          ("6.1", 48, "WARNING: lock held when returning to user space!"),
        ]
      ),
      (
        "ML(A) EXIT",
        [
          ("3.10", 37, "[ BUG: lock held at task exit time! ]"),
          ("4.4", 36, "[ BUG: program/1000 still has locks held! ]"),
          ("6.1", 36, "WARNING: program/1000 still has locks held!"),
        ]
      ),
    ] as [(String, [(String, Int, String)])])
  func boxes(program: String, expected: [(release: String, width: Int, title: String)]) throws {
    for (release, width, title) in expected {
      let lines = try report(program, in: release)
        .flatMap { $0.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }
      #expect(lines[0] == "")
      #expect(lines[1] == String(repeating: "=", count: width), "\(release)")
      #expect(lines[2].replacing(#/[^ ]+\/\d+ still/#, with: "program/1000 still") == title)
      let isBare = release == "2.6.32"
      let ident = isBare ? "\(release) #1" : "\(release) #1 Tainted: G        W"
      let hasIdent = !isBare || title.hasPrefix("[ INFO")
      if hasIdent { #expect(lines[3] == ident) }
      #expect(lines[hasIdent ? 4 : 3] == String(repeating: "-", count: width), "\(release)")
    }
  }

  @Test(
    "a lock report's text has a held lock's line as its release prints it",
    arguments: [
      ("2.6.32", #" #0:  (&lock_A){+.+...}, at: [<ffffffff########>] program+0x#/0x#"#),
      ("4.14", #" #0:  (&lock_A){+.+.}, at: [<ffffffff########>] program+0x#/0x#"#),
      ("4.15", #" #0:  (&lock_A){+.+.}, at: [<00000000########>] program+0x#/0x#"#),
      ("4.17", #" #0: 00000000######## (&lock_A){+.+.}, at: program+0x#/0x#"#),
      ("5.4", #" #0: ffffffff######## (&lock_A){+.+.}, at: program+0x#/0x#"#),
      ("5.7", #" #0: ffffffff######## (&lock_A){+.+.}-{3:3}, at: program+0x#/0x#"#),
    ])
  func lockLine(release: String, expected: String) throws {
    let records = try report("L(A) L(B) U(B) U(A) L(A) L(A)", in: release)
    let line = try #require(records.first { $0.hasPrefix(" #0: ") })
    #expect(
      line.replacing(#/(f{8}|0{8})\w{8}/#) { "\($0.output.1)########" }
        .replacing(#/0x\w+/#, with: "0x#") == expected)
  }

  @Test("the list of a class's usages changed four times")
  func usages() throws {
    let program =
      "L(B) U(B) SOFTIRQ_ENTER L(A) U(A) SOFTIRQ_EXIT SOFTIRQ_DISABLE L(A) L(B)"
    let old = try report(program, in: "2.6.32")
    // The class was taken once in the soft interrupt, and now.
    #expect(old.contains("-> (&lock_A){+.-...} ops: 2 {"))
    let first = try #require(old.firstIndex(of: "   IN-SOFTIRQ-W at:"))
    #expect(old[first + 1].prefix { $0 == " " }.count == "IN-SOFTIRQ-W".count + 8 + 19)
    #expect(old.contains { $0.hasPrefix("...  [<") })
    #expect(
      old.contains(
        "\nthe dependencies between the lock to be acquired and SOFTIRQ-irq-unsafe lock:"))
    #expect(!old.contains { $0.contains("unsafe locking scenario") })

    let new = try report(program, in: "5.16")
    #expect(new.contains("-> (&lock_A){+.-.}-{3:3} {"))
    let last = try #require(new.firstIndex(of: "   IN-SOFTIRQ-W at:"))
    #expect(new[last + 1].prefix { $0 == " " }.count == "IN-SOFTIRQ-W".count + 8)
    #expect(new.contains("..."))
    #expect(new.contains(" and SOFTIRQ-irq-unsafe lock:"))
  }

  @Test("shared and sync steps of a circle are told since 6.4")
  func modes() throws {
    let program = "WSL(A) RSL(B) RSU(B) WSU(A) WSL(B) RSL(A)"
    #expect(try report(program, in: "6.1").contains("  lock(&rwsem_A);"))
    #expect(try report(program, in: "6.6").contains("  rlock(&rwsem_A);"))
  }

  @Test("a first shared use is an initial use like any other before 5.11")
  func firstUse() throws {
    let program = "RL(B) RU(B) SOFTIRQ_ENTER L(A) U(A) SOFTIRQ_EXIT SOFTIRQ_DISABLE L(A) WL(B)"
    #expect(try report(program, in: "5.10").contains { $0.contains("INITIAL USE at:") })
    #expect(try !report(program, in: "5.10").contains { $0.contains("INITIAL READ USE") })
    #expect(try report(program, in: "5.11").contains { $0.contains("INITIAL READ USE at:") })
  }
}
