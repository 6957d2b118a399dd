/// The functions that a CPU is in, over the stacks that it is on.
package struct CallStack {
  /// The stack that a frame lies on: an interrupt that hits kernel code gets one of its own, one
  /// that hits user mode runs on the task's (`run_irq_on_irqstack_cond` asks `user_mode(regs)`).
  package enum Kind: String {
    case task = "TASK"
    case interrupt = "IRQ"
  }

  /// What a walk of the stack meets, one after the other.
  package enum Frame: Hashable {
    /// The return address in `caller` after its call of `callee`.
    case call(caller: String, callee: String, kind: Kind)
    /// The registers of what was interrupted.
    case registers
  }

  private struct Entry {
    package let function: String
    package let kind: Kind
    package let isInterruptEntry: Bool
  }

  /// Outermost first.
  private var entries: [Entry] = []
  private var kind = Kind.task

  package init(_ functions: [String] = []) {
    for function in functions { push(function) }
  }

  package mutating func push(_ function: String) {
    entries.append(Entry(function: function, kind: kind, isInterruptEntry: false))
  }

  /// Enters an interrupt: its first function still lies on the interrupted stack, what that one
  /// calls on `kind`.
  package mutating func pushInterruptEntry(_ function: String, continuingOn kind: Kind) {
    entries.append(Entry(function: function, kind: self.kind, isInterruptEntry: true))
    self.kind = kind
  }

  package mutating func pop() {
    if let last = entries.popLast(), last.isInterruptEntry { kind = last.kind }
  }

  /// The frames from the innermost outwards, those left out that the compiler left out.
  ///
  /// - Parameter inner: functions that are entered on top of the stack, innermost first. The first
  ///   of all is where the walk starts: it has no return address.
  package func frames(inner: [String] = [], frameless: Set<String>) -> [Frame] {
    var result: [Frame] = []
    walk(inner, frameless) { frame in
      result.append(frame)
      return true
    }
    return result
  }

  /// The first of ``frames(inner:frameless:)``: each lock that is taken asks for it.
  package func innermostFrame(inner: [String], frameless: Set<String>) -> Frame? {
    var innermost: Frame?
    walk(inner, frameless) { frame in
      innermost = frame
      return false
    }
    return innermost
  }

  /// Goes through the frames from the innermost outwards, as long as `visit` says so.
  private func walk(_ inner: [String], _ frameless: Set<String>, _ visit: (Frame) -> Bool) {
    var callee: String?
    func enter(_ function: String, _ kind: Kind) -> Bool {
      defer { callee = function }
      guard let callee else { return true }
      return visit(.call(caller: function, callee: callee, kind: kind))
    }
    for function in inner where !frameless.contains(function) {
      guard enter(function, kind) else { return }
    }
    for entry in entries.reversed() where !frameless.contains(entry.function) {
      guard enter(entry.function, entry.kind) else { return }
      if entry.isInterruptEntry {
        guard visit(.registers) else { return }
        callee = nil
      }
    }
  }
}
