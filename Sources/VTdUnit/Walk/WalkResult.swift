import VTdFormats

/// The end of a walk: a page, or a reason. Trivial, so that it is returned in registers or in
/// place.
struct WalkResult {
  /// Where the request's own byte is.
  var address: UInt64 = 0
  /// log2 of the page.
  var pageShift: UInt8 = 12
  var permissions: UInt8 = 0
  /// 0 if there is no fault.
  var reason: UInt8 = 0
  var snoop = false
  /// The walk got as far as the address check: where QEMU begins to record PV as ones.
  var pastContext = false

  @inline(__always)
  static func fault(_ reason: FaultReason) -> WalkResult {
    WalkResult(reason: reason.rawValue)
  }

  @inline(__always)
  var isFault: Bool { reason != 0 }
}
