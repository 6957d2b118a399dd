/// A function's configuration space, as far as it is known.
///
/// 256 bytes for a conventional function, 4,096 with PCI Express' extended part, 64 where the
/// reader lacked permission, fewer where a file was short. Reads of what is not known give nil, so
/// "zero" and "unknown" never mix.
public struct ConfigurationSpace: Hashable, Sendable {
  /// The first byte that only PCI Express functions have.
  public static let extendedStart = 0x100
  /// The size with the extended part.
  public static let extendedSize = 0x1000
  /// The size without it.
  public static let conventionalSize = 0x100
  /// What Linux lets anybody read: the header without the capabilities.
  public static let headerSize = 0x40

  /// The known bytes, from offset 0 on; at most 4,096.
  public private(set) var bytes: [UInt8]

  /// A space of which `bytes` are known; what is beyond 4,096 is dropped.
  public init(_ bytes: some Sequence<UInt8>) {
    self.bytes = Array(bytes.prefix(Self.extendedSize))
  }

  /// A space of `size` zero bytes, for functions that a scenario invents.
  public init(zeroed size: Int) {
    bytes = Array(repeating: 0, count: min(max(size, 0), Self.extendedSize))
  }

  /// How many bytes are known.
  public var count: Int { bytes.count }

  /// The little-endian number of `width` bytes (1 to 4) at `offset`; nil unless all are known.
  public func number(at offset: Int, width: Int) -> UInt32? {
    guard (1...4).contains(width), offset >= 0, offset <= count - width else { return nil }
    var value: UInt32 = 0
    for index in 0..<width {
      value |= UInt32(bytes[offset + index]) << (8 * UInt32(index))
    }
    return value
  }

  /// The value of `field`, whose structure begins at `base`; nil unless all its bytes are known.
  public subscript(field: ConfigurationField, at base: Int = 0) -> UInt32? {
    guard let word = number(at: base + field.offset, width: field.width) else { return nil }
    return (word >> UInt32(field.bits.lowerBound)) & field.mask
  }

  /// Sets `field` and leaves its neighbours; bits that do not fit are cut.
  ///
  /// - Returns: whether the bytes are known; nothing changes where they are not.
  @discardableResult
  public mutating func set(_ field: ConfigurationField, at base: Int = 0, to value: UInt32) -> Bool
  {
    guard let word = number(at: base + field.offset, width: field.width) else { return false }
    let shift = UInt32(field.bits.lowerBound)
    let new = (word & ~(field.mask << shift)) | ((value & field.mask) << shift)
    for index in 0..<field.width {
      bytes[base + field.offset + index] = UInt8(truncatingIfNeeded: new >> (8 * UInt32(index)))
    }
    return true
  }
}

extension ConfigurationSpace: CustomStringConvertible {
  /// How much is known and who answers: `256 bytes of 8086:a294`.
  public var description: String {
    let ids = PCIIdentity(self).map { " of \($0.ids)" } ?? ""
    return "\(count) \(count == 1 ? "byte" : "bytes")\(ids)"
  }
}

/// One field of a structure in configuration space: the structure's table in the specification has
/// a row for it.
public struct ConfigurationField: Hashable, Sendable {
  /// The specification's name.
  public let name: String
  /// The byte, from the structure's start, at which the little-endian number with the field begins.
  public let offset: Int
  /// The field's bits in that number; at most 32.
  public let bits: Range<Int>

  package init(_ name: String, _ offset: Int, _ bits: Range<Int>) {
    self.name = name
    self.offset = offset
    self.bits = bits
  }

  /// Bytes to read for the field.
  var width: Int { (bits.upperBound + 7) / 8 }

  /// The field's bits, moved down to bit 0.
  var mask: UInt32 { bits.count >= 32 ? .max : (1 << UInt32(bits.count)) - 1 }
}
