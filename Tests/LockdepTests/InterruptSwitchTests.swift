import Testing

@testable import Lockdep

/// Locks that are held while interrupts go on again: what a report shows of the way there.
@Suite("Interrupts that go on again")
struct InterruptSwitchTests {
  /// The report of a program, a line each, without what stands in front of the frames.
  private static func report(_ ops: String) throws -> [String] {
    try ProbeSplatTests.lines(try ProbeSplatTests.runner(ops, function: "user", outer: []))
  }

  /// The frames below `state was registered at:`.
  private static func registered(_ lines: [String]) throws -> [String] {
    let head = try #require(lines.firstIndex { $0.hasSuffix("state was registered at:") })
    return lines[(head + 1)...].prefix { $0.hasPrefix("  ") }.map { line in
      String(line.drop { $0 == " " }.prefix { $0 != "+" })
    }
  }

  @Test("local_irq_enable is a call of trace_hardirqs_on in its caller's name")
  func hardirq() throws {
    let lines = try Self.report(
      "HARDIRQ_DISABLE L(A) HARDIRQ_ENABLE U(A) HARDIRQ_ENTER L(A) U(A) HARDIRQ_EXIT")
    #expect(
      try Self.registered(lines) == ["lockdep_hardirqs_on_prepare", "trace_hardirqs_on", "user"],
      "\(lines)")
  }

  @Test("local_bh_enable is seen as the function that it calls, which switches hard interrupts too")
  func softirq() throws {
    let lines = try Self.report(
      "SOFTIRQ_DISABLE L(A) SOFTIRQ_ENABLE U(A) SOFTIRQ_ENTER L(A) U(A) SOFTIRQ_EXIT")
    #expect(
      try Self.registered(lines) == [
        "lockdep_hardirqs_on_prepare", "trace_hardirqs_on", "__local_bh_enable_ip", "user",
      ], "\(lines)")
  }

  @Test("the last places where interrupts were switched are those of the two functions")
  func places() throws {
    let lines = try Self.report("SOFTIRQ_DISABLE SOFTIRQ_ENABLE L(A) U(A) HARDIRQ_ENTER L(A)")
    func place(_ head: String) -> String? {
      lines.first { $0.hasPrefix(head) }.flatMap { line in
        line.split(separator: " ").last.map { String($0.prefix { $0 != "+" }) }
      }
    }
    #expect(place("hardirqs last  enabled") == "__local_bh_enable_ip", "\(lines)")
    #expect(place("hardirqs last disabled") == "user")
    #expect(place("softirqs last  enabled") == "user")
  }
}
