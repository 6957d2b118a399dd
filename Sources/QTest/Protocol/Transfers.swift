import Text

/// A `write` or `b64write` under way: text comes in, bytes go to the target in large pieces.
///
/// Pieces end at multiples of their size, so that a device register is never cut in two where the
/// client's own address did not cut it.
struct IncomingTransfer {
  enum Encoding {
    case hex
    case base64
  }

  private let encoding: Encoding
  private var address: UInt64
  private var remaining: UInt64
  private var pending: [UInt8] = []
  private var characters: UInt64 = 0
  private var nibble: UInt8 = 0
  private var decoder = Base64.Decoder()
  private var isWordOver = false

  static let pieceSize: UInt64 = 1 << 16

  init(_ encoding: Encoding, address: UInt64, count: UInt64) {
    self.encoding = encoding
    self.address = address
    remaining = count
  }

  /// Takes text of the data word; a space ends it, and the rest of the line counts for nothing.
  mutating func take(_ text: UnsafeRawBufferPointer, _ target: some QTestTarget) {
    for character in text {
      if isWordOver { return }
      if character == UInt8(ascii: " ") {
        isWordOver = true
        return
      }
      characters += 1
      switch encoding {
      case .hex:
        // The first two characters are the prefix, whatever they are. What is not a digit counts as
        // f, and a last digit without its partner is dropped: so does QEMU.
        guard characters > 2 else { continue }
        let digit = Hexadecimal.digit(character) ?? 0xf
        if characters & 1 == 1 {
          nibble = digit
        } else {
          append(nibble << 4 | digit, target)
        }
      case .base64:
        if let byte = decoder.take(character) { append(byte, target) }
      }
    }
  }

  /// Writes what is left, and zeros where the data was short.
  mutating func finish(_ target: some QTestTarget) {
    flush(target)
    var fill = OutgoingFill(address: address, count: remaining, byte: 0)
    fill.run(target)
  }

  @inline(__always)
  private mutating func append(_ byte: UInt8, _ target: some QTestTarget) {
    guard UInt64(pending.count) < remaining else { return }
    pending.append(byte)
    if (address &+ UInt64(pending.count)) & (Self.pieceSize - 1) == 0 { flush(target) }
  }

  private mutating func flush(_ target: some QTestTarget) {
    guard !pending.isEmpty else { return }
    pending.withUnsafeBytes { target.writeMemory(address, from: $0) }
    address &+= UInt64(pending.count)
    remaining -= UInt64(pending.count)
    pending.removeAll(keepingCapacity: true)
  }
}

/// A `memset`, or the zeros behind short data.
struct OutgoingFill {
  private var address: UInt64
  private var remaining: UInt64
  private let byte: UInt8

  init(address: UInt64, count: UInt64, byte: UInt8) {
    self.address = address
    remaining = count
    self.byte = byte
  }

  mutating func run(_ target: some QTestTarget) {
    guard remaining > 0 else { return }
    let size = IncomingTransfer.pieceSize
    let piece = [UInt8](repeating: byte, count: Int(min(size, remaining)))
    while remaining > 0 {
      let count = min(remaining, size - address & (size - 1))
      piece.withUnsafeBytes {
        target.writeMemory(address, from: UnsafeRawBufferPointer(rebasing: $0[..<Int(count)]))
      }
      address &+= count
      remaining -= count
    }
  }
}

/// A `read` or `b64read` whose reply is longer than what a session holds at once.
struct OutgoingTransfer {
  private var address: UInt64
  private var remaining: UInt64
  private var encoder: Base64.Encoder?

  init(_ encoding: IncomingTransfer.Encoding, address: UInt64, count: UInt64) {
    self.address = address
    remaining = count
    encoder = encoding == .base64 ? Base64.Encoder() : nil
  }

  private static let pieceSize: UInt64 = 1 << 14

  /// Appends text until the reply is complete (true) or `output` holds `limit` bytes.
  mutating func run(
    _ target: some QTestTarget, _ output: inout [UInt8], limit: Int
  ) -> Bool {
    let size = Self.pieceSize
    return withUnsafeTemporaryAllocation(byteCount: Int(min(size, remaining)), alignment: 8) {
      buffer in
      while remaining > 0 {
        if output.count >= limit { return false }
        let count = Int(min(remaining, size - address & (size - 1)))
        let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
        target.readMemory(address, into: piece)
        if encoder != nil {
          encoder?.append(UnsafeRawBufferPointer(piece), to: &output)
        } else {
          Hexadecimal.append(UnsafeRawBufferPointer(piece), to: &output)
        }
        address &+= UInt64(count)
        remaining -= UInt64(count)
      }
      encoder?.finish(to: &output)
      return true
    }
  }
}
