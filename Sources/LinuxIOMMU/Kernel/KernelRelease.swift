/// A release of Linux, as `uname -r` begins: `6.0-rc1`, `6.1.192`, `3.10.0-1062.el7.x86_64`.
public struct KernelRelease: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// `6`, `0`: every number up to the first thing that is none.
  public let numbers: [Int]
  /// The release candidate; nil for a release.
  public let candidate: Int?
  public let description: String

  /// Nil if the text does not begin with two numbers.
  public init?(_ text: String) {
    var numbers: [Int] = []
    var rest = text[...]
    while numbers.count < 4 {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      guard !digits.isEmpty, digits.utf8.count < 7, let number = Int(digits) else { break }
      numbers.append(number)
      rest = rest.dropFirst(digits.count)
      guard rest.first == "." else { break }
      rest = rest.dropFirst()
    }
    guard numbers.count >= 2 else { return nil }
    self.numbers = numbers
    let tail = rest.hasPrefix("-rc") ? rest.dropFirst(3).prefix { $0.isNumber } : ""
    candidate = Int(tail)
    description = text
  }

  init(numbers: [Int]) {
    self.numbers = numbers
    candidate = nil
    description = numbers.map(String.init).joined(separator: ".")
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

  /// The numbers that name the series of a stable update: 6.1 of 6.1.192.
  var series: [Int] { Array(numbers.prefix(numbers.first == 2 ? 3 : 2)) }

  private func number(_ index: Int) -> Int { index < numbers.count ? numbers[index] : 0 }
}
