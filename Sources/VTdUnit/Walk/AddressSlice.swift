/// Consecutive bits of an address or an id.
public struct AddressSlice: Hashable, Sendable {
  /// The highest bit.
  public let high: Int
  /// The lowest bit.
  public let low: Int

  /// The bits of `value`, shifted down to bit 0.
  public func of(_ value: UInt64) -> UInt64 {
    value &>> UInt64(truncatingIfNeeded: low)
      & ((1 &<< UInt64(truncatingIfNeeded: high &- low &+ 1)) &- 1)
  }
}

#if !hasFeature(Embedded)
  // Here and not in Codable.swift: the compiler writes it in the type's own file only.
  extension AddressSlice: Codable {}
#endif
