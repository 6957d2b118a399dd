/// Text of others (names of files, scalars of scenarios, lines of logs) in a form that can be shown.
///
/// A terminal takes control characters as commands, and a line end inside a name begins a line that
/// looks like the program's own. Both are shown escaped: `\n`, `\t`, `\x1b`.
package enum PrintableText {
  /// `text` on one line: C0 with line ends and tabs, DEL and C1 are escaped.
  package static func oneLine(_ text: String) -> String { escape(text, keeping: "") }

  /// `text` with its line ends and tabs: all other control characters are escaped.
  package static func lines(_ text: String) -> String { escape(text, keeping: "\n\t") }

  private static func escape(_ text: String, keeping kept: String) -> String {
    // Most texts have nothing to escape.
    let isPlain = text.utf8.allSatisfy {
      $0 >= 0x20 && $0 != 0x7f && $0 != lead || ($0 < 0x20 && kept.utf8.contains($0))
    }
    if isPlain { return text }
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
        result += digits.utf8.count < 2 ? "\\x0\(digits)" : "\\x\(digits)"
      }
    }
    return result
  }

  /// In UTF-8, the byte before the second one of each C1 character.
  package static let lead: UInt8 = 0xc2

  /// C0, DEL or C1.
  package static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
  }
}
