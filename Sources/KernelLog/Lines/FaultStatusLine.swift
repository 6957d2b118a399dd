/// `DRHD: handling fault status reg %x`: FSTS as `dmar_fault` read it. Which unit it was is not
/// printed.
public struct FaultStatusLine: Hashable, Sendable {
  public var status: UInt32

  public init(status: UInt32) {
    self.status = status
  }

  public func text(_ generation: FaultLineGeneration) -> String {
    generation.prefix + "DRHD: handling fault status reg " + String(status, radix: 16)
  }
}

/// `dmar_fault: %d callbacks suppressed`: printed by `___ratelimit` when a new window begins, with
/// the limited function's name and without the driver's prefix.
public struct SuppressedLine: Hashable, Sendable {
  public var count: Int

  public init(count: Int) {
    self.count = count
  }

  public var text: String { "dmar_fault: \(count) callbacks suppressed" }
}

/// What each kind of line is printed at.
extension LogLevel {
  /// Fault and status lines: `pr_err`.
  public static let faultLine = LogLevel.error
  /// The table dump: `pr_info`.
  public static let dumpLine = LogLevel.info
  /// `callbacks suppressed`: `KERN_WARNING`.
  public static let suppressedLine = LogLevel.warning
}
