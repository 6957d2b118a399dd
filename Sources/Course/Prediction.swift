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

  /// How many questions are asked.
  public var count: Int {
    switch self {
    case .sourceID: 6
    case .indices: 3
    case .permissions: 8
    }
  }

  /// The questions of a seed.
  public func questions(seed: UInt64) -> [Question] {
    var numbers = SeededNumbers(seed: seed)
    return (0..<count).map { _ in
      switch self {
      case .sourceID: Question.sourceID(&numbers)
      case .indices: Question.indices(&numbers)
      case .permissions: Question.permissions(&numbers)
      }
    }
  }
}

/// One question.
public struct Question: Hashable, Sendable {
  /// What is asked.
  public var text: String
  /// The right answer.
  public var answer: String
  /// What the wrong rules give, by the sign of the misconception.
  public var wrong: [String: String]

  /// Whether an answer is right: case, blanks and `0x` do not count.
  public func accepts(_ text: String) -> Bool { Self.plain(text) == Self.plain(answer) }

  /// The sign of the wrong rule that gives this answer; nil where none does, or the answer is right.
  public func misconception(of text: String) -> String? {
    if accepts(text) { return nil }
    return wrong.sorted { $0.key < $1.key }.first { Self.plain($0.value) == Self.plain(text) }?.key
  }

  private static func plain(_ text: String) -> [String] {
    text.lowercased().split { $0 == " " || $0 == "," || $0 == "/" }.map { word in
      let digits = word.hasPrefix("0x") ? word.dropFirst(2) : word
      let number = digits.drop { $0 == "0" }
      return number.isEmpty && !digits.isEmpty ? "0" : String(number)
    }
  }

  // MARK: Kinds

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

/// Numbers that follow from a seed (SplitMix64), so that each student has questions of their own, and
/// has the same ones again.
struct SeededNumbers {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// A number from 0 to `bound` - 1.
  mutating func next(below bound: UInt64) -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
    return (value ^ value >> 31) % max(bound, 1)
  }
}
