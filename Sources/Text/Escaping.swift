/// Text as it has to be written inside documents of other languages.
package enum Escaping {
  /// A JSON string with its quotation marks (RFC 8259 section 7): quotation mark, backslash and
  /// control characters are escaped, DEL and C1 as well, which a terminal would obey.
  package static func json(_ value: String) -> String {
    var text: [UInt8] = []
    appendJSON(value, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// As `json`, at the end of `text`, which is UTF-8.
  package static func appendJSON(_ value: String, to text: inout [UInt8]) {
    text.append(UInt8(ascii: "\""))
    let start = text.count
    text.append(contentsOf: value.utf8)
    // Most texts need no escape.
    if needsEscapes(text[start...]) {
      text.removeSubrange(start...)
      for scalar in value.unicodeScalars { appendJSON(scalar, to: &text) }
    }
    text.append(UInt8(ascii: "\""))
  }

  /// Whether one of the bytes is, or may be a part of, what is escaped in JSON.
  private static func needsEscapes(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.withUnsafeBufferPointer { bytes in
      // Without a way out the loop looks at many bytes in one go.
      var found: UInt8 = 0
      for byte in bytes {
        found |= PrintableText.mayBeControl(byte)
        found |= byte == UInt8(ascii: "\"") ? 1 : 0
        found |= byte == UInt8(ascii: "\\") ? 1 : 0
      }
      return found != 0
    }
  }

  private static func appendJSON(_ scalar: Unicode.Scalar, to text: inout [UInt8]) {
    switch scalar {
    case "\"": text.append(contentsOf: "\\\"".utf8)
    case "\\": text.append(contentsOf: "\\\\".utf8)
    case "\n": text.append(contentsOf: "\\n".utf8)
    case "\r": text.append(contentsOf: "\\r".utf8)
    case "\t": text.append(contentsOf: "\\t".utf8)
    case _ where PrintableText.isControl(scalar):
      text.append(contentsOf: "\\u".utf8)
      text.append(contentsOf: hexadecimal(scalar, digits: 4).utf8)
    default: if let bytes = UTF8.encode(scalar) { text.append(contentsOf: bytes) }
    }
  }

  /// A double-quoted YAML scalar with its quotation marks (YAML 1.2 section 7.3.1): control characters,
  /// whatever some reader takes for a line end, and byte order marks are escaped.
  package static func yaml(_ value: String) -> String {
    var quoted = "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\0"..<" ", "\u{7f}"..."\u{9f}": quoted += "\\x" + hexadecimal(scalar, digits: 2)
      case "\u{2028}", "\u{2029}", "\u{feff}", "\u{fffe}", "\u{ffff}":
        quoted += "\\u" + hexadecimal(scalar, digits: 4)
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }

  /// What stands between the quotation marks of a scalar that ``yaml(_:)`` wrote; nil where there are
  /// none.
  package static func textOfYAML(_ quoted: String) -> String? {
    let scalars = Array(quoted.unicodeScalars)
    guard scalars.count >= 2, scalars.first == "\"", scalars.last == "\"" else { return nil }
    var text = String.UnicodeScalarView()
    var place = 1
    while place < scalars.count - 1 {
      var scalar = scalars[place]
      place += 1
      if scalar == "\\" {
        scalar = scalars[place]
        place += 1
        let digits = scalar == "x" ? 2 : scalar == "u" ? 4 : 0
        if digits > 0, place + digits < scalars.count {
          let code = scalars[place..<place + digits].reduce(0) { $0 << 4 | digit($1) }
          scalar = Unicode.Scalar(code) ?? "\u{fffd}"
          place += digits
        }
      }
      text.append(scalar)
    }
    return String(text)
  }

  private static func digit(_ scalar: Unicode.Scalar) -> UInt32 {
    UInt8(exactly: scalar.value).flatMap { Hexadecimal.digit($0) }.map { UInt32($0) } ?? 0
  }

  /// Content or attribute of an XML element. XML 1.0 has no control characters but white space,
  /// which is written as numbers so that attributes keep it; the others are replaced.
  package static func xml(_ value: String) -> String {
    var result = ""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\n", "\t", "\r": result += "&#\(scalar.value);"
      case _ where PrintableText.isControl(scalar), "\u{fffe}", "\u{ffff}":
        result += "\u{fffd}"
      default: appendMarkup(scalar, to: &result)
      }
    }
    return result
  }

  /// Content or double-quoted attribute of an HTML element; white space stays as it is.
  package static func html(_ value: String) -> String {
    var result = ""
    for scalar in value.unicodeScalars { appendMarkup(scalar, to: &result) }
    return result
  }

  /// A double-quoted name or label of Graphviz's DOT language with its quotation marks.
  package static func dot(_ value: String) -> String {
    var quoted = "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }

  private static func appendMarkup(_ scalar: Unicode.Scalar, to text: inout String) {
    switch scalar {
    case "&": text += "&amp;"
    case "<": text += "&lt;"
    case ">": text += "&gt;"
    case "\"": text += "&quot;"
    default: text.unicodeScalars.append(scalar)
    }
  }

  private static func hexadecimal(_ scalar: Unicode.Scalar, digits: Int) -> String {
    String(scalar.value, radix: 16).aligned(to: digits, with: "0")
  }
}
