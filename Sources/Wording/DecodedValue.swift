package import Text
public import VTdFormats

/// A value with its fields, ready to be printed.
public struct DecodedValue {
  /// What the structure is called.
  public let name: String
  /// Width in bits.
  public let bitWidth: Int
  /// The 64-bit words, lowest first.
  public var words: [UInt64]
  /// The fields, lowest first.
  public var fields: [DecodedField]
  /// What else is known of the value: a word for what it is, and the sentence.
  public var notes: [(name: String, text: String)] = []

  /// A value; a field that names a source-id says which function that is.
  public init(name: String, bitWidth: Int, words: [UInt64], fields: [DecodedField]) {
    self.name = name
    self.bitWidth = bitWidth
    self.words = words
    self.fields = fields.map(Self.namingSource)
  }

  /// A fault reason with what the unit looked at, what Linux prints, and what to look at next.
  public init(reason: FaultReason) {
    let value = UInt64(reason.rawValue)
    self.init(
      name: "fault reason", bitWidth: 8, words: [value],
      fields: [
        DecodedField(
          name: "FR", high: 7, low: 0, value: value,
          meaning: reason.meaning ?? "a code that no table has")
      ])
    if let row = reason.row, let text = row.linux {
      let since = row.since == .scalable ? " (kernels from 5.4 on; Unknown before)" : ""
      notes.append(("linux", text + since))
    }
    guard reason.meaning != nil, let advice = reason.advice else { return }
    notes.append(("where", advice.structure))
    notes.append(("look at", advice.next))
    notes.append(("example", "Configs/faults/0x\(hex(value, digits: 2))-*.yaml"))
  }

  /// A source-id's field with the function that it names: `00:1a.0`.
  private static func namingSource(_ field: DecodedField) -> DecodedField {
    guard field.high - field.low == 15, field.name.hasSuffix("SID") || field.name == "RID",
      let id = UInt16(exactly: field.value)
    else { return field }
    return DecodedField(
      name: field.name, high: field.high, low: field.low, value: field.value,
      meaning: "\(field.meaning): \(SourceID(rawValue: id))")
  }

  /// Says what a fault record's type and reason mean. Its type stands in two bits that are far apart.
  public mutating func explainRecord() {
    func bit(_ name: String) -> UInt64 { fields.first { $0.name == name }?.value ?? 0 }
    let type =
      switch (bit("T1"), bit("T2")) {
      case (0, 0): "a write"
      case (0, _): "a page request"
      case (_, 0): "a read"
      default: "an AtomicOp"
      }
    notes.append(("type", "\(type): T1 \(bit("T1")), T2 \(bit("T2"))"))
    guard let place = fields.firstIndex(where: { $0.name == "FR" }) else { return }
    let field = fields[place]
    let reason = FaultReason(rawValue: UInt8(truncatingIfNeeded: field.value))
    fields[place] = DecodedField(
      name: field.name, high: field.high, low: field.low, value: field.value,
      meaning: "\(field.meaning): \(reason.meaning ?? "a code that no table has")")
  }

  /// A line for the value, then one for each field: bits, name, value, meaning.
  public var lines: [String] {
    let digits = min(bitWidth, 64) / 4
    let raw = words.reversed().map { hex($0, digits: digits) }.joined(separator: ":")
    let rows = fields.map { field in
      (field.bits, field.name, "0x\(hex(field.address ?? field.value))", field.meaning)
    }
    func width(_ column: (((String, String, String, String)) -> String)) -> Int {
      rows.map { column($0).count }.max() ?? 0
    }
    let widths = (width { $0.0 }, width { $0.1 }, width { $0.2 })
    return ["\(name) 0x\(raw)"]
      + rows.map {
        "  \($0.0.padded(to: widths.0))  \($0.1.padded(to: widths.1))  "
          + "\($0.2.padded(to: widths.2))  \($0.3)"
      }
      + notes.map { "  \($0.name.padded(to: 9))  \($0.text)" }
  }

  /// The value for programs.
  package var json: JSONValue {
    let members: [(String, JSONValue)] = [
      ("name", .string(name)),
      ("words", .array(words.map { .string("0x\(hex($0))") })),
      (
        "fields",
        .array(
          fields.map { field in
            .object(Self.members(of: field))
          })
      ),
    ]
    return .object(members + notes.map { ($0.name, .string($0.text)) })
  }

  /// A field for programs: its value from bit 0, and the whole address where it is one.
  package static func members(of field: DecodedField) -> [(String, JSONValue)] {
    var members: [(String, JSONValue)] = [
      ("name", .string(field.name)), ("high", .unsigned(UInt64(field.high))),
      ("low", .unsigned(UInt64(field.low))), ("value", .string("0x\(hex(field.value))")),
    ]
    if let address = field.address { members.append(("address", .string("0x\(hex(address))"))) }
    return members + [("meaning", .string(field.meaning))]
  }
}
