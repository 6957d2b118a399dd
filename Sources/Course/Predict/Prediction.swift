internal import Text
internal import VTdFormats

/// What a student predicts: questions that differ by seed, the right answers, and the answers that
/// follow from a rule that is nearly right.
public enum Prediction: String, CaseIterable, Hashable, Sendable {
  /// The source-id of a function.
  case sourceID = "source-id"
  /// The indices and the offset that an address is cut into.
  case indices
  /// Whether an access passes the permissions of all levels.
  case permissions
  /// The four letters of a lock class.
  case letters
  /// Whether a DMA of the exercise's scenario passes.
  case outcome
  /// What becomes of the fault of a DMA of the exercise's scenario.
  case fate
  /// Where a nested walk of the exercise's scenario stops.
  case cell
  /// Who shares an isolation group with a function of the exercise's scenario.
  case groups
  /// Which commits brought and ended the lock report of the exercise's scenario.
  case commits

  /// Whether the questions are about the exercise's scenario, its `start.yaml`, which is run for the
  /// answers (``RunQuestions``). Those of the others follow from the seed alone.
  public var isAboutRun: Bool {
    switch self {
    case .sourceID, .indices, .permissions, .letters: false
    case .outcome, .fate, .cell, .groups, .commits: true
    }
  }

  /// How many questions are asked that follow from the seed alone.
  public var count: Int {
    switch self {
    case .sourceID: 6
    case .indices: 3
    case .permissions: 8
    case .letters: 4
    case .outcome, .fate, .cell, .groups, .commits: 0
    }
  }

  /// The questions of a seed; none where they are about a run.
  public func questions(seed: UInt64) -> [Question] {
    var numbers = SeededNumbers(seed: seed)
    var questions: [Question] = []
    func add(_ question: Question) {
      if !questions.contains(question) { questions.append(question) }
    }
    while questions.count < count {
      switch self {
      case .sourceID: questions.append(Question.sourceID(&numbers))
      case .indices: questions.append(Question.indices(&numbers))
      // There are few of these, so that one may come twice.
      case .permissions: add(Question.permissions(&numbers))
      case .letters: add(Question.letters(&numbers))
      case .outcome, .fate, .cell, .groups, .commits: return questions
      }
    }
    return questions
  }
}

extension Question {
  static func sourceID(_ numbers: inout SeededNumbers) -> Question {
    let bus = numbers.next(below: 256)
    // A device from 8 on and a function other than 0, so that each wrong rule shows.
    let device = 8 + numbers.next(below: 24)
    let function = 1 + numbers.next(below: 7)
    let source = SourceID(
      bus: UInt8(bus), device: UInt8(device), function: UInt8(function))
    func four(_ value: UInt64) -> String { hex(value & 0xffff, digits: 4) }
    return Question(
      text: "the source-id of \(source), in hexadecimal",
      answer: four(UInt64(source.rawValue)),
      wrong: [
        "digits-joined": four(bus << 8 | (device & 0xf) << 4 | function),
        "function-above": four(bus << 8 | function << 5 | device),
        "without-bus": four(device << 3 | function),
      ])
  }

  static func indices(_ numbers: inout SeededNumbers) -> Question {
    var address: UInt64 = 0
    var parts: [UInt64] = []
    for level in stride(from: 4, through: 1, by: -1) {
      let index = 1 + numbers.next(below: 511)
      parts.append(index)
      address |= index << UInt64(Paging.shift(level: level))
    }
    let offset = 1 + numbers.next(below: 4095)
    address |= offset
    func list(_ values: [UInt64]) -> String { values.map { hex($0) }.joined(separator: " ") }
    return Question(
      text:
        "the indices of 0x\(hex(address)) from level 4 to level 1, and the offset, in hexadecimal",
      answer: list(parts + [offset]),
      wrong: [
        "level-1-first": list(parts.reversed() + [offset]),
        "three-digits-each": list([36, 24, 12].map { address >> UInt64($0) & 0xfff } + [offset]),
        "ten-bits-each": list([42, 32, 22, 12].map { address >> UInt64($0) & 0x3ff } + [offset]),
      ])
  }

  static func permissions(_ numbers: inout SeededNumbers) -> Question {
    let rights = (0..<4).map { _ in numbers.next(below: 4) == 0 ? 1 + numbers.next(below: 2) : 3 }
    let writes = numbers.next(below: 2) == 1
    let bit: UInt64 = writes ? 2 : 1
    let names = zip([4, 3, 2, 1], rights).map { level, right in
      "L\(level) \(right & 1 != 0 ? "R" : "-")\(right & 2 != 0 ? "W" : "-")"
    }
    func says(_ passes: Bool) -> String { passes ? "passes" : "blocked" }
    let all = rights.allSatisfy { $0 & bit != 0 }
    var wrong: [String: String] = [:]
    if (rights.last.map { $0 & bit != 0 } ?? false) != all { wrong["leaf-alone"] = says(!all) }
    return Question(
      text:
        "\(names.joined(separator: ", ")): a \(writes ? "write" : "read") passes, or is blocked",
      answer: says(all), wrong: wrong)
  }
}
