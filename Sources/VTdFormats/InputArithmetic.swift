/// Arithmetic on numbers that come from input: scenarios, tables, logs, what a guest writes.
///
/// Swift's `+` ends the program where a sum does not fit. These never do.
extension UInt64 {
  /// The last of `size` bytes from this address on: the one checked `start + size`.
  ///
  /// - Returns: nil for no bytes, and where the last byte lies beyond 2^64.
  public func last(ofBytes size: UInt64) -> UInt64? {
    guard size > 0 else { return nil }
    let (last, overflow) = addingReportingOverflow(size - 1)
    return overflow ? nil : last
  }

  /// The sum, or the largest number where it is larger: for times, which then never come.
  public func saturatingAdd(_ other: UInt64) -> UInt64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
