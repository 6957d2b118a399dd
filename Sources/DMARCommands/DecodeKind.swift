internal import ArgumentParser
internal import KernelLog
import Text
internal import VTdFormats

/// Something that `dmar decode` knows.
enum DecodeKind {
  case layout(Layout)
  /// A queue descriptor: its type says which layout.
  case descriptor
  /// An interrupt message: address, then data; the address says which format.
  case message
  /// A fault reason code.
  case reason

  static let names = Layouts.all.map(\.kind) + ["descriptor", "msi", "reason"]

  /// Each kind with what it is.
  static let list: [(kind: String, what: String)] =
    Layouts.all.map { ($0.kind, "\($0.name), \($0.bitWidth) bits") } + [
      ("descriptor", "a descriptor of the invalidation queue, 128 or 256 bits, by its type"),
      ("msi", "an interrupt message: address, then data; by its format"),
      ("reason", "a fault reason, 8 bits"),
    ]

  /// Other names for the same layouts.
  private static let aliases = [
    "fectl": "ectl", "iectl": "ectl", "pectl": "ectl", "pqt": "pqh", "second-stage": "pte",
    "sspte": "pte", "fspte": "first-stage", "rtaddr_reg": "rtaddr", "pasid-entry": "pasid",
  ]

  init?(name: String) {
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

  /// 64-bit words of one value; a message is two numbers.
  var wordCount: Int {
    switch self {
    case .layout(let layout): layout.wordCount
    case .descriptor: 4
    case .message: 2
    case .reason: 1
    }
  }

  func decode(_ words: [UInt64]) throws -> DecodedValue {
    switch self {
    case .layout(let layout):
      // IM tells which form an interrupt entry has.
      if layout.kind == "irte", InterruptEntry(words: words)[flag: .posted],
        let posted = Layouts.named("posted-irte")
      {
        return try Self.decode(words, as: posted)
      }
      var decoded = try Self.decode(words, as: layout)
      if layout.kind == "frcd" { decoded.explainReason() }
      return decoded
    case .descriptor:
      let code = DescriptorHeader(rawValue: words.first ?? 0).typeCode
      guard let type = DescriptorType(rawValue: code) else {
        throw ValidationError("descriptor type \(code) does not exist; 1 to 9 were expected")
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
        throw ValidationError("an interrupt message has an address of 32 bits")
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
        throw ValidationError("a fault reason has 8 bits")
      }
      let meaning = FaultReason(rawValue: code).meaning ?? "a code that no table has"
      return DecodedValue(
        name: "fault reason", bitWidth: 8, words: [UInt64(code)],
        fields: [DecodedField(name: "FR", high: 7, low: 0, value: UInt64(code), meaning: meaning)])
    }
  }

  private static func decode(_ words: [UInt64], as layout: Layout) throws -> DecodedValue {
    if layout.bitWidth < 64, let word = words.first, word >> UInt64(layout.bitWidth) != 0 {
      throw ValidationError(
        "0x\(hex(word)) is wider than the \(layout.bitWidth) bits of \(layout.name)")
    }
    var whole = Array(words.prefix(layout.wordCount))
    while whole.count < layout.wordCount { whole.append(0) }
    return DecodedValue(
      name: layout.name, bitWidth: layout.bitWidth, words: whole, fields: layout.decode(whole))
  }
}

/// A value with its fields, ready to be printed.
struct DecodedValue {
  let name: String
  let bitWidth: Int
  var words: [UInt64]
  var fields: [DecodedField]

  /// Says what a fault record's reason means.
  mutating func explainReason() {
    guard let place = fields.firstIndex(where: { $0.name == "FR" }) else { return }
    let field = fields[place]
    let reason = FaultReason(rawValue: UInt8(truncatingIfNeeded: field.value))
    fields[place] = DecodedField(
      name: field.name, high: field.high, low: field.low, value: field.value,
      meaning: "\(field.meaning): \(reason.meaning ?? "a code that no table has")")
  }

  /// A line for the value, then one for each field: bits, name, value, meaning.
  var lines: [String] {
    let digits = min(bitWidth, 64) / 4
    let raw = words.reversed().map { hex($0, digits: digits) }.joined(separator: ":")
    let rows = fields.map { field in
      let bits = field.high == field.low ? "\(field.high)" : "\(field.high):\(field.low)"
      return (bits, field.name, "0x\(hex(field.address ?? field.value))", field.meaning)
    }
    func width(_ column: (((String, String, String, String)) -> String)) -> Int {
      rows.map { column($0).count }.max() ?? 0
    }
    let widths = (width(\.0), width(\.1), width(\.2))
    func pad(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(width - text.count, 0))
    }
    return ["\(name) 0x\(raw)"]
      + rows.map {
        "  \(pad($0.0, widths.0))  \(pad($0.1, widths.1))  \(pad($0.2, widths.2))  \($0.3)"
      }
  }

  var json: JSONValue {
    .object([
      ("name", .string(name)),
      ("words", .array(words.map { .string("0x\(hex($0))") })),
      (
        "fields",
        .array(
          fields.map { field in
            .object(Self.members(of: field))
          })
      ),
    ])
  }

  /// A field for programs: its value from bit 0, and the whole address where it is one.
  static func members(of field: DecodedField) -> [(String, JSONValue)] {
    var members: [(String, JSONValue)] = [
      ("name", .string(field.name)), ("high", .unsigned(UInt64(field.high))),
      ("low", .unsigned(UInt64(field.low))), ("value", .string("0x\(hex(field.value))")),
    ]
    if let address = field.address { members.append(("address", .string("0x\(hex(address))"))) }
    return members + [("meaning", .string(field.meaning))]
  }
}
