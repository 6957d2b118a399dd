/// A release of Linux, as `uname -r` begins: `6.0-rc1`, `6.1.192`, `3.10.0-1062.el7.x86_64`.
public struct KernelRelease: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// `6`, `0`: every number up to the first character that does not belong to one.
  public let numbers: [Int]
  /// The release candidate; nil for a release.
  public let candidate: Int?
  /// The text that the release was read from.
  public let description: String

  /// Reads the number that a text begins with; nil if it does not begin with two numbers.
  public init?(_ text: String) {
    var numbers: [Int] = []
    var rest = text.utf8[...]
    while numbers.count < 4, let number = Self.takeNumber(&rest, atMost: 6) {
      numbers.append(number)
      guard rest.first == UInt8(ascii: ".") else { break }
      rest = rest.dropFirst()
    }
    guard numbers.count >= 2 else { return nil }
    self.numbers = numbers
    if rest.starts(with: "-rc".utf8) {
      rest = rest.dropFirst(3)
      candidate = Self.takeNumber(&rest, atMost: 6)
    } else {
      candidate = nil
    }
    description = text
  }

  /// Whether nothing stands behind the numbers of a text but what a release has there: `-rc1`, `-27-amd64`,
  /// `+`, `_1`, `.el7.x86_64`. Words after a dot follow three numbers, as `uname -r` always has; a fourth
  /// number is one of the 2.6 releases.
  static func isWhole(_ text: String) -> Bool {
    let dot = UInt8(ascii: ".")
    let front = text.utf8.prefix { $0 == dot || (0x30...0x39).contains($0) }
    let rest = text.utf8.dropFirst(front.count)
    let numbers = front.split(separator: dot, omittingEmptySubsequences: false)
    let isPadded = numbers.contains { $0.count > 1 && $0.first == UInt8(ascii: "0") }
    let most = front.starts(with: "2.6.".utf8) ? 4 : 3
    guard !isPadded else { return false }
    guard front.last == dot else {
      return numbers.count <= most && rest.first.map { "-+_~".utf8.contains($0) } ?? true
    }
    return (4...most + 1).contains(numbers.count)
      && rest.first.map { (0x61...0x7a).contains($0 | 0x20) } ?? false
  }

  /// Takes the digits at the front; nil, and nothing taken, where there are none or too many.
  private static func takeNumber(_ text: inout Substring.UTF8View, atMost count: Int) -> Int? {
    let digits = text.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard !digits.isEmpty, digits.count <= count else { return nil }
    text = text.dropFirst(digits.count)
    return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
  }

  init(numbers: [Int]) {
    self.numbers = numbers
    candidate = nil
    description = numbers.map { "\($0)" }.joined(separator: ".")
  }

  public static func == (left: KernelRelease, right: KernelRelease) -> Bool {
    !(left < right) && !(right < left)
  }

  public func hash(into hasher: inout Hasher) {
    var significant = numbers
    while significant.last == 0 { significant.removeLast() }
    hasher.combine(significant)
    hasher.combine(candidate)
  }

  public static func < (left: KernelRelease, right: KernelRelease) -> Bool {
    for index in 0..<max(left.numbers.count, right.numbers.count) {
      let (one, other) = (left.number(index), right.number(index))
      if one != other { return one < other }
    }
    return (left.candidate ?? .max) < (right.candidate ?? .max)
  }

  /// Whether both are of one series of stable updates, as 6.1.120 and 6.1.192 are.
  func isSameSeries(as other: KernelRelease) -> Bool {
    (0..<(numbers.first == 2 ? 3 : 2)).allSatisfy { number($0) == other.number($0) }
  }

  /// The shortest text of the same release, as mainline writes it: `4.19` of `4.19.0-6-amd64`,
  /// `6.0-rc2` of `6.0.0-rc2`, `6.1.192`.
  public var mainlineName: String {
    var significant = numbers
    while significant.count > 2, significant.last == 0 { significant.removeLast() }
    let name = significant.map { "\($0)" }.joined(separator: ".")
    return candidate.map { "\(name)-rc\($0)" } ?? name
  }

  private func number(_ index: Int) -> Int { index < numbers.count ? numbers[index] : 0 }
}
