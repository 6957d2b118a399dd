import Text

/// What a report's text takes from the machine around the validator.
public protocol ReportEnvironment {
  /// `<release> <first word of version> <taint>`, as in `6.1.192 #1 Not tainted`.
  var ident: String { get }
  /// `klist_next+0x1b/0x160`.
  func symbol(for frame: LockdepFrame) -> String
  /// The full address of a frame, for `[<ffffffff85000e86>]`; nil where nobody knows it.
  func address(of frame: LockdepFrame) -> UInt64?
  /// The symbol at a key's address (`__key.17+0x0/0x10`).
  func symbol(for key: LockKey) -> String
  /// The block of the stack backtrace, a printk record an element: `CPU: 0 PID: …`, `Hardware
  /// name: …`, `Call Trace:`, … `scene.callChain` has the validator's functions that stand in it.
  func backtrace(_ scene: Scene) -> [String]
  /// The wording of the kernel's age.
  var style: ReportStyle { get }
}

extension ReportEnvironment {
  /// The words of the newest kernels.
  public var style: ReportStyle { ReportStyle() }

  /// `[<ffffffff85000e86>] sym+0xoff/0xsize`; for no frame `[<0000000000000000>] 0x0`.
  func place(_ frame: LockdepFrame) -> String {
    guard frame != .none else { return "[<0000000000000000>] 0x0" }
    let isHashed = style.locks == .hashedPlace
    let address =
      address(of: frame).map { hex16(isHashed ? hashed($0) : $0) }
      ?? String(repeating: isHashed ? "0" : "f", count: 8) + "????????"
    return "[<\(address)>] \(symbol(for: frame))"
  }
}

/// A stand-in for `%p`, which prints a hash that each boot makes anew: 32 bits of it. A hash that a log
/// showed passes unchanged.
func hashed(_ address: UInt64) -> UInt64 { address & 0xffff_ffff }

/// 16 hex digits, as `%px` prints an address.
func hex16(_ value: UInt64) -> String {
  String(value, radix: 16).aligned(to: 16, with: "0")
}
