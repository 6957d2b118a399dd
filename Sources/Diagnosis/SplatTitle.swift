import KernelLog
import LogReading

/// The title under which trackers file a lock report: its kind, and the function that took part.
enum SplatTitle {
  /// `possible deadlock in md_open`, `WARNING: suspicious RCU usage in rds_tcp_conn_alloc`; `in
  /// corrupted` where no frame of the report can be trusted.
  static func title(_ splat: LockSplat) -> String {
    let word = splat.head.isEmpty ? "WARNING" : splat.head
    let kind: String
    switch splat.kind {
    case .circular, .recursive, .unsafeOrder, .inversion: kind = "possible deadlock"
    case .inconsistentState: kind = "inconsistent lock state"
    case .rcu: kind = "\(word): suspicious RCU usage"
    case .badUnlock: kind = "\(word): bad unlock balance"
    case .badContention: kind = "\(word): bad lock contention"
    case .heldFreed: kind = "\(word): held lock freed"
    case .waitContext: kind = "WARNING: locking bug"
    case .nestLock: kind = "\(word): nested lock was not taken"
    case .exit: kind = "\(word): still has locks held"
    case .userReturn: kind = "\(word): lock held when returning to user space"
    case .unregistered: kind = "INFO: trying to register non-static key"
    case .tableFull:
      return "\(word): \(splat.detail.isEmpty ? "lockdep's tables are full" : splat.detail)"
    case .sleeping: kind = "BUG: sleeping function called from invalid context"
    }
    return "\(kind) in \(function(splat) ?? "corrupted")"
  }

  /// Why the report's frames cannot be trusted; nil where they can.
  static func corruption(_ splat: LockSplat) -> String? {
    if function(splat) == nil {
      return splat.stack.isEmpty
        ? "the report is cut: it has no frame of its own"
        : "the report is mixed with other lines: its stack does not belong together"
    }
    // Reports of these kinds end with a stack as a rule; without it the end is lost.
    if splat.stack.isEmpty, [.circular, .unsafeOrder, .heldFreed].contains(splat.kind) {
      return "the report is cut: its stack is missing"
    }
    return nil
  }

  /// The first function that is neither a primitive of locking nor a wrapper around one.
  private static func function(_ splat: LockSplat) -> String? {
    var candidates: [String] = []
    switch splat.kind {
    case .exit, .userReturn:
      candidates = (splat.held.last.map { [$0.function] } ?? []) + splat.stack
    case .unsafeOrder: candidates = splat.safeStack + wanted(splat) + splat.stack
    default: candidates = wanted(splat) + splat.stack
    }
    if isMixed(splat) { return nil }
    return candidates.first { !$0.isEmpty && !FunctionFamily.lockPrimitive.contains($0) }.map(
      plainName)
  }

  private static func wanted(_ splat: LockSplat) -> [String] {
    splat.wanted.map { [$0.function] } ?? []
  }

  /// A stack whose bottom comes first, or that does not begin in lockdep, is another's or two in one.
  private static func isMixed(_ splat: LockSplat) -> Bool {
    guard let first = splat.stack.first(where: { !FunctionFamily.lockPrimitive.contains($0) })
    else { return false }
    if FunctionFamily.stackBottom.contains(first), wanted(splat).allSatisfy({ $0.isEmpty }) {
      return true
    }
    // A function that prints warnings of its own began another report.
    return splat.stack.prefix(3).contains { FunctionFamily.otherReport.contains($0) }
  }

  /// `fakeName` for `_Z8fakeNameiii`: a name of C++ carries its length.
  private static func plainName(_ name: String) -> String {
    guard name.hasPrefix("_Z") else { return name }
    let rest = name.dropFirst(2)
    let digits = rest.prefix { $0.isNumber }
    guard let count = Int(digits), count > 0, count < 200,
      rest.dropFirst(digits.count).count >= count
    else { return name }
    return String(rest.dropFirst(digits.count).prefix(count))
  }
}
