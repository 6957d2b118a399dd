/// `DRHD: handling fault status reg %x`: FSTS as `dmar_fault` read it. Which unit it was is not
/// printed.
public struct FaultStatusLine: Hashable, Sendable {
  /// FSTS_REG as it was read.
  public var status: UInt32

  /// The line for a status.
  public init(status: UInt32) {
    self.status = status
  }
}

/// `dmar_fault: %d callbacks suppressed`: printed by `___ratelimit` when a new window begins, with
/// the limited function's name and without the driver's prefix.
public struct SuppressedLine: Hashable, Sendable {
  /// The function whose lines were held back.
  public var function: String
  /// How many.
  public var count: Int

  /// The limiter's line.
  public init(function: String = "dmar_fault", count: Int) {
    self.function = function
    self.count = count
  }
}
