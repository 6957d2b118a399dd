import LogReading
import Testing

@testable import Lockdep

/// Lock reports are found by the words that they are printed with.
@Suite("Lines of lock reports")
struct SplatLineTests {
  /// Lines that another line's words begin, or that are nothing but a mark.
  private static let alike: Set<ReportLine> = [
    .becameUnsafeApart, .suspiciousRCUStopped, .preemptCountAlone,
  ]

  @Test("each reads back as itself, with what stood in its places")
  func law() throws {
    for line in ReportLine.allCases where !Self.alike.contains(line) {
      let count = "\(line.words)".split(separator: "%S", omittingEmptySubsequences: false).count - 1
      let values = (0..<count).map { "value\($0)" }
      // A record's own line ends are gone from the lines of a log.
      let text = line.text(values).filter { $0 != "\n" }
      let found = try #require(SplatLines.read(text[...]), "\(line.words)")
      #expect(found.line == line, "\(line.words)")
      #expect(found.values == values, "\(line.words)")
    }
  }

  private static let kinds: [(ReportLine, LockSplat.Kind)] = [
    (.recursive, .recursive), (.circular, .circular), (.inconsistent, .inconsistentState),
    (.inversion, .inversion), (.suspiciousRCU, .rcu), (.nestedLock, .nestLock),
    (.imbalance, .badUnlock), (.freed, .heldFreed), (.exitTime, .exit), (.userReturn, .userReturn),
    (.contention, .badContention),
  ]

  /// The title in the boxes of all ages of the kernel.
  @Test(
    "a title begins a report of its kind in the boxes of all kernels", arguments: kinds.indices)
  func title(_ index: Int) {
    let (line, kind) = Self.kinds[index]
    for title in ["WARNING: \(line.text())", "[ INFO: \(line.text()) ]", "[ BUG: \(line.text()) ]"]
    {
      let text = """
        ========================================
        \(title)
        6.1.192 #1 Not tainted
        ----------------------------------------
        rngd/1006 is trying to lock:
        ff177021416f2d78 (&k->k_lock){?.+.}-{2:2}, at: klist_next+0x1b/0x160

        stack backtrace:
        CPU: 0 PID: 1006 Comm: rngd Not tainted 6.1.192 #1

        """
      var reader = LogReader()
      var found: [LockSplat.Kind] = []
      let take = { (event: LogEvent) in
        if case .fact(.lockSplat(let splat)) = event.kind { found.append(splat.kind) }
      }
      Array(text.utf8).withUnsafeBytes { reader.read($0, emit: take) }
      reader.finish(emit: take)
      #expect(found == [kind], "\(title)")
    }
  }
}
