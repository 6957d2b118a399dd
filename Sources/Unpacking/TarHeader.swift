/// The block in front of each member of a tar (POSIX.1-2001 `ustar`, and the forms before it).
struct TarHeader: Sendable {
  static let blockSize = 512
  /// A larger size counts as damage, so that sums of sizes cannot overflow.
  private static let mostBytes = 1 << 50

  var name: String
  /// Bytes of the member, without the padding of its last block.
  var size: Int
  var type: UInt8

  /// Returns nil where the checksum does not fit: the block is not a header.
  init?(_ block: [UInt8]) {
    guard block.count >= Self.blockSize, block[0] != 0,
      let sum = Self.octal(block[148..<156]), let size = Self.number(block[124..<136]),
      size <= Self.mostBytes
    else { return nil }
    var total = 0
    for (index, byte) in block.prefix(Self.blockSize).enumerated() {
      // POSIX computes the checksum as if its own field held blanks.
      total += (148..<156).contains(index) ? Int(UInt8(ascii: " ")) : Int(byte)
    }
    guard total == sum else { return nil }
    self.size = size
    type = block[156]
    var name = Self.text(block[0..<100])
    // Only POSIX has the beginning of a long name here; GNU tar keeps times in this place.
    if block[257..<263].elementsEqual("ustar\0".utf8), block[345] != 0 {
      name = Self.text(block[345..<500]) + "/" + name
    }
    self.name = name
  }

  /// What the member is.
  enum Kind { case file, longName, extendedHeader, other }

  var kind: Kind {
    switch type {
    // A name that ends in a slash may be the beginning of a longer one.
    case 0, UInt8(ascii: "0"), UInt8(ascii: "7"): .file
    case UInt8(ascii: "L"): .longName
    case UInt8(ascii: "x"): .extendedHeader
    default: .other
    }
  }

  static func text(_ bytes: some Collection<UInt8>) -> String {
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// The name in a POSIX extended header: `LENGTH path=NAME` in one of its lines.
  static func path(inExtendedHeader bytes: [UInt8]) -> String? {
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      guard let blank = line.firstIndex(of: UInt8(ascii: " ")) else { continue }
      let field = line[(blank + 1)...]
      if field.starts(with: "path=".utf8) { return text(field.dropFirst(5)) }
    }
    return nil
  }

  private static func octal(_ field: ArraySlice<UInt8>) -> Int? {
    let digits = field.drop { $0 == UInt8(ascii: " ") }
      .prefix { (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }
    guard !digits.isEmpty, digits.count <= 12 else { return nil }
    return digits.reduce(0) { $0 << 3 | Int($1 - UInt8(ascii: "0")) }
  }

  /// A number in octal digits or, if its highest bit is set, in base 256 (GNU, large members).
  private static func number(_ field: ArraySlice<UInt8>) -> Int? {
    guard let first = field.first else { return nil }
    guard first & 0x80 != 0 else { return octal(field) ?? (field.allSatisfy { $0 == 0 } ? 0 : nil) }
    var value = Int(first & 0x7f)
    for byte in field.dropFirst() {
      guard value <= mostBytes >> 8 else { return nil }
      value = value << 8 | Int(byte)
    }
    return value
  }
}
