internal import KernelRuntime
public import VTdFormats

/// The pages that the kernel hands the driver for its tables.
///
/// Which physical page a table gets is chance to the driver, so it is given: first a list, in the
/// order in which the driver asks, then consecutive pages from a base.
public struct PageAllocator: Hashable, Sendable {
  private var listed: ArraySlice<PhysicalAddress>
  private var next: PhysicalAddress
  private var nextSmall = PhysicalAddress(rawValue: 0x8_0000)
  /// Given back, newest last.
  private var freed: [PhysicalAddress] = []

  /// The given pages first, then pages from `base` on.
  public init(pages: [PhysicalAddress] = [], base: PhysicalAddress) {
    listed = pages[...]
    next = base
  }

  /// Consecutive pages; the list gives the first of them.
  mutating func allocate(_ count: Int) -> PhysicalAddress {
    if let page = listed.popFirst() { return page }
    if count == 1, let page = freed.popLast() { return page }
    let page = next
    next = PhysicalAddress(rawValue: page.rawValue &+ Paging.pageSize &* UInt64(count))
    return page
  }

  /// Takes a page back. The page that came back last is the next to be given, once the list is used
  /// up: the kernel's lists of each CPU work so, as long as nobody else asks.
  mutating func free(_ page: PhysicalAddress) { freed.append(page) }

  /// A page for small objects, which in the kernel do not come from the page allocator: it lies in
  /// low memory, away from the tables.
  mutating func allocateSmall() -> PhysicalAddress {
    let page = nextSmall
    nextSmall = PhysicalAddress(rawValue: page.rawValue &+ Paging.pageSize)
    return page
  }
}
