public import VTdFormats

/// Free pages for tables, handed out one after the other, each zero.
public struct TablePages: Sendable {
  /// The next page to hand out.
  public private(set) var next: UInt64
  /// The first byte that no table may lie on.
  public let end: UInt64

  /// The pages of `base..<end`; both are rounded inwards to whole pages.
  public init(base: PhysicalAddress, end: PhysicalAddress) {
    let mask = Paging.pageSize - 1
    next = base.rawValue > ~mask ? end.rawValue : (base.rawValue + mask) & ~mask
    self.end = end.rawValue & ~mask
  }

  /// The next free page; nil where none is left.
  mutating func take() -> UInt64? {
    guard next < end, end - next >= Paging.pageSize else { return nil }
    defer { next += Paging.pageSize }
    return next
  }
}
