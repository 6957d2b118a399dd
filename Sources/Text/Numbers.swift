/// Numbers as people type them.
package enum Numbers {
  /// Decimal or `0x` hex; nil for anything else.
  package static func unsigned(_ text: String) -> UInt64? {
    guard let first = text.first, first.isHexDigit else { return nil }
    if text.hasPrefix("0x") || text.hasPrefix("0X") {
      guard text.dropFirst(2).first?.isHexDigit == true else { return nil }
      return UInt64(text.dropFirst(2), radix: 16)
    }
    return UInt64(text)
  }
}
