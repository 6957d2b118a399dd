// An address and the 4 KiB page that it lies in (VT-d specification 3.6). Larger pages are whole
// numbers of these.
extension UInt64 {
  /// The number of the page that this address lies in.
  @inlinable @inline(__always)
  package var page: UInt64 { self &>> 12 }

  /// The address of the first byte of that page. Of an entry or a register that holds a table's
  /// address beside other bits: the table's address.
  @inlinable @inline(__always)
  package var pageStart: UInt64 { self & ~0xfff }

  /// How far into that page this address lies, in bytes.
  @inlinable @inline(__always)
  package var pageOffset: UInt64 { self & 0xfff }

  /// The address of the first byte of a page.
  ///
  /// - Parameter page: the page's number; one that no address has loses its highest bits.
  @inlinable @inline(__always)
  package init(page: UInt64) { self = page &<< 12 }

  /// How many pages `size` bytes from this address on touch; one at least.
  @inlinable @inline(__always)
  package func pages(ofBytes size: UInt64) -> UInt64 {
    Swift.max((pageOffset + size + 0xfff).page, 1)
  }
}
