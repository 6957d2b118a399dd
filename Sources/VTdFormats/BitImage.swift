/// Layouts as data: a structure lists its fields once, and everything reads it through that list.

/// What software may do with a field of a register. Software may do anything with memory.
public enum FieldAccess: Hashable, Sendable {
  /// RW: a write replaces it.
  case readWrite
  /// RO: hardware's own; writes leave it alone.
  case readOnly
  /// RW1C: a written 1 clears it, a 0 leaves it alone.
  case writeOneToClear
  /// WO: a write replaces it, and it reads as 0.
  case writeOnly
  /// WO: a write sets something off and is not kept.
  case command
}

/// One field of a structure: the specification's name for it, its bits, what it means.
///
/// Bits are counted over the whole structure, so bit 72 of a 128-bit entry is bit 8 of its upper
/// half. A field never crosses a 64-bit word. Fields are written as computed static properties:
/// the compiler folds them, so reading through the table costs what a shift and a mask cost. `Image` is
/// the structure, a ``BitImage``; saying so here would have each run look up that it is one.
public struct BitField<Image>: Sendable {
  /// The specification's mnemonic, for example `PPF`.
  public let name: StaticString
  /// The field's bits, lowest first, half open.
  public let bits: Range<Int>
  /// What the field says, in one line.
  public let meaning: StaticString

  /// Whether the field is an address, or an offset, cut to its alignment: read in place it is whole.
  public let isAddress: Bool

  /// What software may do with it; nil for what it may do with the whole structure
  /// (``BitImage/access``).
  public let access: FieldAccess?

  /// A field as the specification's tables print it: `high:low`.
  @inlinable @inline(__always)
  public init(
    _ name: StaticString, _ high: Int, _ low: Int, _ meaning: StaticString, isAddress: Bool = false,
    _ access: FieldAccess? = nil
  ) {
    self.name = name
    self.bits = low..<(high &+ 1)
    self.meaning = meaning
    self.isAddress = isAddress
    self.access = access
  }

  /// A field of one bit.
  @inlinable @inline(__always)
  public init(
    _ name: StaticString, _ bit: Int, _ meaning: StaticString, _ access: FieldAccess? = nil
  ) {
    self.init(name, bit, bit, meaning, access)
  }

  /// The 64-bit word of the structure that holds the field.
  @inlinable @inline(__always)
  public var word: Int { bits.lowerBound &>> 6 }

  /// The position of the field's lowest bit in that word.
  @inlinable @inline(__always)
  public var shift: Int { bits.lowerBound & 63 }

  /// The field's bits in place in that word.
  @inlinable @inline(__always)
  public var mask: UInt64 {
    (~0 &>> UInt64(truncatingIfNeeded: 64 &- (bits.upperBound &- bits.lowerBound)))
      &<< UInt64(truncatingIfNeeded: shift)
  }
}

/// A field of one structure with the value that one image of it holds.
public struct DecodedField: Hashable, Sendable {
  /// The name of a set bit that no field has.
  public static let reserved = "reserved"

  /// The specification's mnemonic.
  public let name: String
  /// Highest bit, counted over the whole structure.
  public let high: Int
  /// Lowest bit, counted over the whole structure.
  public let low: Int
  /// The field's value, shifted down to bit 0.
  public let value: UInt64
  /// The whole address, where the field is one.
  public let address: UInt64?
  /// What the field says.
  public let meaning: String

  /// A field as it was decoded; `high` and `low` are bits of the whole structure, `value` starts at
  /// bit 0.
  public init(
    name: String, high: Int, low: Int, value: UInt64, address: UInt64? = nil, meaning: String
  ) {
    self.address = address
    self.name = name
    self.high = high
    self.low = low
    self.value = value
    self.meaning = meaning
  }

  /// Where it is, as the specification's tables say it: `63:12`, `0`.
  public var bits: String { high == low ? "\(high)" : "\(high):\(low)" }
}

