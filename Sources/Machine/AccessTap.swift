/// Where accesses are heard; the kernel's ports and the machine share one.
final class AccessTap {
  var handler: ((HardwareAccess) -> Void)?
  /// Set while somebody looks who is no part of the machine.
  var isMuted = false

  func hear(_ access: @autoclosure () -> HardwareAccess) {
    if let handler, !isMuted { handler(access()) }
  }
}
