import KernelLog
import Text

/// The waiting lines as one text, which is made when it is first wanted.
struct LazyText {
  private var made: JoinedText?

  mutating func text(of lines: [CleanLine]) -> JoinedText {
    if let made { return made }
    let text = JoinedText(lines)
    made = text
    return text
  }
}

/// The waiting lines as one text: the first from its beginning, the others from their bodies on.
struct JoinedText {
  private(set) var bytes: [UInt8]
  /// Where each line begins in `bytes`.
  private(set) var starts: [Int]
  /// The lines' numbers in the log.
  private(set) var numbers: [Int]

  init(_ lines: [CleanLine]) {
    guard let first = lines.first else {
      (bytes, starts, numbers) = ([], [0], [0])
      return
    }
    // Lines and their ends; each line that is read is joined with those behind it.
    var size = first.bytes.count
    for index in lines.indices.dropFirst() { size += lines[index].bytes.count + 1 }
    var starts: [Int] = []
    starts.reserveCapacity(lines.count)
    starts.append(0)
    var numbers: [Int] = []
    numbers.reserveCapacity(lines.count)
    numbers.append(first.number)
    bytes = [UInt8](unsafeUninitializedCapacity: size) { text, count in
      count = Self.copy(first.bytes[...], text, 0)
      for index in lines.indices.dropFirst() {
        guard lines[index].sequence == lines[index - 1].sequence + 1,
          count < LineScanner.longestLine
        else { break }
        if !lines[index - 1].endsSoftly {
          text[count] = lines[index].startsMessage ? TextCursor.start : TextCursor.join
          count += 1
        }
        starts.append(count)
        numbers.append(lines[index].number)
        count = Self.copy(lines[index].bodyBytes, text, count)
      }
    }
    (self.starts, self.numbers) = (starts, numbers)
  }

  /// Copies bytes to a place in memory, and answers where they end there.
  private static func copy(
    _ bytes: ArraySlice<UInt8>, _ text: UnsafeMutableBufferPointer<UInt8>, _ place: Int
  ) -> Int {
    bytes.withUnsafeBufferPointer { bytes in
      guard let from = bytes.baseAddress, let to = text.baseAddress else { return }
      (to + place).initialize(from: from, count: bytes.count)
    }
    return place + bytes.count
  }

  /// The index of the line that holds `position`.
  func line(at position: Int) -> Int {
    (starts.lastIndex { $0 <= position }) ?? 0
  }

  /// The index of the last line that a record ending before `end` has something on.
  func lastLine(before end: Int) -> Int {
    var last = min(end, bytes.count)
    while last > 0, TextCursor.isBlank(bytes[last - 1]) { last -= 1 }
    return line(at: max(last - 1, 0))
  }

  func excerpt(_ start: Int, _ end: Int) -> String {
    let part = bytes[start..<min(end, start + 48)].map { $0 <= TextCursor.start ? ASCII.space : $0 }
    return String(decoding: part, as: UTF8.self)
  }
}