extension DecodedField: CustomStringConvertible {
  /// A row of `dmar decode`: bits, name, value or address, meaning.
  public var description: String {
    "\(bits)  \(name)  0x\(hex(address ?? value))  \(meaning)"
  }
}

#if !hasFeature(Embedded)
  // Here and not in Codable.swift: the compiler writes it in the type's own file only.
  extension DecodedField: Codable {}
#endif

/// The bits of a register, table entry or descriptor, with the list of its fields.
///
/// Bits that no field names are reserved.
public protocol BitImage: Hashable, Sendable, CustomStringConvertible {
  /// All bits zero, but for a descriptor's type.
  init()
  /// What the specification calls the structure.
  static var name: String { get }
  /// Width in bits: 32, 64, 128, 256 or 512.
  static var bitWidth: Int { get }
  /// Every field, lowest first; bits without a field are reserved.
  static var fields: [BitField<Self>] { get }
  /// What software may do with fields that do not say so themselves.
  static var access: FieldAccess { get }
  /// The structure's 64-bit words, lowest first; a 32-bit register is one word.
  subscript(word index: Int) -> UInt64 { get set }
}

extension BitImage {
  /// Software may read and write what no field says otherwise of: true of tables in memory.
  public static var access: FieldAccess { .readWrite }

  /// The field's value, shifted down to bit 0. Setting cuts what does not fit.
  @inlinable
  public subscript(field: BitField<Self>) -> UInt64 {
    @inline(__always) get {
      (self[word: field.word] & field.mask) &>> UInt64(truncatingIfNeeded: field.shift)
    }
    @inline(__always) set {
      let moved = (newValue &<< UInt64(truncatingIfNeeded: field.shift)) & field.mask
      self[word: field.word] = (self[word: field.word] & ~field.mask) | moved
    }
  }

  /// Whether a field of one bit is set.
  @inlinable
  public subscript(flag field: BitField<Self>) -> Bool {
    @inline(__always) get { self[word: field.word] & field.mask != 0 }
    @inline(__always) set {
      self[word: field.word] =
        newValue ? self[word: field.word] | field.mask : self[word: field.word] & ~field.mask
    }
  }

  /// The field's bits in place, for fields that are addresses aligned to their lowest bit.
  @inlinable
  public subscript(inPlace field: BitField<Self>) -> UInt64 {
    @inline(__always) get { self[word: field.word] & field.mask }
    @inline(__always) set {
      self[word: field.word] =
        (self[word: field.word] & ~field.mask) | (newValue & field.mask)
    }
  }

  /// The number of 64-bit words.
  public static var wordCount: Int { (bitWidth + 63) / 64 }

  /// The bits of one word that no field names.
  ///
  /// Built from the list; keep the result rather than asking on a hot path.
  public static func reservedMask(word: Int) -> UInt64 {
    let width = min(bitWidth - word * 64, 64)
    var mask: UInt64 = ~0 >> UInt64(64 - width)
    // By index: an iterator over a generic type's array is made at run time, once for each image, and
    // looks through all conformances of the program. The masks are asked for whenever a unit is made.
    let fields = fields
    var index = 0
    while index < fields.count {
      if fields[index].word == word { mask &= ~fields[index].mask }
      index += 1
    }
    return mask
  }

  /// The bits of one word that software may use in one way.
  public static func mask(_ access: FieldAccess, word: Int = 0) -> UInt64 {
    let fields = fields
    var mask: UInt64 = 0
    var index = 0
    while index < fields.count {
      let field = fields[index]
      if field.word == word, (field.access ?? Self.access) == access { mask |= field.mask }
      index += 1
    }
    return mask
  }

  /// Whether a bit is set that no field names.
  public var hasReservedBits: Bool {
    (0..<Self.wordCount).contains { self[word: $0] & Self.reservedMask(word: $0) != 0 }
  }

