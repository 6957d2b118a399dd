internal import PCI
internal import VTdFormats

/// `040 10 00 42 01`: bytes at an offset.
struct HexRow: Hashable {
  let offset: Int
  let bytes: [UInt8]

  var end: Int { offset + bytes.count }

  private init(offset: Int, bytes: [UInt8]) {
    self.offset = offset
    self.bytes = bytes
  }

  init?(_ text: String) {
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    func isHex(_ word: Substring, digits: Int) -> Bool {
      word.utf8.count == digits && word.allSatisfy { $0.isHexDigit }
    }
    guard (2...17).contains(words.count), isHex(words[0], digits: 3),
      words.dropFirst().allSatisfy({ isHex($0, digits: 2) }),
      let offset = Int(words[0], radix: 16)
    else { return nil }
    self.offset = offset
    bytes = words.dropFirst().compactMap { UInt8($0, radix: 16) }
  }

  var text: String {
    "\(hex(UInt64(offset), digits: 3)) "
      + bytes.map { hex(UInt64($0), digits: 2) }.joined(separator: " ")
  }

  /// The rows of 16 bytes that hold something else than zeros.
  static func rows(of bytes: [UInt8]) -> [HexRow] {
    stride(from: 0, to: bytes.count, by: 16).map { start in
      HexRow(offset: start, bytes: Array(bytes[start..<min(start + 16, bytes.count)]))
    }.filter { row in row.bytes.contains { $0 != 0 } }
  }

  /// Zeros up to `size` (or to the end of the last row) with the rows laid over them.
  static func bytes(of rows: [HexRow], size: Int?) -> [UInt8] {
    let end = max(size ?? 0, rows.map { $0.end }.max() ?? 0)
    var bytes = [UInt8](repeating: 0, count: end)
    for row in rows { bytes.replaceSubrange(row.offset..<row.end, with: row.bytes) }
    return bytes
  }
}

extension Form where Value == HexRow {
  /// A row that ends within the known bytes.
  static func row(within size: Int?) -> Form {
    let limit = size ?? ConfigurationSpace.extendedSize
    return Form(
      .form(
        TextForm(
          name: "an offset and up to 16 bytes, such as 040 10 00 42 01",
          pattern: "^[0-9a-fA-F]{3}( [0-9a-fA-F]{2}){1,16}$"
        ) { HexRow($0) != nil }),
      parse: { HexRow($0) }, print: { $0.text }
    ).checked { row in
      row.end <= limit
        ? nil
        : "the row ends at 0x\(hex(UInt64(row.end))); an end within the 0x\(hex(UInt64(limit))) "
          + "known bytes was expected"
    }
  }
}
