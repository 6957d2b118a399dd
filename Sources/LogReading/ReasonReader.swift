import KernelLog
import Text
import VTdFormats

/// Reads `[fault reason NN] text` and settles what the number is.
///
/// Kernels up to 5.13 print it in decimal, later ones as `0x%02x`, Xen in hex without a prefix, and
/// people leave the prefix out: where number and text disagree, the text decides.
enum ReasonReader {
  struct Result {
    var reason: UInt8?
    var printed: UInt8?
    var text = ""
    var repairs: [Repair] = []
    var hasOwnTag = false
    var isXen = false
  }

  /// As much as stands between the halves of an old record that were glued to one line: quote
  /// marks, a prefix, the second half's tag.
  private static let glue = 96

  static func read(_ cursor: inout TextCursor, elsewhere: [UInt8]?) -> Result {
    let start = cursor
    if let result = bracketed(&cursor) { return result }
    cursor = start
    if cursor.skipTo("[fault reason", within: glue, before: "Request device"),
      var result = bracketed(&cursor)
    {
      result.hasOwnTag = true
      return result
    }
    cursor = start
    if let elsewhere {
      var other = TextCursor(elsewhere)
      if let result = bracketed(&other) { return result }
    }
    cursor = start
    var result = Result()
    result.repairs = [.missingReason]
    return result
  }

  private static func bracketed(_ cursor: inout TextCursor) -> Result? {
    var result = Result()
    // Xen names the unit's registers behind the address.
    if cursor.take(", iommu reg = ") { _ = cursor.hexNumber() }
    _ = cursor.take(" [VT-D]")
    if cursor.take(" DMAR:") || cursor.take(" INTR-REMAP:") { result.hasOwnTag = true }
    let number: TextCursor.Number
    let isHex: Bool
    let xen = cursor
    if cursor.take(" reason "), let value = cursor.hexNumber(maximumDigits: 2),
      cursor.take(" - ")
    {
      result.isXen = true
      number = value
      isHex = true
    } else {
      cursor = xen
      guard cursor.takeRoughly(" [fault reason") else { return nil }
      let behindWords = cursor
      guard let value = cursor.hexNumber(maximumDigits: 3, acrossJoins: true),
        cursor.next.map({
          TextCursor.isBlank($0) || $0 == UInt8(ascii: "]")
            || ASCII.lowercased($0) == UInt8(ascii: "h")
        }) ?? true
      else {
        // The line ends before the number, and the words stand on the next.
        cursor = behindWords
        guard let (code, words) = ReasonTextMatch.nearest(&cursor) else { return nil }
        result.reason = code
        result.text = words
        result.repairs.append(.reasonWithoutNumber)
        return result
      }
      number = value
      // Xen before 4.5 printed `06h`.
      let hasSuffix = cursor.take("h")
      isHex = value.hasPrefix || hasSuffix
      guard cursor.take(" ]") else { return nil }
    }
    settle(number, isHex: isHex, &cursor, &result)
    return result
  }

  private static func settle(
    _ number: TextCursor.Number, isHex: Bool, _ cursor: inout TextCursor, _ result: inout Result
  ) {
    let asDecimal = decimal(number)
    let asHex = number.value <= 0xff ? UInt8(number.value) : nil
    let candidates = isHex ? [asHex] : [asDecimal, asHex]
    for case let code? in candidates {
      if let text = ReasonTextMatch.take(code, &cursor) {
        result.reason = code
        result.text = text.words
        if !isHex, code == asHex, code != asDecimal { result.repairs.append(.hexWithoutPrefix) }
        if text.words.isEmpty {
          result.repairs.append(.missingText)
        } else if text.isCut {
          result.repairs.append(.completedText)
        }
        return
      }
    }
    // The number's own text is not there. Perhaps another's is.
    let printed = isHex ? asHex : asDecimal ?? asHex
    if let (code, words) = ReasonTextMatch.nearest(&cursor), code != printed {
      result.reason = code
      result.printed = printed
      result.text = words
      if let printed { result.repairs.append(.reasonFromText(printed: printed)) }
      return
    }
    result.reason = printed
    result.text = ReasonTextMatch.loose(&cursor)
  }

  /// The digits read as decimal, where they are decimal digits and make a byte.
  private static func decimal(_ number: TextCursor.Number) -> UInt8? {
    var value: UInt64 = 0
    for shift in stride(from: (number.digits - 1) * 4, through: 0, by: -4) {
      let digit = number.value >> UInt64(shift) & 0xf
      guard digit < 10 else { return nil }
      value = value * 10 + digit
    }
    return value <= 0xff ? UInt8(value) : nil
  }
}

/// Compares what stands behind a reason's number with the kernel's texts.
enum ReasonTextMatch {
  /// Takes the text of `code`: the whole of it, a cut part of it, nothing at the end of the record,
  /// or `Unknown`, which older kernels print for a code that they do not know.
  static func take(_ code: UInt8, _ cursor: inout TextCursor) -> (words: String, isCut: Bool)? {
    let texts = texts(of: code)
    for text in texts {
      var trial = cursor
      if takeWhole(text, &trial) {
        cursor = trial
        return (text, false)
      }
    }
    // Cut short: the line ends inside the text, perhaps with the terminal's mark.
    var trial = cursor
    trial.skipBlanksOnLine()
    var words = trial.restOfLine()
    while let last = words.last, last == "$" || last == " " || last == ">" { words.removeLast() }
    let known = texts.first ?? ""
    if words.isEmpty
      || (words.count < known.count && known.lowercased().hasPrefix(words.lowercased()))
    {
      _ = trial.takeRestOfLine()
      cursor = trial
      return (words, true)
    }
    return nil
  }

  private static func texts(of code: UInt8) -> [String] {
    let text = FaultReasonTable.scalable.text(code)
    return text == FaultReasonTable.unknown ? [text] : [text, FaultReasonTable.unknown]
  }

  private static func takeWhole(_ text: String, _ cursor: inout TextCursor) -> Bool {
    for word in text.utf8.split(separator: ASCII.space) {
      cursor.skipBlanks()
      for byte in word {
        guard let next = cursor.next, ASCII.lowercased(next) == ASCII.lowercased(byte) else {
          return false
        }
        cursor.advance(to: cursor.at + 1)
      }
    }
    return true
  }

  /// So many letters may be wrong, lost or too many.
  private static let mostEdits = 5

  /// Each code's text in small letters.
  private static let texts = FaultReasonTable.codes.map { code in
    (code: code, text: Array(FaultReasonTable.scalable.text(code).lowercased().utf8))
  }

  /// The code whose text is what stands here but for a few letters.
  static func nearest(_ cursor: inout TextCursor) -> (UInt8, String)? {
    var trial = cursor
    trial.skipBlanks()
    let words = trial.restOfLine()
    guard words.utf8.count >= 8 else { return nil }
    let heard = Array(words.lowercased().utf8.prefix(96))
    var best: (code: UInt8, distance: Int)?
    for (code, text) in texts {
      let most = best.map { $0.distance - 1 } ?? mostEdits
      if let distance = editDistance(heard.prefix(text.count + 4), text, atMost: most) {
        best = (code, distance)
      }
    }
    guard let best else { return nil }
    _ = trial.takeRestOfLine()
    cursor = trial
    return (best.code, words)
  }

  /// Whatever words are left on the line.
  static func loose(_ cursor: inout TextCursor) -> String {
    cursor.skipBlanksOnLine()
    let words = cursor.restOfLine()
    return String(words.prefix(120))
  }
}
