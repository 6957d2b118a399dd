import KernelLog
import Text

/// Puts right what people, pictures and web pages do to a fault record's marks: escapes that were
/// typed out, brackets that were lost, letters that look like digits.
enum TypedText {
  /// Mends a line, and says what was done.
  static func mend(_ bytes: inout [UInt8]) -> [Repair] {
    var repairs: [Repair] = []
    if ByteSearch.holds(UInt8(ascii: "^"), in: bytes), removeCaretEscapes(&bytes) {
      repairs.append(.removedEscapes)
    }
    // Two letters in a row tell of most lines that they hold neither.
    guard ByteSearch.holds(ByteSearch.Pair("q", "u"), or: ByteSearch.Pair("l", "t"), in: bytes),
      ByteSearch.contains("Request dev", in: bytes)
        || ByteSearch.contains("fault reason", in: bytes)
    else { return repairs }
    if ByteSearch.contains("\\[", in: bytes) || ByteSearch.contains("\\_", in: bytes),
      removeBackslashes(&bytes)
    {
      repairs.append(.removedEscapes)
    }
    // Other systems' records have marks of their own.
    let isOfLinux = ByteSearch.contains("Request dev", in: bytes)
    let hasOtherMarks = isOfLinux && mendBrackets(&bytes)
    let before = bytes
    replace("[OMA ", by: "[DMA ", &bytes)
    replace("NO-PASID", by: "NO_PASID", &bytes)
    replace("NO PASID", by: "NO_PASID", &bytes)
    replace("fault address ", by: "fault addr ", &bytes)
    replace("fault addr: ", by: "fault addr ", &bytes)
    if isOfLinux { replace("fault reason: ", by: "fault reason ", &bytes) }
    mendDigits(&bytes)
    joinAddress(&bytes)
    if bytes != before {
      repairs.append(.misspelt(String(decoding: before.prefix(96), as: UTF8.self)))
    }
    if restoreBrackets(&bytes, hasOtherMarks) { repairs.append(.restoredBrackets) }
    return repairs
  }

  /// What stands before a bracket of a record.
  private static let opened: [(before: StaticString, inside: StaticString)] = [
    ("", "DMA Read"), ("", "DMA Write"), ("", "INTR-REMAP"), ("Request device ", ""),
    ("", "fault reason "),
  ]

  /// `(DMA Read NO_PASID) Request device {03:00.0}`: other marks where a record has brackets.
  private static func mendBrackets(_ bytes: inout [UInt8]) -> Bool {
    var isChanged = false
    for (before, inside) in opened {
      let words = before.utf8CodeUnitCount == 0 ? inside : before
      guard let place = ByteSearch.find(words, in: bytes) else { continue }
      let open = before.utf8CodeUnitCount == 0 ? place - 1 : place + before.utf8CodeUnitCount
      guard bytes.indices.contains(open), let mark = closing(bytes[open]),
        let close = bytes[(open + 1)...].prefix(40).firstIndex(of: mark)
      else { continue }
      bytes[open] = UInt8(ascii: "[")
      bytes[close] = UInt8(ascii: "]")
      isChanged = true
    }
    return isChanged
  }

  /// What ends a text that begins with one of these marks in the place of a bracket.
  private static func closing(_ mark: UInt8) -> UInt8? {
    switch mark {
    case UInt8(ascii: "("): UInt8(ascii: ")")
    case UInt8(ascii: "{"): UInt8(ascii: "}")
    case UInt8(ascii: "|"): UInt8(ascii: "|")
    default: nil
    }
  }

  /// `^[[33m`: a colour as `cat -v` and some consoles show it.
  private static func removeCaretEscapes(_ bytes: inout [UInt8]) -> Bool {
    var clean: [UInt8] = []
    var at = 0
    while at < bytes.count {
      if ByteSearch.hasPrefix("^[[", in: bytes, at: at) {
        var end = at + 3
        while end < bytes.count, ASCII.isDigit(bytes[end]) || bytes[end] == UInt8(ascii: ";") {
          end += 1
        }
        if end < bytes.count, ASCII.isLetter(bytes[end]) {
          at = end + 1
          continue
        }
      }
      clean.append(bytes[at])
      at += 1
    }
    let isChanged = clean.count != bytes.count
    bytes = clean
    return isChanged
  }

  /// `\[DMA Read NO\_PASID\]`: marks that a writer of Markdown escaped.
  private static func removeBackslashes(_ bytes: inout [UInt8]) -> Bool {
    let count = bytes.count
    var clean: [UInt8] = []
    for (index, byte) in bytes.enumerated() {
      let next = index + 1 < bytes.count ? bytes[index + 1] : 0
      let isEscape =
        byte == UInt8(ascii: "\\") && "[]_()<>#*.-".utf8.contains(next)
      if !isEscape { clean.append(byte) }
    }
    bytes = clean
    return clean.count != count
  }

