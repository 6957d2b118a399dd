import VTdFormats

/// Tables as text: the hex dumps of `acpidump`, `xxd`, `hexdump -C`, `iasl` and print_hex_dump, on
/// their own or in the lines of a log.
public enum HexDump {
  /// The bytes of the first DMAR table in `text`.
  ///
  /// The dump begins with the line that has offset 0 and the bytes `DMAR`, and goes on as long as
  /// offsets follow each other; lines without a dump in between do not matter.
  ///
  /// - Throws: ``ACPITableError`` if there is none.
  public static func table(in text: String) throws(ACPITableError) -> [UInt8] {
    var bytes: [UInt8] = []
    for line in text.split(whereSeparator: { $0.isNewline }) {
      guard let (offset, found) = row(line, expecting: bytes.count) else { continue }
      if offset == 0, found.starts(with: Array("DMAR".utf8)) {
        bytes = found
      } else if !bytes.isEmpty, offset == bytes.count {
        bytes += found
      }
      if let length = tableLength(bytes), bytes.count >= length {
        return Array(bytes.prefix(length))
      }
    }
    guard !bytes.isEmpty else {
      throw ACPITableError(offset: 0, structure: "hex dump", kind: .noDump)
    }
    throw ACPITableError(
      offset: bytes.count, structure: "hex dump",
      kind: .truncated(
        needed: tableLength(bytes) ?? StructureLayout.table.fixedLength,
        available: bytes.count))
  }

  /// What the header says of the table's length, as soon as that is there.
  private static func tableLength(_ bytes: [UInt8]) -> Int? {
    let field = TableField.tableLength
    guard bytes.count >= field.offset + field.width else { return nil }
    return max(Int(TableReader(bytes, at: 0).doubleWord(field)), StructureLayout.table.fixedLength)
  }

  /// Offset and bytes of a line of a dump, wherever in the line they stand.
  ///
  /// An offset is 4 to 16 hex digits, perhaps with a colon. After it come groups of two, four or
  /// eight digits, 16 bytes at the most; text in a third column ends them.
  private static func row(_ line: Substring, expecting expected: Int) -> (Int, [UInt8])? {
    let words = line.split(separator: " ", omittingEmptySubsequences: true)
    for (index, word) in words.enumerated() {
      let digits = word.last == ":" ? word.dropLast() : word
      guard (4...16).contains(digits.utf8.count), let offset = Int(digits, radix: 16),
        digits.allSatisfy({ $0.isHexDigit }), offset == expected || offset == 0
      else { continue }
      let bytes = self.bytes(words[(index + 1)...])
      if !bytes.isEmpty { return (offset, bytes) }
    }
    return nil
  }

  /// The bytes that `words` begin with.
  private static func bytes(_ words: ArraySlice<Substring>) -> [UInt8] {
    var bytes: [UInt8] = []
    let width = words.first?.utf8.count ?? 0
    guard width == 2 || width == 4 || width == 8 else { return [] }
    for word in words {
      // The last group of a table may be shorter than the others.
      guard bytes.count < 16, word.utf8.count <= width, word.utf8.count % 2 == 0,
        word.allSatisfy({ $0.isHexDigit })
      else { break }
      let digits = Array(word)
      for index in stride(from: 0, to: digits.count, by: 2) {
        guard let byte = UInt8(String(digits[index...(index + 1)]), radix: 16) else { return bytes }
        bytes.append(byte)
      }
      if word.utf8.count < width { break }
    }
    return Array(bytes.prefix(16))
  }

  /// `bytes` as `hexdump -C` prints them.
  public static func text(_ bytes: [UInt8]) -> String {
    var text = ""
    for start in stride(from: 0, to: bytes.count, by: 16) {
      let row = bytes[start..<min(start + 16, bytes.count)]
      var columns = ""
      var characters = ""
      for index in 0..<16 {
        if index == 8 { columns += " " }
        if index < row.count {
          let byte = row[start + index]
          columns += " " + hex(UInt64(byte), digits: 2)
          characters += (0x20..<0x7f).contains(byte) ? String(UnicodeScalar(byte)) : "."
        } else {
          columns += "   "
        }
      }
      text += "\(hex(UInt64(start), digits: 8)) \(columns)  |\(characters)|\n"
    }
    return text
  }
}
