public import VTdFormats

/// The pages that the kernel hands the driver for its tables.
///
/// Which physical page a table gets is chance to the driver, so it is given: first a list, in the
/// order in which the driver asks, then consecutive pages from a base.
public struct PageAllocator: Hashable, Sendable {
  private var listed: ArraySlice<PhysicalAddress>
  private var next: PhysicalAddress

  public static let pageSize: UInt64 = 4096

  public init(pages: [PhysicalAddress] = [], base: PhysicalAddress) {
    listed = pages[...]
    next = base
  }

  mutating func allocate() -> PhysicalAddress {
    if let page = listed.popFirst() { return page }
    let page = next
    next = PhysicalAddress(rawValue: page.rawValue &+ Self.pageSize)
    return page
  }
}
