import Text

/// Puts a log together whose words stand one on a line, as some tools for pictures and some tables give
/// them. It begins with the driver's tag alone on a line; lines of several words end it.
struct WordLines: Sendable {
  /// What a line of the log is.
  enum Taken {
    /// A line like others.
    case line
    /// A word that is kept for the line that it belongs to.
    case kept
  }

  /// A line has no more words.
  private static let most = 48
  /// A stamp and the tag are three; a new one behind fewer words is a part of the same line.
  private static let fewest = 5

  /// The last words before the tag, which may be the line's stamp.
  private var recent: [[UInt8]] = []
  private var words: [[UInt8]] = []
  /// The number of the line with the first word.
  private var first = 0
  /// Whether words are gathered to lines.
  private(set) var isGathering = false

  /// Takes a line. Where it ends another one, `whole` gets that.
  mutating func take(
    _ line: UnsafeRawBufferPointer, number: Int, whole: ([UInt8], Int) -> Void
  ) -> Taken {
    guard let start = line.firstIndex(where: { !ASCII.isWhiteSpace($0) }) else {
      return isGathering ? .kept : .line
    }
    let end = line[start...].firstIndex(where: ASCII.isWhiteSpace) ?? line.count
    guard end - start <= 64, line[end...].allSatisfy(ASCII.isWhiteSpace) else {
      finish(whole)
      recent = []
      return .line
    }
    let word = Array(line[start..<end])
    guard isGathering else {
      guard Self.isTag(word) else {
        if recent.count > 1 { recent.removeFirst() }
        recent.append(word)
        return .line
      }
      isGathering = true
      begin(word, number)
      return .kept
    }
    if words.count >= Self.fewest, Self.isStamp(word) || Self.isTag(word) && !isBehindStamp {
      give(whole)
      recent = []
      begin(word, number)
    } else {
      words.append(word)
      if words.count >= Self.most { finish(whole) }
    }
    return .kept
  }

  /// Ends the line that is being gathered.
  mutating func finish(_ whole: ([UInt8], Int) -> Void) {
    if isGathering { give(whole) }
    isGathering = false
  }

  private mutating func begin(_ word: [UInt8], _ number: Int) {
    let stamp = recent.last?.last == UInt8(ascii: "]") ? recent : []
    first = number - stamp.count
    words = stamp + [word]
    recent = []
  }

  private mutating func give(_ whole: ([UInt8], Int) -> Void) {
    let line = words.joined(separator: [ASCII.space])
    words = []
    whole(Array(line), first)
  }

  private var isBehindStamp: Bool { words.last?.last == UInt8(ascii: "]") && words.count < 3 }

  private static func isTag(_ word: [UInt8]) -> Bool {
    word.elementsEqual("DMAR:".utf8) || word.starts(with: "DMAR:[DMA".utf8)
      || word.elementsEqual("[DMA".utf8)
  }

  /// `[`, or `[10.000100]`.
  private static func isStamp(_ word: [UInt8]) -> Bool {
    guard word.first == UInt8(ascii: "[") else { return false }
    return word.count == 1
      || word.dropFirst().allSatisfy {
        ASCII.isDigit($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "]")
      } && word.contains(UInt8(ascii: "."))
  }
}
