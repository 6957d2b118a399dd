import Text
internal import VTdFormats

/// Bytes of a table.
extension Form where Value == [UInt8] {
  /// A list of bytes, of a fixed length where one is given.
  static func bytes(_ count: Int? = nil) -> Form {
    Form.list(.number(0...0xff, .hex(2))).checked { bytes in
      guard let count, bytes.count != count else { return nil }
      return "\(counted(bytes.count, "byte")); \(count) were expected"
    }
  }

  /// Text padded with blanks, or bytes where that would lose something.
  static func identifier(_ count: Int) -> Form {
    .either(
      Form<String>.text.checked { text in
        text.utf8.count <= count
          ? nil : "\(text.utf8.count) characters; at most \(count) were expected"
      }.map(
        { Array($0.utf8) + Array(repeating: 0x20, count: count - $0.utf8.count) },
        { String(decoding: withoutPadding($0), as: UTF8.self) }),
      .bytes(count),
      isSimple: { bytes in
        let text = withoutPadding(bytes)
        return text.allSatisfy(isPrintable) && !text.isEmpty
      })
  }

  /// Text with a zero behind it, or bytes where that would lose something.
  static var terminatedText: Form {
    .either(
      Form<String>.text.map(
        { Array($0.utf8) + [0] }, { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }),
      .bytes(),
      isSimple: { bytes in
        bytes.last == 0 && bytes.count > 1 && bytes.dropLast().allSatisfy(isPrintable)
      })
  }
}

private func withoutPadding(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
  var text = bytes[...]
  while text.last == 0x20 { text = text.dropLast() }
  return text
}

private func isPrintable(_ byte: UInt8) -> Bool { (0x20..<0x7f).contains(byte) }
