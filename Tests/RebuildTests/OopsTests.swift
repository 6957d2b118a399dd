import LogReading
import Rebuild
import TestSupport
import Testing

/// A dump that follows a wrong entry, and the kernel dies.
@Suite("An oops of the dump")
struct OopsTests {
  /// What the model prints of an oops: no registers, no code, no stack.
  private static let heads = [
    "BUG: unable", "#PF:", "PGD", "Oops:", "CPU:", "Hardware name:", "Kernel panic",
    "Kernel Offset", "---[ end Kernel panic",
  ]

  private static func heads(of lines: [String]) -> [Substring] {
    lines.compactMap { line in
      let text = line.drop { $0 != "]" }.dropFirst(2)
      return heads.contains(where: text.hasPrefix) ? text : nil
    }
  }

  @Test("comes back with the build and the machine that the log names")
  func heads() throws {
    let lines = try Golden.lines("oops-context-7.3.log.gz")
    let log = lines.filter { $0.first == "[" }
    let first = try #require(log.firstIndex { $0.contains("handling fault status") })
    let wanted = Self.heads(of: Array(log[first...]))
    #expect(wanted.contains { $0.contains("7.3.4 #2 PREEMPT(lazy)") })
    #expect(wanted.contains { $0.hasPrefix("Hardware name: QEMU") })
    let rebuilt = Rebuilding.rebuild(lines.joined(separator: "\n") + "\n")
    #expect(rebuilt.leftOut.isEmpty)
    #expect(Self.heads(of: Rebuilding.lines(of: rebuilt.yaml)) == wanted)
    #expect(rebuilt.yaml.contains("its registers and its stack are not reproduced"))
  }
}
