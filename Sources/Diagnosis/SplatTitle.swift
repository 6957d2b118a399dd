import KernelLog
import LogReading
import Text

/// The title under which trackers file a lock report: its kind, and the function that took part.
///
/// The convention is syzkaller's, whose titles are the ones that stand in mails and lists of defects.
enum SplatTitle {
  /// `possible deadlock in md_open`, `WARNING: suspicious RCU usage in rds_tcp_conn_alloc`; `in
  /// corrupted` where no frame of the report can be trusted, or what its kind always says is lost.
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
    case .waitContext, .failedCheck: kind = "WARNING: locking bug"
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
    if isMixed(splat) || function(splat) == nil {
      return splat.stack.isEmpty
        ? "the report is cut: it has no frame of its own"
        : "the report is mixed with other lines: its stack does not belong together"
    }
    // Reports of all kinds but one end with a stack; without it the end is lost.
    if splat.stack.isEmpty, ![.userReturn, .tableFull].contains(splat.kind) {
      return "the report is cut: its stack is missing"
    }
    return nil
  }

  /// Where a title's function is looked for.
  private enum Source {
    /// Where the lock was to be taken or released.
    case wanted
    /// Where the lock was taken that the task already holds.
    case blocker
    /// Where the locks of the chain were taken, as printed.
    case chain
    /// Where one lock was first taken in an interrupt, and where the other with interrupts on.
    case interrupt
    /// Where the first of the held locks was taken.
    case held
    /// This event's own stack.
    case stack
  }

  /// Where to look for the function, in order, and which functions to pass over. Without any to
  /// pass over, the first function found is the title's.
  private static func rule(_ splat: LockSplat) -> (sources: [Source], passes: [FunctionFamily]) {
    // Before 4.14 the heads of these kinds said INFO; their titles name the function that takes the
    // lock, without passing over helpers.
    if splat.head == "INFO",
      [.circular, .inversion, .unsafeOrder, .recursive, .inconsistentState].contains(splat.kind)
    {
      return ([.wanted], [])
    }
    return switch splat.kind {
    case .circular: ([.wanted, .blocker, .chain], [.helper, .workRunner])
    case .inversion, .recursive, .heldFreed: ([.wanted], [])
    case .unsafeOrder: ([.interrupt], [.helper])
    case .exit, .userReturn: ([.held], [])
    case .badUnlock: ([.wanted, .stack], [.helper])
    case .rcu: ([.stack], [.helper, .readCopyUpdate])
    case .waitContext, .failedCheck: ([.stack], [.helper, .socketLock])
    case .unregistered: ([.stack], [.helper, .anyLock])
    case .inconsistentState, .badContention, .nestLock, .tableFull, .sleeping:
      ([.stack], [.helper])
    }
  }

  /// The function that the title names.
  private static func function(_ splat: LockSplat) -> String? {
    guard saysWhatItMust(splat) else { return nil }
    let (sources, passes) = rule(splat)
    let candidates = sources.flatMap { self.candidates($0, splat) }.filter { !$0.isEmpty }
    guard !passes.isEmpty else { return candidates.first.map(plainName) }
    if sources.contains(.stack), isMixed(splat) { return nil }
    return candidates.first { name in !passes.contains { $0.contains(name) } }.map {
      withoutCallPrefix(plainName($0))
    }
  }

  private static func candidates(_ source: Source, _ splat: LockSplat) -> [String] {
    switch source {
    case .wanted: splat.wanted.map { [$0.function] } ?? []
    case .blocker: splat.blocker.map { [$0.function] } ?? []
    case .chain: splat.chain.flatMap { $0.stack }
    case .interrupt: splat.safeStack + splat.unsafeStack
    case .held: splat.held.first.map { [$0.function] } ?? []
    case .stack: splat.stack
    }
  }

  /// Whether the report has the line from which its kind's title begins.
  private static func saysWhatItMust(_ splat: LockSplat) -> Bool {
    switch splat.kind {
    case .circular: splat.wanted != nil
    case .inversion, .recursive, .inconsistentState, .heldFreed:
      splat.wanted?.function.isEmpty == false
    case .exit, .userReturn: !splat.held.isEmpty
    case .rcu: splat.detail.contains(".c:") || splat.detail.contains(".h:")
    default: true
    }
  }

  /// Whether the stack belongs to another report or mixes two: it begins with functions that stand
  /// at the bottom of a stack, or near the top with one that prints warnings of its own.
  private static func isMixed(_ splat: LockSplat) -> Bool {
    guard let first = splat.stack.first(where: { !FunctionFamily.lockPrimitive.contains($0) })
    else { return false }
    if FunctionFamily.stackBottom.contains(first), splat.wanted?.function.isEmpty != false {
      return true
    }
    // A function that prints warnings of its own shows that another report began there.
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

  /// `sendmsg` for `__sys_sendmsg`: architectures and releases give a system call's entry different
  /// prefixes; the longest one that fits is removed.
  private static func withoutCallPrefix(_ name: String) -> String {
    let prefixes = [
      "compat_SYSC_", "compat_SyS_", "__do_sys_", "__se_sys_", "____sys_", "__arm64_", "___sys_",
      "__ia32_", "__sys_", "__x64_", "__se_", "SYSC_", "ksys_", "SyS_", "sys_",
    ]
    guard let prefix = prefixes.first(where: { name.hasPrefix($0) }), prefix.count < name.count
    else { return name }
    return String(name.dropFirst(prefix.count))
  }
}
