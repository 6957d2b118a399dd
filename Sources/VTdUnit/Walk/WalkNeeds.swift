import VTdFormats

/// What a walk demands of the page: ``Permissions`` bits, and above them what a translation request
/// asks.
///
/// A DMA needs its permissions, or it faults. A translation request of ATS needs none: it is told
/// what the page allows (VT-d specification 4.2.3), and where it means to write, the dirty bit is set
/// for it beforehand.
enum WalkNeeds {
  @inline(__always) static var asks: UInt64 { 1 &<< 4 }
  @inline(__always) static var asksToWrite: UInt64 { 1 &<< 5 }

  /// Whether the request is a plain DMA.
  @inline(__always)
  static func isDMA(_ needs: UInt64) -> Bool { needs < asks }

  /// A translation request that means to write dirties a page that it may write.
  @inline(__always)
  static func granted(_ needs: UInt64, _ permissions: UInt64) -> UInt64 {
    needs & asksToWrite != 0 ? needs | permissions & 2 : needs
  }
}

extension DMARequest {
  /// What the walk for this request demands.
  @inline(__always)
  var walkNeeds: UInt64 {
    let type = (attributes & Bits.addressTypeMask) &>> Bits.addressTypeShift
    if _fastPath(type != UInt64(AddressType.translationRequest.rawValue)) { return needs }
    return WalkNeeds.asks | (writes && !noWrite ? WalkNeeds.asksToWrite : 0)
  }
}
