import VTdFormats

/// A page as the IOTLB keeps it: ``PageFlags`` in bits 11:0, the address in 51:12, above it the
/// denials (what a request must not need) in 54:52, and what ``SetCache`` has of the space.
@usableFromInline
struct CachedPage {
  @usableFromInline let word: UInt64

  @inlinable
  @inline(__always)
  init(word: UInt64) { self.word = word }

  /// A page that denies what its flags do not allow, and `denied` besides: ``Permissions`` bits.
  @inline(__always)
  init(address: UInt64, flags: UInt64, denied: UInt64) {
    word = address | flags | ((~flags & 7) | denied) &<< DMARequest.Bits.needsShift
  }

  /// A page that is remembered as missing: it denies everything.
  static var missing: CachedPage {
    CachedPage(word: PageFlags.fault | 7 &<< DMARequest.Bits.needsShift)
  }

  /// Whether a request of its requester may use the page at once.
  ///
  /// Found by its tag alone, the page may be of another space: the upper bits tell.
  @inlinable
  @inline(__always)
  func serves(_ request: DMARequest, of requester: Requester) -> Bool {
    ((word ^ requester.word) & request.attributes) &>> DMARequest.Bits.needsShift == 0
  }

  /// Whether a request may use the page, which is of its space, at once.
  @inline(__always)
  func allows(_ request: DMARequest) -> Bool {
    (word &>> DMARequest.Bits.needsShift) & request.needs == 0
  }

  /// The 4 KiB at an address, as an entry of their own; the flags tell the size of the whole.
  @inline(__always)
  func part(at iova: UInt64) -> CachedPage {
    CachedPage(word: word | iova & ((1 &<< PageFlags.shift(word)) &- 0x1000))
  }

  /// Whether the entry is part of a larger page.
  @inline(__always)
  var isPart: Bool { (word &>> PageFlags.sizeShift) & 3 != 0 }

  /// Whether the entry remembers a fault.
  var isMissing: Bool { word & PageFlags.fault != 0 }

  /// The page of 4 KiB for a request, at its offset.
  @inlinable
  @inline(__always)
  func translation(_ request: DMARequest) -> Translation {
    Translation(
      address: (word & PageFlags.addressMask) | (request.iova & 0xfff),
      flags: word & PageFlags.mask)
  }
}
