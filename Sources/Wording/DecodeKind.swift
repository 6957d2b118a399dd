internal import Text
package import VTdFormats

/// A value that cannot be decoded: what it is, and what was expected.
package struct DecodeFailure: Error, CustomStringConvertible {
  /// The sentence.
  package let description: String

  init(_ description: String) { self.description = description }
}

/// Something that `dmar decode` knows.
package enum DecodeKind {
  case layout(Layout)
  /// A queue descriptor: its type says which layout.
  case descriptor
  /// An interrupt message: address, then data; the address says which format.
  case message
  /// A fault reason code.
  case reason

  /// What each kind is called.
  package static let names = Layouts.all.map { $0.kind } + ["descriptor", "msi", "reason"]

  /// Each kind with what it is.
  package static let list: [(kind: String, what: String)] =
    Layouts.all.map { ($0.kind, "\($0.name), \($0.bitWidth) bits") } + [
      ("descriptor", "a descriptor of the invalidation queue, 128 or 256 bits, by its type"),
      ("msi", "an interrupt message: address, then data; by its format"),
      ("reason", "a fault reason, 8 bits"),
    ]

  /// Other names for the same layouts.
  private static let aliases = [
    "fectl": "ectl", "iectl": "ectl", "pectl": "ectl", "pqt": "pqh", "second-stage": "pte",
    "sspte": "pte", "fspte": "first-stage", "pasid-entry": "pasid",
  ]

  /// The kind of a name.
  ///
  /// - Throws: `DecodeFailure` with the kind that may have been meant.
  package static func named(_ name: String) throws(DecodeFailure) -> DecodeKind {
    if let kind = DecodeKind(name: name) { return kind }
    let advice =
      nearest(to: plain(name), in: names).map { "did you mean \"\($0)\"?" }
      ?? "one of these was expected: \(names.joined(separator: ", "))"
    throw DecodeFailure("no kind is called \"\(name)\"; \(advice)")
  }

  /// The kind of a name, written as `fsts` or as the specification has it, `FSTS_REG`; nil where there
  /// is none.
  package init?(name: String) {
    let name = Self.plain(name)
    switch name {
    case "descriptor": self = .descriptor
    case "msi": self = .message
    case "reason": self = .reason
    default:
      let name = Self.aliases[name] ?? name
      guard let found = Layouts.named(name) else { return nil }
      self = .layout(found)
    }
  }

  private static func plain(_ name: String) -> String {
    let lower = String(decoding: name.utf8.map(ASCII.lowercased), as: UTF8.self)
    return lower.hasSuffix("_reg") ? String(lower.dropLast(4)) : lower
  }

  /// 64-bit words of one value; a message is two numbers.
  package var wordCount: Int {
    switch self {
    case .layout(let layout): layout.wordCount
    case .descriptor: 4
    case .message: 2
    case .reason: 1
    }
  }

  /// Each value of a list in text: hexadecimal, a structure's words lowest first, or joined by colons
  /// highest first.
  ///
  /// - Throws: `DecodeFailure` where a text is not such a value.
  package func decode(_ values: [String]) throws(DecodeFailure) -> [DecodedValue] {
    var decoded: [DecodedValue] = []
    for (index, words) in try Self.structures(values, wordCount: wordCount).enumerated() {
      var value = try decode(words)
      if case .reason = self { value.notes += Self.decimalReading(of: values[index]) }
      decoded.append(value)
    }
    return decoded
  }

  /// One value.
  ///
  /// - Parameter words: its 64-bit words, lowest first; those that are left out are zero.
  /// - Throws: `DecodeFailure` where the kind has no such value.
  package func decode(_ words: [UInt64]) throws(DecodeFailure) -> DecodedValue {
    switch self {
    case .layout(let layout):
      // IM tells which form an interrupt entry has.
      if layout.kind == "irte", InterruptEntry(words: words)[flag: .posted],
        let posted = Layouts.named("posted-irte")
      {
        return try Self.decode(words, as: posted)
      }
      var decoded = try Self.decode(words, as: layout)
      if layout.kind == "frcd" { decoded.explainRecord() }
      return decoded
    case .descriptor:
      let code = DescriptorHeader(rawValue: words.first ?? 0).typeCode
      guard let type = DescriptorType(rawValue: code) else {
        throw DecodeFailure("descriptor type \(code) does not exist; 1 to 9 were expected")
      }
      var decoded = try Self.decode(Array(words.prefix(2)), as: Layouts.descriptor(type))
      for (index, word) in words.enumerated().dropFirst(2) where word != 0 {
        // A page-group response may carry the device's private data there.
        let isData = type == .pageGroupResponse
        decoded.words.append(word)
        decoded.fields.append(
          DecodedField(
            name: isData ? "PRIV" : "reserved", high: index * 64 + 63, low: index * 64,
            value: word, meaning: isData ? "private data, with PDP" : "must be zero"))
      }
      return decoded
    case .message:
      let address = words.first ?? 0
      guard let low = UInt32(exactly: address) else {
        throw DecodeFailure("an interrupt message has an address of 32 bits")
      }
      let isRemappable = RemappableAddress(rawValue: low)[flag: .format]
      var decoded = try Self.decode(
        [address], as: isRemappable ? .remappableAddress : .compatibilityAddress)
      if words.count > 1 && !isRemappable {
        let data = try Self.decode([words[1]], as: .messageData)
        decoded.fields += data.fields
        decoded.words.append(words[1])
      }
      return decoded
    case .reason:
      guard let code = words.first.flatMap({ UInt8(exactly: $0) }) else {
        throw DecodeFailure("a fault reason has 8 bits; values are hexadecimal, such as 71 or 0x71")
      }
      return DecodedValue(reason: FaultReason(rawValue: code))
    }
  }

  private static func decode(_ words: [UInt64], as layout: Layout) throws(DecodeFailure)
    -> DecodedValue
  {
    if layout.bitWidth < 64, let word = words.first, word >> UInt64(layout.bitWidth) != 0 {
      throw DecodeFailure(
        "0x\(hex(word)) is wider than the \(layout.bitWidth) bits of \(layout.name)")
    }
    var whole = Array(words.prefix(layout.wordCount))
    while whole.count < layout.wordCount { whole.append(0) }
    return DecodedValue(
      name: layout.name, bitWidth: layout.bitWidth, words: whole, fields: layout.decode(whole))
  }

  /// What a reason means that was written in decimal, as kernels before 5.14 print it: 12 is 0x0c.
  private static func decimalReading(of text: String) -> [(name: String, text: String)] {
    guard let code = UInt8(text), code >= 10 else { return [] }
    let meaning = FaultReason(rawValue: code).meaning ?? "a code that no table has"
    return [
      (
        "or",
        "0x\(hex(UInt64(code), digits: 2)), \(meaning), if \(text) is decimal: so kernels "
          + "before 5.14 print it"
      )
    ]
  }

  /// The words of each structure, lowest first.
  private static func structures(_ values: [String], wordCount: Int) throws(DecodeFailure)
    -> [[UInt64]]
  {
    if values.contains(where: { $0.contains(":") }) {
      var structures: [[UInt64]] = []
      for value in values {
        var words: [UInt64] = []
        for part in value.split(separator: ":", omittingEmptySubsequences: false) {
          words.append(try word(part))
        }
        if words.count > wordCount { throw tooMany(words.count, wordCount) }
        structures.append(words.reversed())
      }
      return structures
    }
    var words: [UInt64] = []
    for value in values { words.append(try word(value[...])) }
    if wordCount == 1 { return words.map { [$0] } }
    if words.count > wordCount { throw tooMany(words.count, wordCount) }
    return [words]
  }

  private static func tooMany(_ count: Int, _ expected: Int) -> DecodeFailure {
    DecodeFailure("\(count) words were given; the structure has \(expected)")
  }

  private static func word(_ text: Substring) throws(DecodeFailure) -> UInt64 {
    // As in scenarios, `_` may stand between digits.
    var digits = text.hasPrefix("0x") || text.hasPrefix("0X") ? text.dropFirst(2) : text
    if digits.first != "_", digits.last != "_" { digits.removeAll { $0 == "_" } }
    guard let value = UInt64(digits, radix: 16), !digits.hasPrefix("+"), !digits.hasPrefix("-")
    else {
      throw DecodeFailure("\"\(text)\" is not a hexadecimal number of at most 64 bits")
    }
    return value
  }
}
