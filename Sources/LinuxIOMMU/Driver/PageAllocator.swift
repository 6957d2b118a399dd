public import VTdFormats

/// The pages that the kernel hands the driver for its tables.
///
/// Which physical page a table gets is chance to the driver, so it is given: first a list, in the
/// order in which the driver asks, then consecutive pages from a base.
public struct PageAllocator: Hashable, Sendable {
  private var listed: ArraySlice<PhysicalAddress>
  private var next: PhysicalAddress
  private var nextSmall = PhysicalAddress(rawValue: 0x8_0000)

  public static let pageSize: UInt64 = 4096

  public init(pages: [PhysicalAddress] = [], base: PhysicalAddress) {
    listed = pages[...]
    next = base
  }

  /// Consecutive pages; the list gives the first of them.
  mutating func allocate(_ count: Int) -> PhysicalAddress {
    if let page = listed.popFirst() { return page }
    let page = next
    next = PhysicalAddress(rawValue: page.rawValue &+ Self.pageSize &* UInt64(count))
    return page
  }

  /// A page for small objects, which in the kernel do not come from the page allocator: it lies in
  /// low memory, away from the tables.
  mutating func allocateSmall() -> PhysicalAddress {
    let page = nextSmall
    nextSmall = PhysicalAddress(rawValue: page.rawValue &+ Self.pageSize)
    return page
  }
}
