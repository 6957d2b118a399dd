/// What a report's text takes from the machine around the validator.
public protocol ReportEnvironment {
  /// `<release> <first word of version> <taint>`, as in `6.1.192 #1 Not tainted`.
  var ident: String { get }
  /// `klist_next+0x1b/0x160`.
  func symbol(for frame: Frame) -> String
  /// The full address of a frame, for `[<ffffffff85000e86>]`.
  func address(of frame: Frame) -> UInt64
  /// The symbol at a key's address (`__key.17+0x0/0x10`).
  func symbol(for key: LockKey) -> String
  /// The block of the stack backtrace, a printk record an element: `CPU: 0 PID: …`, `Hardware
  /// name: …`, `Call Trace:`, … `scene.callChain` has the validator's functions that stand in it.
  func backtrace(_ scene: Scene) -> [String]
}

extension ReportEnvironment {
  /// `[<ffffffff85000e86>] sym+0xoff/0xsize`; for no frame `[<0000000000000000>] 0x0`.
  func place(_ frame: Frame) -> String {
    frame == .none
      ? "[<0000000000000000>] 0x0" : "[<\(hex16(address(of: frame)))>] \(symbol(for: frame))"
  }
}

/// 16 hex digits, as `%px` prints an address.
func hex16(_ value: UInt64) -> String {
  let text = String(value, radix: 16)
  return String(repeating: "0", count: 16 - text.utf8.count) + text
}
