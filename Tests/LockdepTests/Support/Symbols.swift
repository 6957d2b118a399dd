@testable import Lockdep

extension ReportStyle {
  /// The words of the kernels whose reports the golden files hold: 6.1.192 and 6.12.117.
  static var ofGolden: ReportStyle {
    var style = ReportStyle()
    style.heldLocks = .counted
    return style
  }
}

/// A symbol table and a machine, as a caller of the validator would have them.
final class Symbols: ReportEnvironment {
  var ident = "6.1.192 #1 Not tainted"
  var style = ReportStyle.ofGolden
  var keys: [LockKey: String] = [:]
  /// The lines of the stack backtrace, from `CPU: …` on.
  var backtraceLines: [String] = []
  private var names: [String] = []
  private var addresses: [UInt64] = []
  private var known: [String: LockdepFrame] = [:]

  /// The frame of a symbol, made on first use.
  func frame(_ symbol: String, at address: UInt64 = 0) -> LockdepFrame {
    if let frame = known[symbol], address == 0 { return frame }
    names.append(symbol)
    addresses.append(address)
    let frame = LockdepFrame(rawValue: UInt64(names.count))
    known[symbol] = frame
    return frame
  }

  /// An event at a symbol's frame, by what its line in a report shows.
  func event(_ shown: (symbol: String, address: UInt64, number: UInt32)) -> IRQTrace.Event {
    IRQTrace.Event(number: shown.number, at: frame(shown.symbol, at: shown.address))
  }

  func symbol(for frame: LockdepFrame) -> String {
    names.indices.contains(Int(frame.rawValue) - 1) ? names[Int(frame.rawValue) - 1] : "0x0"
  }

  func address(of frame: LockdepFrame) -> UInt64? {
    addresses.indices.contains(Int(frame.rawValue) - 1) ? addresses[Int(frame.rawValue) - 1] : 0
  }

  func symbol(for key: LockKey) -> String { keys[key] ?? "0x0" }

  func backtrace(_ scene: Scene) -> [String] { backtraceLines }
}
