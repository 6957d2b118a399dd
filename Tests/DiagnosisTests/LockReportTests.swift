import Diagnosis
import Foundation
import KernelLog
import LogReading
import TestSupport
import Testing

/// What a real 6.1 kernel printed of each kind of lockdep report, read and put into words.
@Suite("Lock reports")
struct LockReportTests {
  struct Case: CustomTestStringConvertible {
    let kind: LockSplat.Kind
    /// Words that the explanation has to hold.
    let words: [String]
    var testDescription: String { kind.rawValue }
  }

  private static let cases: [Case] = [
    Case(kind: .recursive, words: ["lock is taken while", "held: lock, since AA_spin"]),
    Case(
      kind: .circular,
      words: ["&lock_A is taken while &lock_B is held", "&lock_B taken: ABBA_spin"]),
    Case(kind: .badUnlock, words: ["&lock_A is released by a task that does not hold it"]),
    Case(
      kind: .heldFreed, words: ["&lock_A", "ffffffff81b3b520-ffffffff81b3b55f", "init_held_spin"]),
    Case(
      kind: .inconsistentState,
      words: [
        "&lock_A was taken with a hard interrupt running", "hard interrupts on: irqsafe1_hard",
      ]
    ),
    Case(kind: .inversion, words: ["&lock_A is taken in an interrupt", "&lock_B, which is taken"]),
    Case(
      kind: .unsafeOrder,
      words: [
        "&lock_B is taken while &lock_A is held", "taken in the interrupt: irqsafe4",
        "&lock_B taken with interrupts on: irqsafe4",
      ]),
    Case(kind: .nestLock, words: ["ww_lockdep_mutex is taken as nested"]),
    Case(kind: .waitContext, words: ["ww_lockdep_mutex may sleep", "4:4", "held: &lock_A"]),
    Case(kind: .userReturn, words: ["goes back to user space", "held: xm, since ld_extra"]),
    Case(kind: .exit, words: ["a task ends with locks held", "held: xm, since exitfn"]),
    Case(kind: .rcu, words: ["init/ld_extra.c:68 suspicious rcu_dereference_check() usage!"]),
    Case(kind: .tableFull, words: ["MAX_LOCK_DEPTH", "held"]),
    Case(kind: .unregistered, words: ["never initialised", "where: ld_extra"]),
    Case(kind: .sleeping, words: ["some/file.c:77", "held: xs"]),
  ]

  private static let explained: [SplatExplanation] = {
    let lines =
      (try? String(
        contentsOfFile: Repository.path("Tests/LockdepTests/Golden/splats.txt"), encoding: .utf8))
      ?? ""
    // Each report as in a log of its own: lockdep reports once.
    return lines.split(separator: "\n", omittingEmptySubsequences: false)
      .split { $0.hasPrefix("####") || $0.hasPrefix("=== EXTRA") }
      .flatMap { explanation(of: $0.joined(separator: "\n") + "\n").splats }
  }()

  @Test("each kind says what it means, who took what and where the cure lies", arguments: cases)
  func kind(_ expected: Case) throws {
    let found = try #require(Self.explained.first { $0.splat.kind == expected.kind })
    let text = ([found.meaning] + found.story + [found.cure]).joined(separator: "\n")
    for words in expected.words { #expect(text.contains(words), "\(text)") }
    #expect(!found.cure.isEmpty && !text.contains("?"), "\(text)")
  }

  @Test("a lock that closes a circle is the one that the report names, not the last that is held")
  func blocker() throws {
    let log = """
      ======================================================
      WARNING: possible circular locking dependency detected
      5.2.0 #1 Not tainted
      ------------------------------------------------------
      swapper/0/1 is trying to acquire lock:
      0000000091462475 (&iommu->lock){+.+.}, at: domain_context_mapping_one+0xa0/0x4f0

      but task is already holding lock:
      0000000069266737 (device_domain_lock){....}, at: domain_context_mapping_one+0x88/0x4f0

      1 lock held by swapper/0/1:
       #0: 0000000076465a1e (dmar_global_lock){++++}, at: intel_iommu_init+0x1d3/0x138d
      """
    let splat = try #require(explanation(of: log + "\n").splats.first)
    #expect(splat.splat.blocker?.name == "device_domain_lock")
    #expect(splat.splat.held.map(\.name) == ["dmar_global_lock", "device_domain_lock"])
    #expect(splat.meaning.hasPrefix("&iommu->lock is taken while device_domain_lock is held"))
  }
}