  /// An image from its words, lowest first; missing words are zero, more are ignored.
  public init(words: [UInt64]) {
    self.init()
    for index in 0..<Self.wordCount { self[word: index] = index < words.count ? words[index] : 0 }
  }

  /// The words, lowest first.
  public var words: [UInt64] { (0..<Self.wordCount).map { self[word: $0] } }

  /// Every field with its value, lowest first; set bits that no field names come last, as
  /// `reserved`.
  public var decoded: [DecodedField] {
    let named = Self.fields.map { field in
      DecodedField(
        name: "\(field.name)", high: field.bits.upperBound - 1, low: field.bits.lowerBound,
        value: self[field], address: field.isAddress ? self[inPlace: field] : nil,
        meaning: "\(field.meaning)")
    }
    let reserved = (0..<Self.wordCount).flatMap { word -> [DecodedField] in
      let set = self[word: word] & Self.reservedMask(word: word)
      return (0..<64).filter { set & 1 << UInt64($0) != 0 }.map { bit in
        DecodedField(
          name: DecodedField.reserved, high: word * 64 + bit, low: word * 64 + bit, value: 1,
          meaning: "must be zero")
      }
    }
    return named + reserved
  }

  /// `NAME[FIELD=0x1 …]` with the fields that are not zero; a reserved bit goes by its number.
  public var description: String {
    let set = decoded.filter { $0.value != 0 }.map {
      $0.name == DecodedField.reserved
        ? "\($0.name) bit \($0.low)" : "\($0.name)=0x\(hex($0.value))"
    }
    return "\(Self.name)[\(set.joined(separator: " "))]"
  }
}

/// A register, or an entry of 64 bits or fewer: one raw integer.
public protocol RegisterImage: BitImage, RawRepresentable
where RawValue: FixedWidthInteger & UnsignedInteger & Sendable {
  init(rawValue: RawValue)
  var rawValue: RawValue { get set }
}

extension RegisterImage {
  @inlinable @inline(__always)
  public init() { self.init(rawValue: 0) }

  /// The width of the raw integer.
  @inlinable
  public static var bitWidth: Int { RawValue.bitWidth }

  /// The raw integer, as the only word.
  @inlinable
  public subscript(word index: Int) -> UInt64 {
    @inline(__always) get { UInt64(truncatingIfNeeded: rawValue) }
    @inline(__always) set { rawValue = RawValue(truncatingIfNeeded: newValue) }
  }
}

/// A structure of 128 bits.
public protocol Image128: BitImage {
  /// Bits 63:0.
  var low: UInt64 { get set }
  /// Bits 127:64.
  var high: UInt64 { get set }
}

extension Image128 {
  /// An image from its two words.
  @inlinable @inline(__always)
  public init(low: UInt64, high: UInt64) {
    self.init()
    self.low = low
    self.high = high
  }

  /// Always 128.
  @inlinable
  public static var bitWidth: Int { 128 }

  /// Word 0 is the lower one; every other index means the upper one.
  @inlinable
  public subscript(word index: Int) -> UInt64 {
    @inline(__always) get { index == 0 ? low : high }
    @inline(__always) set { if index == 0 { low = newValue } else { high = newValue } }
  }
}

/// The words of a structure wider than 128 bits.
public protocol WideImage: BitImage {
  /// As many 64-bit words as the structure has.
  associatedtype Words: SIMD, Sendable where Words.Scalar == UInt64
  /// The 64-bit words, lowest first.
  var storage: Words { get set }
}

extension WideImage {
  /// 64 for each word.
  @inlinable
  public static var bitWidth: Int { Words.scalarCount * 64 }

  /// The word with that index; one that the structure does not have traps.
  @inlinable
  public subscript(word index: Int) -> UInt64 {
    @inline(__always) get { storage[index] }
    @inline(__always) set { storage[index] = newValue }
  }
}
