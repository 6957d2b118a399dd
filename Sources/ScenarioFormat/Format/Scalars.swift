internal import Text

/// How the scalars of a scenario are read. YAML's own number rules are not used: `010` is ten here,
/// and `00:02.0` is a device.
package enum Scalars {
  /// Decimal or `0x` hex, `_` between digits allowed.
  package static func integer(_ text: String) -> UInt64? {
    let digits = text.replacing("_")
    guard text.first != "_", text.last != "_" else { return nil }
    if digits.hasPrefix("0x") || digits.hasPrefix("0X") {
      return unsigned(digits.dropFirst(2), radix: 16)
    }
    return unsigned(digits[...], radix: 10)
  }

  /// A number of bytes, with the binary units KiB to TiB.
  package static func size(_ text: String) -> UInt64? {
    let units: [(String, UInt64)] = [
      ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
    ]
    for (unit, factor) in units where text.hasSuffix(unit) {
      guard let count = integer(String(text.dropLast(3))) else { return nil }
      let (bytes, overflow) = count.multipliedReportingOverflow(by: factor)
      return overflow ? nil : bytes
    }
    return integer(text)
  }

  /// Two hex digits a byte, in the order of memory.
  package static func bytes(_ text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard !digits.isEmpty, digits.count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digits.count / 2)
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = Hexadecimal.digit(digits[index]),
        let low = Hexadecimal.digit(digits[index + 1])
      else {
        return nil
      }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  /// The text that ``bytes(_:)`` reads.
  package static func digits(_ bytes: some Sequence<UInt8>) -> String {
    var text: [UInt8] = []
    for byte in bytes { Hexadecimal.append(UInt64(byte), digits: 2, to: &text) }
    return String(decoding: text, as: UTF8.self)
  }

  /// Seconds to microseconds, exactly: no floating point on the way.
  package static func microseconds(_ text: String) -> UInt64? {
    let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
      .map { Substring($0) }
    guard parts.count <= 2, let whole = unsigned(parts[0], radix: 10),
      whole < UInt64.max / 1_000_000
    else { return nil }
    guard parts.count == 2 else { return whole * 1_000_000 }
    guard (1...6).contains(parts[1].utf8.count), let decimals = unsigned(parts[1], radix: 10) else {
      return nil
    }
    var scaled = decimals
    for _ in parts[1].utf8.count..<6 { scaled *= 10 }
    return whole * 1_000_000 + scaled
  }

  /// The standard library accepts a sign, which no number here may have.
  private static func unsigned(_ digits: Substring, radix: Int) -> UInt64? {
    guard let first = digits.first, first != "+", first != "-" else { return nil }
    return UInt64(digits, radix: radix)
  }
}

extension String {
  fileprivate func replacing(_ separator: Character) -> String {
    contains(separator) ? filter { $0 != separator } : self
  }
}
