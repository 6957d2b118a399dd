internal import ArgumentParser
internal import KernelLog
import Text
internal import VTdFormats
internal import Wording

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
      if layout.kind == "frcd" { decoded.explainRecord() }
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
      return DecodedValue(reason: FaultReason(rawValue: code))
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
