import Text

/// What stands before an event in a trace: task, processor, flags and time, in the shapes of ftrace
/// (its latency form too), `trace-cmd report` and `perf script`.
struct EventHead {
  private(set) var task = ""
  private(set) var processor: Int?
  /// Microseconds of the trace's clock.
  private(set) var time: UInt64?
  /// The time is one of the latency form, which counts from the trace's beginning.
  private(set) var isRelative = false
  /// Microseconds since boot, where the line came through the kernel's log.
  private(set) var printed: UInt64?

  /// - Parameter nameStart: where the event's name, or its group, begins.
  init(_ line: LineBytes, nameStart: Int) {
    var start = 0
    var end = nameStart
    if let (value, after) = Self.stamp(line) {
      printed = value
      start = after
    }
    while end > start, ASCII.isBlank(line[end - 1]) { end -= 1 }
    if end > start, line[end - 1] == UInt8(ascii: ":") { end -= 1 }
    while end > start, ASCII.isBlank(line[end - 1]) { end -= 1 }
    let token = Self.tokenStart(line, start, end)
    takeTime(line, token, end)
    takeTask(line, start, token)
  }

  /// `[   12.345678] `, with or without a level before it.
  private static func stamp(_ line: LineBytes) -> (UInt64, Int)? {
    var at = 0
    if line[0] == UInt8(ascii: "<") {
      while at < 5, line[at] != UInt8(ascii: ">") { at += 1 }
      at += 1
    }
    guard line[at] == UInt8(ascii: "[") else { return nil }
    at = line.skipBlanks(at + 1)
    guard let seconds = line.decimalNumber(at: at), line[seconds.end] == UInt8(ascii: "."),
      let fraction = fraction(line, seconds.end + 1), line[fraction.end] == UInt8(ascii: "]")
    else { return nil }
    return (microseconds(seconds.value, fraction.value), fraction.end + 1)
  }

  /// Digits behind a point as microseconds.
  private static func fraction(_ line: LineBytes, _ place: Int) -> (value: UInt64, end: Int)? {
    guard let number = line.decimalNumber(at: place) else { return nil }
    var value = number.value
    var digits = number.end - place
    while digits < 6 {
      value = value &* 10
      digits += 1
    }
    while digits > 6 {
      value /= 10
      digits -= 1
    }
    return (value, number.end)
  }

  private static func microseconds(_ seconds: UInt64, _ fraction: UInt64) -> UInt64 {
    min(seconds, 1 << 43) &* 1_000_000 &+ fraction
  }

  private static func tokenStart(_ line: LineBytes, _ start: Int, _ end: Int) -> Int {
    var at = end
    while at > start, !ASCII.isBlank(line[at - 1]) { at -= 1 }
    return at
  }

  /// `10.100000`, or `10100us` with a mark for a long wait.
  private mutating func takeTime(_ line: LineBytes, _ start: Int, _ end: Int) {
    guard let number = line.decimalNumber(at: start) else { return }
    if line[number.end] == UInt8(ascii: "."),
      let fraction = Self.fraction(line, number.end + 1)
    {
      time = Self.microseconds(number.value, fraction.value)
    } else if line.has("us", at: number.end) {
      time = number.value
      isRelative = true
    }
  }

  private mutating func takeTask(_ line: LineBytes, _ start: Int, _ end: Int) {
    var close = end
    while close > start {
      close -= 1
      guard line[close] == UInt8(ascii: "]") else { continue }
      var open = close - 1
      while open > start, ASCII.isDigit(line[open]) { open -= 1 }
      guard line[open] == UInt8(ascii: "["), let number = line.decimalNumber(at: open + 1),
        number.end == close
      else { continue }
      processor = Int(number.value)
      task = Self.task(line, start, open)
      return
    }
    // The latency form: `      dd-123       1d..2.`.
    var at = end
    while at > start, ASCII.isBlank(line[at - 1]) { at -= 1 }
    let token = Self.tokenStart(line, start, at)
    guard let number = line.decimalNumber(at: token), number.end - token <= 4 else { return }
    processor = Int(number.value)
    task = Self.task(line, start, token)
  }

  /// `dd-123`, whether name and number are parted by `-` or by blanks, without the thread group
  /// behind it.
  private static func task(_ line: LineBytes, _ start: Int, _ end: Int) -> String {
    var first = line.skipBlanks(start)
    var last = end
    func trim() { while last > first, ASCII.isBlank(line[last - 1]) { last -= 1 } }
    trim()
    if line[last - 1] == UInt8(ascii: ")") {
      var open = last - 1
      while open > first, line[open] != UInt8(ascii: "(") { open -= 1 }
      if open > first {
        last = open
        trim()
      }
    }
    // What a mail program or a logger put before the task ends with a colon and a blank.
    if let colon = line.find(": ", from: first), colon < last { first = line.skipBlanks(colon + 2) }
    let name = line.text(first, min(last, first + 40))
    // perf: `kworker/u8:2   123` and `dd   123/124`.
    let pieces = name.split(separator: " ")
    guard pieces.count > 1, let number = pieces.last,
      number.utf8.allSatisfy({ ASCII.isDigit($0) || $0 == UInt8(ascii: "/") })
    else { return name }
    return pieces.dropLast().joined(separator: " ") + "-" + number
  }
}
