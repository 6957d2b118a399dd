import VTdFormats

/// The end of a walk: a page, or a reason. Trivial, so that it is returned in registers or in
/// place.
struct WalkResult {
  /// Where the request's own byte is.
  var address: UInt64 = 0
  /// ``PageFlags`` of the page.
  var flags: UInt64 = 0
  /// 0 if there is no fault.
  var reason: UInt8 = 0
  /// The walk got as far as the address check: where QEMU begins to record PV as ones.
  var pastContext = false

  @inline(__always)
  static func fault(_ reason: FaultReason) -> WalkResult {
    WalkResult(reason: reason.rawValue)
  }

  /// The address as it came, with every permission.
  @inline(__always)
  static func unchanged(_ address: UInt64) -> WalkResult {
    WalkResult(address: address, flags: UInt64(Permissions.all))
  }

  @inline(__always)
  var isFault: Bool { reason != 0 }
}

extension Permissions {
  /// Everything, as where nothing is translated.
  @inline(__always)
  static var all: UInt8 { 15 }
}
