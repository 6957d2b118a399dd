import LogReading
import Testing

@testable import Rebuild

/// The rate limiter's line tells how many faults it has swallowed.
@Suite("A burst that the limiter cut")
struct LimiterBurstTests {
  struct Case: CustomTestStringConvertible {
    let testDescription: String
    /// Records of each interrupt's lines; 0 for a status alone.
    let interrupts: [Int]
    let suppressed: Int
    let faults: Range<Int>?
    let hidden: [Int]

    init(
      _ description: String, _ interrupts: [Int], suppressed: Int, faults: Range<Int>?,
      hidden: [Int] = []
    ) {
      testDescription = description
      self.interrupts = interrupts
      self.suppressed = suppressed
      self.faults = faults
      self.hidden = hidden
    }
  }

  @Test(
    "a burst that the limiter cut has as many interrupts behind it as the count takes",
    arguments: [
      Case(
        "three faults, a status and three faults more", [1, 1, 1, 0], suppressed: 11,
        faults: 0..<3, hidden: [1, 1, 1, 1]),
      Case("a status alone", [1, 1, 1, 0], suppressed: 2, faults: 0..<3, hidden: [1]),
      Case("a status with two records", [1, 1, 1, 0], suppressed: 3, faults: 0..<3, hidden: [2]),
      Case(
        "earlier windows are left out", [1, 1, 1, 1, 1, 0], suppressed: 5, faults: 2..<5,
        hidden: [1, 1]),
      Case("two records, four and the end", [2, 3], suppressed: 3, faults: nil),
      Case(
        "the end of the last loop is the first that was refused", [2, 2, 1], suppressed: 4,
        faults: 0..<5, hidden: [1]),
      Case("exactly ten", [8], suppressed: 6, faults: 0..<8, hidden: [1, 1]),
      Case("fewer than ten", [1, 1], suppressed: 5, faults: nil),
    ])
  func bursts(_ test: Case) {
    var questions = LimiterQuestions()
    var index = 0
    for records in test.interrupts {
      questions.takeStatus()
      for _ in 0..<records {
        questions.takeFault(index)
        index += 1
      }
    }
    questions.takeSuppressed(test.suppressed)
    let expected = test.faults.map { [LimiterBurst(faults: $0, hidden: test.hidden)] } ?? []
    #expect(questions.bursts == expected)
  }

  @Test(
    "a burst that the limiter cut without the limiter's line or times is seen by the status that stands alone"
  )
  func silent() {
    let fault = { (number: Int, status: Int) in
      "DMAR: DRHD: handling fault status reg \(status)\nDMAR: [DMA Write NO_PASID] Request device "
        + "[00:1a.0] fault addr 0x\(number)000 [fault reason 0x05] PTE Write access is not set\n"
    }
    let log =
      fault(1, 2) + fault(2, 2) + fault(3, 2) + "DMAR: DRHD: handling fault status reg 2\n"
      + fault(4, 2)
    let rebuilt = Rebuilding.rebuild(log)
    #expect(rebuilt.leftOut.isEmpty, "\(rebuilt.leftOut)")
    let lines = Rebuilding.lines(of: rebuilt.yaml)
    #expect(
      lines.filter { $0.contains("DMAR:") }.map { String($0.drop { $0 != "D" }) }
        == log.split(separator: "\n").map(String.init), "\(rebuilt.yaml)")
  }
}