  private static func replace(
    _ words: StaticString, by others: StaticString, _ bytes: inout [UInt8]
  ) {
    guard let place = ByteSearch.find(words, in: bytes) else { return }
    let new = others.withUTF8Buffer { Array($0) }
    bytes.replaceSubrange(place..<place + words.utf8CodeUnitCount, with: new)
  }

  /// What looks like a digit in a picture.
  private static func digit(_ byte: UInt8) -> UInt8 {
    switch byte {
    case UInt8(ascii: "O"), UInt8(ascii: "o"): UInt8(ascii: "0")
    case UInt8(ascii: "l"), UInt8(ascii: "I"): UInt8(ascii: "1")
    default: byte
    }
  }

  /// What a colon or a point looks like in a picture.
  private static let separators = [
    UInt8(ascii: ":"), UInt8(ascii: ";"), UInt8(ascii: "."), UInt8(ascii: ","),
  ]

  /// `Oxfffb2000`, `0xO6]`, `[O3:00.0]` and `[03;00,0]`.
  private static func mendDigits(_ bytes: inout [UInt8]) {
    mendReason(&bytes)
    for index in bytes.indices where index + 2 < bytes.count {
      if bytes[index] == UInt8(ascii: "O"), bytes[index + 1] == UInt8(ascii: "x"),
        Hexadecimal.digit(digit(bytes[index + 2])) != nil,
        index == 0 || !ASCII.isLetter(bytes[index - 1])
      {
        bytes[index] = UInt8(ascii: "0")
      }
      let end = index + 8
      guard bytes[index] == UInt8(ascii: "["), end < bytes.count, bytes[end] == UInt8(ascii: "]"),
        separators.contains(bytes[index + 3]), separators.contains(bytes[index + 6]),
        [1, 2, 4, 5, 7].allSatisfy({ Hexadecimal.digit(digit(bytes[index + $0])) != nil })
      else { continue }
      for place in [1, 2, 4, 5, 7] where Hexadecimal.digit(bytes[index + place]) == nil {
        bytes[index + place] = digit(bytes[index + place])
      }
      bytes[index + 3] = UInt8(ascii: ":")
      bytes[index + 6] = UInt8(ascii: ".")
    }
  }

  /// `fault addr 0xfffb 2000 [fault`: a number that a blank broke.
  private static func joinAddress(_ bytes: inout [UInt8]) {
    guard let place = ByteSearch.find("fault addr ", in: bytes) else { return }
    var cursor = TextCursor(bytes, at: place + 11)
    guard cursor.hexNumber() != nil, cursor.next == ASCII.space else { return }
    let blank = cursor.at
    guard bytes.indices.contains(blank + 1), Hexadecimal.digit(bytes[blank + 1]) != nil else {
      return
    }
    cursor.advance(to: blank + 1)
    guard cursor.hexNumber() != nil, cursor.take(" [") else { return }
    bytes.remove(at: blank)
  }

  /// The two digits of `reason 0xO6`.
  private static func mendReason(_ bytes: inout [UInt8]) {
    guard let place = ByteSearch.find("fault reason ", in: bytes) else { return }
    var start = place + 13
    if ByteSearch.hasPrefix("0x", in: bytes, at: start)
      || ByteSearch.hasPrefix("Ox", in: bytes, at: start)
    {
      start += 2
    }
    guard start + 2 < bytes.count, !ASCII.isLetter(bytes[start + 2]),
      (start..<start + 2).allSatisfy({ Hexadecimal.digit(digit(bytes[$0])) != nil })
    else { return }
    for index in start..<start + 2 where Hexadecimal.digit(bytes[index]) == nil {
      bytes[index] = digit(bytes[index])
    }
  }

  /// `Request device 03:00.0 fault addr 0x1000 fault reason 0x06 …`
  private static func restoreBrackets(_ bytes: inout [UInt8], _ hasOtherMarks: Bool) -> Bool {
    var isChanged = hasOtherMarks
    if let place = ByteSearch.find("Request device ", in: bytes) {
      var cursor = TextCursor(bytes, at: place + 15)
      let start = cursor.at
      if cursor.pciAddress() != nil || cursor.sourceID() != nil, cursor.next == ASCII.space {
        bytes.insert(UInt8(ascii: "]"), at: cursor.at)
        bytes.insert(UInt8(ascii: "["), at: start)
        isChanged = true
      }
    }
    // Only where the device's were lost too: Xen and others write the reason without any.
    if isChanged, let place = ByteSearch.find(" fault reason ", in: bytes) {
      var cursor = TextCursor(bytes, at: place + 14)
      if cursor.hexNumber(maximumDigits: 3) != nil,
        cursor.next.map({ ASCII.isBlank($0) || $0 == UInt8(ascii: ",") }) ?? true
      {
        if cursor.next == UInt8(ascii: ",") { bytes.remove(at: cursor.at) }
        bytes.insert(UInt8(ascii: "]"), at: cursor.at)
        bytes.insert(UInt8(ascii: "["), at: place + 1)
      }
    }
    return isChanged
  }
}
