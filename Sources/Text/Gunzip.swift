/// Unpacks gzip (RFC 1952) that is in memory as a whole: an attachment in a mail, a file given to the
/// page. zlib, which the programs read files with (`Unpacking`), is not to be had in a browser; where
/// both can read, a test holds them to the same bytes.
package struct Gunzip: Sendable {
  package enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
    case notGzip
    /// The compressed data breaks its own rules, or is not what its checksum tells.
    case corrupt
    case truncated
    /// More bytes come out than the reader wants.
    case tooLarge(limit: Int)

    package var description: String {
      switch self {
      case .notGzip: "no gzip data"
      case .corrupt: "the gzip data is damaged"
      case .truncated: "the gzip data ends too early"
      case .tooLarge(let limit):
        "it unfolds to more than the \(limit >> 20) MiB that were read of it"
      }
    }
  }

  /// Whether `bytes` begin like a gzip file.
  package static func isGzip(_ bytes: some Collection<UInt8>) -> Bool {
    bytes.starts(with: PackedSignature.gzip)
  }

  private static let window = 1 << 15

  private var input: [UInt8]
  private var at = 0
  private var bitBuffer: UInt32 = 0
  private var bitCount = 0
  private var output: [UInt8] = []
  /// The CRC-32 of what this member gave so far.
  private var checksum: UInt32 = .max
  private var limit = Int.max
  private var given = 0

  package init(_ input: [UInt8]) { self.input = input }

  /// Hands the unpacked bytes to `body`, at most about 256 KiB at a time. What came out before the data
  /// turned out to be damaged or cut is handed out too: a log with a damaged end is worth reading.
  ///
  /// - Parameter limit: how many bytes may come out before the rest is given up.
  package mutating func unpack(
    atMost limit: Int = .max, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws(Failure) {
    guard Self.isGzip(input) else { throw .notGzip }
    self.limit = limit
    do throws(Failure) {
      while Self.isGzip(input[at...]) { try unpackMember(body) }
    } catch {
      flush(keeping: 0, body)
      throw error
    }
  }

  private mutating func unpackMember(_ body: (UnsafeRawBufferPointer) -> Void) throws(Failure) {
    checksum = .max
    let before = given
    try skipHeader()
    var isLast = false
    while !isLast {
      isLast = try bits(1) == 1
      switch try bits(2) {
      case 0: try stored(body)
      case 1: try compressed(Self.fixedLiterals, Self.fixedDistances, body)
      case 2:
        let (literals, distances) = try dynamicTables()
        try compressed(literals, distances, body)
      default: throw .corrupt
      }
    }
    flush(keeping: 0, body)
    bitBuffer = 0
    bitCount = 0
    guard at + 8 <= input.count else { throw .truncated }
    // The checksum, and how many bytes came out, modulo 2^32.
    let told = input[at..<at + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let length = UInt32(truncatingIfNeeded: given &- before)
    at += 8
    guard told == UInt64(length) << 32 | UInt64(~checksum) else { throw .corrupt }
  }

  private mutating func skipHeader() throws(Failure) {
    guard at + 10 <= input.count else { throw .truncated }
    let flags = input[at + 3]
    at += 10
    if flags & 0x04 != 0 {
      guard at + 2 <= input.count else { throw .truncated }
      at += 2 + Int(input[at]) + Int(input[at + 1]) << 8
    }
    for flag in [UInt8(0x08), 0x10] where flags & flag != 0 {
      while at < input.count, input[at] != 0 { at += 1 }
      at += 1
    }
    if flags & 0x02 != 0 { at += 2 }
  }

  private mutating func bits(_ count: Int) throws(Failure) -> Int {
    while bitCount < count {
      guard at < input.count else { throw .truncated }
      bitBuffer |= UInt32(input[at]) << UInt32(bitCount)
      at += 1
      bitCount += 8
    }
    let value = Int(bitBuffer & ((1 << UInt32(count)) - 1))
    bitBuffer >>= UInt32(count)
    bitCount -= count
    return value
  }

  private mutating func stored(_ body: (UnsafeRawBufferPointer) -> Void) throws(Failure) {
    bitBuffer = 0
    bitCount = 0
    guard at + 4 <= input.count else { throw .truncated }
    let length = Int(input[at]) | Int(input[at + 1]) << 8
    guard length ^ 0xffff == Int(input[at + 2]) | Int(input[at + 3]) << 8 else { throw .corrupt }
    at += 4
    guard at + length <= input.count else { throw .truncated }
    output += input[at..<at + length]
    at += length
    flush(keeping: Self.window, body)
  }

  /// A Huffman code in canonical form: how many codes of each length, and the symbols in order.
  struct Code: Sendable {
    var counts = [Int](repeating: 0, count: 16)
    var symbols: [Int] = []

    /// Whether each sequence of bits means one symbol, or there is one symbol alone, or none: RFC 1951
    /// has other codes for damaged.
    var isWhole: Bool {
      var free = 1
      for length in 1..<16 {
        free = 2 * free - counts[length]
        if free < 0 { return false }
      }
      return free == 0 || symbols.count == counts[1]
    }

    init(lengths: [Int]) {
      for length in lengths { counts[length] += 1 }
      counts[0] = 0
      var offsets = [Int](repeating: 0, count: 17)
      for length in 1..<16 { offsets[length + 1] = offsets[length] + counts[length] }
      symbols = [Int](repeating: 0, count: offsets[16])
      for (symbol, length) in lengths.enumerated() where length > 0 {
        symbols[offsets[length]] = symbol
        offsets[length] += 1
      }
    }
  }

  private mutating func symbol(_ code: Code) throws(Failure) -> Int {
    var value = 0
    var first = 0
    var index = 0
    for length in 1..<16 {
      value |= try bits(1)
      let count = code.counts[length]
      if value - count < first { return code.symbols[index + value - first] }
      index += count
      first = (first + count) << 1
      value <<= 1
    }
    throw .corrupt
  }

  private static let lengthBases = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
    163, 195, 227, 258,
  ]
  private static let lengthExtras = [
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
  ]
  private static let distanceBases = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537,
    2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577,
  ]
  private static let distanceExtras = [
    0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13,
    13,
  ]
  private static let fixedLiterals = Code(
    lengths: (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 })
  private static let fixedDistances = Code(lengths: [Int](repeating: 5, count: 30))
  private static let lengthOrder = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
  ]

  private mutating func dynamicTables() throws(Failure) -> (Code, Code) {
    let literalCount = try bits(5) + 257
    let distanceCount = try bits(5) + 1
    let lengthCount = try bits(4) + 4
    guard literalCount <= 286, distanceCount <= 30 else { throw .corrupt }
    var lengths = [Int](repeating: 0, count: 19)
    for index in 0..<lengthCount { lengths[Self.lengthOrder[index]] = try bits(3) }
    let code = Code(lengths: lengths)
    guard code.isWhole, code.symbols.count > 1 else { throw .corrupt }
    lengths = []
    while lengths.count < literalCount + distanceCount {
      let symbol = try symbol(code)
      if symbol < 16 {
        lengths.append(symbol)
        continue
      }
      var value = 0
      let count: Int
      switch symbol {
      case 16:
        guard let last = lengths.last else { throw .corrupt }
        value = last
        count = try bits(2) + 3
      case 17: count = try bits(3) + 3
      default: count = try bits(7) + 11
      }
      lengths += [Int](repeating: value, count: count)
    }
    guard lengths.count == literalCount + distanceCount else { throw .corrupt }
    let literals = Code(lengths: Array(lengths[..<literalCount]))
    let distances = Code(lengths: Array(lengths[literalCount...]))
    // Symbol 256 ends the block.
    guard literals.isWhole, distances.isWhole, lengths[256] > 0 else { throw .corrupt }
    return (literals, distances)
  }

  private mutating func compressed(
    _ literals: Code, _ distances: Code, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws(Failure) {
    while true {
      let symbol = try symbol(literals)
      if symbol < 256 {
        output.append(UInt8(symbol))
      } else if symbol == 256 {
        return
      } else {
        guard symbol - 257 < Self.lengthBases.count else { throw .corrupt }
        let length = try Self.lengthBases[symbol - 257] + bits(Self.lengthExtras[symbol - 257])
        let index = try self.symbol(distances)
        guard index < Self.distanceBases.count else { throw .corrupt }
        let distance = try Self.distanceBases[index] + bits(Self.distanceExtras[index])
        guard distance <= output.count else { throw .corrupt }
        let start = output.count - distance
        for offset in 0..<length { output.append(output[start + offset]) }
      }
      if output.count >= 1 << 18 {
        flush(keeping: Self.window, body)
        if given > limit { throw .tooLarge(limit: limit) }
      }
    }
  }

  /// How much of `output` was handed out already: the window that later bytes refer to.
  private var handedOut = 0

  private mutating func flush(keeping kept: Int, _ body: (UnsafeRawBufferPointer) -> Void) {
    for byte in output[handedOut...] {
      checksum = checksum >> 8 ^ Self.remainders[Int(UInt8(truncatingIfNeeded: checksum) ^ byte)]
    }
    given &+= output.count - handedOut
    output.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[handedOut...])) }
    if output.count > kept { output.removeFirst(output.count - kept) }
    handedOut = output.count
  }

  /// What CRC-32's polynomial, written from its lowest power, leaves of each byte.
  private static let remainders: [UInt32] = (0..<256).map { byte in
    var rest = UInt32(byte)
    for _ in 0..<8 { rest = rest >> 1 ^ (rest & 1 == 1 ? 0xedb8_8320 : 0) }
    return rest
  }
}
