internal import Diagnosis
internal import Text

/// Questions about the causes of faults in logs. The module `Diagnosis` gives the right answers.
public struct LogQuestions: Sendable {
  /// The logs that a seed chooses, in the order in which they are asked about.
  public let logs: [[String]]
  /// Which of the exercise's scenarios each of them comes from.
  public let cases: [Int]

  /// Chooses the logs to ask about.
  ///
  /// - Parameters:
  ///   - all: every log of the exercise.
  ///   - count: how many are asked about.
  ///   - seed: decides which are chosen.
  public init(_ all: [[String]], count: Int, seed: UInt64) {
    var numbers = SeededNumbers(seed: seed)
    var rest = Array(all.indices)
    var chosen: [Int] = []
    while chosen.count < count, !rest.isEmpty {
      chosen.append(rest.remove(at: Int(numbers.next(below: UInt64(rest.count)))))
    }
    cases = chosen
    logs = chosen.map { all[$0] }
  }

  /// A question for each log.
  ///
  /// - Parameter exercise: its misconceptions have signs such as `phantom-function for bridge-alias`: what
  ///   was answered, for what it was.
  public func questions(_ exercise: Exercise) -> [Question] {
    logs.enumerated().map { index, lines in
      let cause = Self.cause(of: lines)
      var wrong: [String: String] = [:]
      for misconception in exercise.misconceptions {
        let words = misconception.sign.split(separator: " ").map { String($0) }
        if words.count == 3, words[1] == "for", words[2] == cause {
          wrong[misconception.sign] = words[0]
        }
      }
      return Question(text: "the cause of log \(index + 1)", answer: cause, wrong: wrong)
    }
  }

  /// The name of what most likely led to the first fault of a log; `none` where it has none.
  public static func cause(of lines: [String]) -> String {
    Explanation(ofLog: lines)?.faults.first?.verdict?.id ?? "none"
  }
}
