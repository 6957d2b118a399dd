import Foundation
import TestSupport
import Testing

@Suite("dmar lockcheck")
struct LockcheckTests {
  static let programs = "Configs/locks/vtd.tsv"
  static let header = "name\tops\texpected\n"

  @Test(
    "the idle task of a lock program in a scenario has process id 0",
    arguments: ["L(A) U(A) HARDIRQ_ENTER L(A)", "'@swapper/0 L(A) U(A) HARDIRQ_ENTER L(A)'"])
  func idleTask(program: String) throws {
    let text = try Tool.dmar(
      "replay", "Configs/locks/klist-hardirq.yaml", "--set", "steps[0].locks.program=\(program)"
    ).outputText
    #expect(text.contains("swapper/0/0 [HC1[1]"), "\(text)")
    #expect(text.contains("PID: 0 Comm: swapper/0 "), "\(text)")
  }

  @Test("a line a program, then how many were as expected")
  func verdicts() throws {
    let result = try Tool.dmar("lockcheck", Self.programs)
    #expect(result.status == 0)
    let lines = result.outputText.split(separator: "\n")
    #expect(lines.last == "\(lines.count - 1) passed, 0 failed")
    #expect(
      lines.first?.split(separator: " ", omittingEmptySubsequences: true).prefix(3)
        == ["klist_in_hardirq", "FAILURE", "FAILURE"])
    #expect(
      lines.first?.hasSuffix("inconsistent lock state {HARDIRQ-ON-W} -> {IN-HARDIRQ-W}") == true)
  }

  @Test("the kernel's selftests all agree")
  func selftests() throws {
    let result = try Tool.dmar("lockcheck", "Tests/LockdepTests/Golden/lock-selftests.tsv")
    #expect(result.status == 0)
    #expect(result.outputText.hasSuffix("\n233 passed, 0 failed\n"))
  }

  @Test("a verdict that was not expected fails with exit 1")
  func failing() throws {
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    let path = try folder.write(
      Self.header + "quiet\tL(A) U(A)\tFAILURE\nloud\tL(X1) L(X2)\tFAILURE\n", as: "a.tsv")
    let result = try Tool.dmar("lockcheck", path)
    #expect(result.status == 1)
    #expect(result.outputText.hasSuffix("\n1 passed, 1 failed\n"))
  }

  @Test("a report, the graph, the listings and the counters come with options")
  func options() throws {
    let text = try Tool.dmar(
      "lockcheck", Self.programs, "--filter", "domain_lock_circular", "--report", "--dot",
      "--classes", "--chains", "--statistics"
    ).outputText
    for part in [
      "WARNING: possible circular locking dependency detected", "-> #1 (device_domain_lock)",
      #"digraph "domain_lock_circular" {"#, "c0 -> c1", "all lock classes:", "all lock chains:",
      " lock-classes:                            2 [max: 8192]",
    ] {
      #expect(text.contains(part), "\(part)")
    }
  }

  @Test("interleavings show the schedule, or say that no schedule reaches it")
  func interleavings() throws {
    let text = try Tool.dmar(
      "lockcheck", Self.programs, "--filter", "klist", "--interleavings"
    ).outputText
    #expect(
      text.contains(
        """
            cpu 0  boot: L(&k->k_lock)
            cpu 0  irq:dmar_fault interrupts boot
            cpu 0  irq:dmar_fault: L(&k->k_lock)  waits
            irq:dmar_fault waits for &k->k_lock, held by boot
        """))
    #expect(text.contains("  no deadlock in any interleaving ("))
  }

  @Test("a kernel without raw lock nesting lets a spinlock stand under a raw one")
  func rawNesting() throws {
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    let path = try folder.write(
      Self.header + "a\tRAWL(A) L(B) U(B) RAWU(A)\tSUCCESS\n", as: "a.tsv")
    #expect(try Tool.dmar("lockcheck", path).status == 1)
    #expect(try Tool.dmar("lockcheck", path, "--no-raw-nesting").status == 0)
  }

  @Test("what is wrong in a table is told with file, line and column, exit 65")
  func malformed() throws {
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    let path = try folder.write(
      Self.header + "a\tL(A) U(A)\tSUCCESS\nb\tL(A) FOO(A)\tSUCCESS\n", as: "bad.tsv")
    let result = try Tool.dmar("lockcheck", path)
    #expect(result.status == 65)
    #expect(result.errorText.contains("bad.tsv:3:8: unknown operation `FOO`, expected "))
    #expect(result.outputText.isEmpty)
  }

  @Test("a missing file is exit 66, a bad bound is wrong usage")
  func missing() throws {
    #expect(try Tool.dmar("lockcheck", "/nowhere/at/all.tsv").status == 66)
    #expect(try Tool.dmar("lockcheck", Self.programs, "--bound", "0").status == 64)
  }

  @Test("a table needs no header where its columns are name, operations, verdict")
  func headerless() throws {
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    let path = try folder.write("# two locks\nquiet\tL(A) U(A)\tSUCCESS\n", as: "a.tsv")
    let result = try Tool.dmar("lockcheck", path)
    #expect(result.status == 0, "\(result.errorText)")
    #expect(result.outputText == "quiet  SUCCESS  SUCCESS\n1 passed, 0 failed\n")
  }

  @Test("a program on the command line needs no file, and says what is wrong with it")
  func program() throws {
    let result = try Tool.dmar("lockcheck", "--program", "L(A) L(B) U(B) U(A) L(B) L(A)")
    #expect(result.status == 0)
    #expect(
      result.outputText == "program  FAILURE  possible circular locking dependency detected\n")
    let wrong = try Tool.dmar("lockcheck", "--program", "L(A) FOO(A)")
    #expect(wrong.status == 65)
    #expect(
      wrong.errorText.contains("--program: column 6: unknown operation `FOO`"), "\(wrong.errorText)"
    )
    #expect(try Tool.dmar("lockcheck").status == 64)
    #expect(try Tool.dmar("lockcheck", Self.programs, "--program", "L(A)").status == 64)
    #expect(try Tool.dmar("lockcheck", "--program", " ").status == 64)
  }

  @Test("a filter that no row has leaves nothing to run, which is told")
  func filter() throws {
    let result = try Tool.dmar("lockcheck", Self.programs, "--filter", "nosuch")
    #expect(result.status == 66)
    #expect(
      result.errorText
        == "dmar: \(Self.programs): nothing to run; a row whose name has \"nosuch\" was expected\n")
  }

  @Test("programs run at once give the same lines in the same order")
  func jobs() throws {
    let path = "Tests/LockdepTests/Golden/lock-selftests.tsv"
    let one = try Tool.dmar("lockcheck", path, "--jobs", "1", "--report").outputText
    #expect(try Tool.dmar("lockcheck", path, "--jobs", "8", "--report").outputText == one)
  }

  @Test("results go to JUnit and TAP, a test for each program")
  func machineReadable() throws {
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    let path = try folder.write(
      Self.header + "quiet\tL(A) U(A)\tSUCCESS\nloud\tL(A) U(A)\tFAILURE\n", as: "a.tsv")
    let junit = try Tool.dmar("lockcheck", path, "--junit", "-")
    #expect(junit.status == 1)
    #expect(junit.outputText.contains(#"tests="2" failures="1""#), "\(junit.outputText)")
    #expect(junit.outputText.contains(#"name="quiet" file=""#))
    #expect(junit.outputText.contains(#"a.tsv" line="2" time="#))
    #expect(junit.outputText.contains(#"a.tsv" line="3" time="#))
    #expect(junit.outputText.contains("a.tsv:3:1: SUCCESS; FAILURE was expected"))
    #expect(junit.errorText.hasSuffix("1 passed, 1 failed\n"))
    let tap = try Tool.dmar("lockcheck", path, "--tap").outputText
    #expect(tap.hasPrefix("TAP version 13\n1..2\nok 1 - quiet\nnot ok 2 - loud\n"), "\(tap)")
  }
}
