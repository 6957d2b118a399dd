public import VTdFormats

/// Memory with what is in it: words, bytes, or one byte over and over.
public struct MemoryContent: Hashable, Sendable {
  /// The first byte.
  public var address = PhysicalAddress(rawValue: 0)
  /// 64-bit words; nil where bytes or a filling are given.
  public var words: [UInt64]?
  /// Bytes; nil where words or a filling are given.
  public var bytes: [UInt8]?
  /// The byte that fills the range; nil where words or bytes are given.
  public var fill: UInt8?
  /// How many bytes `fill` takes.
  public var size: UInt64?

  public init() {}

  /// 64-bit words from an address on.
  public init(at address: PhysicalAddress, words: [UInt64]) {
    self.address = address
    self.words = words
  }

  /// The bytes in the order of memory.
  public var content: [UInt8] {
    if let words {
      return words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
    }
    if let fill { return [UInt8](repeating: fill, count: Int(clamping: size ?? 0)) }
    return bytes ?? []
  }
}

/// A register of a unit with a value.
public struct RegisterContent: Hashable, Sendable {
  /// The unit's name.
  public var unit = ""
  /// The register's offset in bytes.
  public var offset = 0
  /// What is written, or expected.
  public var value: UInt64 = 0
  /// 64 bits at once.
  public var isWide = false
  /// What a writer remarks.
  public var notes = Notes()

  public init() {}

  /// A register of 32 bits, or of 64 where it is wide.
  public init(unit: String, offset: Int, value: UInt64, isWide: Bool = false) {
    self.unit = unit
    self.offset = offset
    self.value = value
    self.isWide = isWide
  }
}

extension MemoryContent: Section {
  package static var sectionName: String { "memory_content" }

  /// More bytes in one step are refused; a longer stretch is several steps.
  private static let longest: UInt64 = 1 << 24

  /// This filling and another that goes on where it ends with the same byte, as one; nil where the two
  /// are not one, or are more than one step takes.
  package func followed(by next: MemoryContent) -> MemoryContent? {
    guard let fill, fill == next.fill, let size, let more = next.size,
      address.rawValue.saturatingAdd(size) == next.address.rawValue
    else { return nil }
    var both = self
    let sum = size.saturatingAdd(more)
    both.size = sum
    return sum <= Self.longest ? both : nil
  }

  package mutating func visit(_ field: inout Fields) {
    field.required(
      "address", &address, .number(0...0xf_ffff_ffff_ffff), "first physical address",
      example: "0x101000")
    field("words", &words, .list(.number(0...(.max), .hex)), "64-bit words", example: "[0x102001]")
    field("bytes", &bytes, .digits, "bytes, instead of words", example: "\"0011aabb\"")
    field("fill", &fill, .number(0...0xff, .hex), "one byte over and over, instead of words")
    field(
      "size", &size, .size(from: 0, to: Self.longest, .decimal), "how many bytes fill takes")
    let forms = [words != nil, bytes != nil, fill != nil].count { $0 }
    field.check(
      forms == 1 && (size != nil) == (fill != nil), "words, bytes, or fill and size were expected")
  }
}

extension RegisterContent: Section {
  package static var sectionName: String { "register_content" }

  private static let registers = RegisterMap.atFixedPlaces.map {
    (name: $0.name, value: $0.offset)
  }

  package mutating func visit(_ field: inout Fields) {
    field.required("unit", &unit, .name, "the unit's name", example: "dmar0")
    field.required(
      "offset", &offset, Form.number(0...0xfff, .hex).orName(Self.registers),
      "offset in the register page, or the register's name", example: "0x18")
    field.required("value", &value, .number(0...(.max), .hex), "the value", example: "0x80000000")
    field(
      "width", &isWide, .named([(name: "32", value: false), (name: "64", value: true)]), "bits")
    field.comments(notes)
  }
}
