/// Text of others (names of files, scalars of scenarios, lines of logs) in a form that can be shown.
///
/// A terminal takes control characters as commands, a line end inside a name begins a line that looks
/// like the program's own, and a mark of writing direction shows what follows it in another order than it
/// has. All are shown escaped: `\n`, `\t`, `\x1b`, `\u202e`.
package enum PrintableText {
  /// `text` on one line: line ends and tabs are escaped, as all control characters are.
  package static func oneLine(_ text: String) -> String { escape(text, keeping: "") }

  /// `text` with its line ends and tabs: all other control characters are escaped.
  package static func lines(_ text: String) -> String { escape(text, keeping: "\n\t") }

  private static func escape(_ text: String, keeping kept: String) -> String {
    // Most texts have nothing to escape.
    if isPlain(text) { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      if !isControl(scalar) || kept.unicodeScalars.contains(scalar) {
        result.unicodeScalars.append(scalar)
        continue
      }
      switch scalar {
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      default:
        let digits = String(scalar.value, radix: 16)
        result += scalar.value > 0xff ? "\\u" : digits.utf8.count < 2 ? "\\x0" : "\\x"
        result += digits
      }
    }
    return result
  }

  /// Whether there is no control character in a text: a first look, which may say no where there is none.
  private static func isPlain(_ text: String) -> Bool {
    text.utf8.withContiguousStorageIfAvailable { bytes in
      // Without a way out the loop looks at many bytes in one go.
      var found: UInt8 = 0
      for byte in bytes { found |= mayBeControl(byte) }
      return found == 0
    } ?? false
  }

  /// 1 for a byte that is a control character or may begin one, 0 for any other.
  static func mayBeControl(_ byte: UInt8) -> UInt8 {
    (byte < ASCII.space ? 1 : 0) | (byte == 0x7f ? 1 : 0) | (byte == c1Lead ? 1 : 0)
      | (byte == directionLead ? 1 : 0)
  }

  /// In UTF-8, the byte before the second one of each C1 character.
  private static var c1Lead: UInt8 { 0xc2 }
  /// In UTF-8, the first byte of each mark of direction, and of much else.
  private static var directionLead: UInt8 { 0xe2 }

  /// C0, DEL, C1, the separators of lines and paragraphs, and the marks that set or override the direction
  /// of writing (Unicode Standard Annex 9, section 2).
  package static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7f...0x9f, 0x200e...0x200f, 0x2028...0x202e, 0x2066...0x2069: true
    default: false
    }
  }
}
