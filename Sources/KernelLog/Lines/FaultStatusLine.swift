/// `DRHD: handling fault status reg %x`: FSTS as `dmar_fault` read it. Which unit it was is not
/// printed.
public struct FaultStatusLine: Hashable, Sendable {
  public var status: UInt32

  public init(status: UInt32) {
    self.status = status
  }
}

/// `dmar_fault: %d callbacks suppressed`: printed by `___ratelimit` when a new window begins, with
/// the limited function's name and without the driver's prefix.
public struct SuppressedLine: Hashable, Sendable {
  public var function: String
  public var count: Int

  public init(function: String = "dmar_fault", count: Int) {
    self.function = function
    self.count = count
  }
}
