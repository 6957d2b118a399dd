internal import KernelLog
package import KernelProfiles
internal import Text

/// What dump_stack prints: the CPU and its task, then the stacks from the innermost outwards.
extension KernelContext {
  /// The lines of a stack dump, one printk record each.
  ///
  /// - Parameter inner: functions on top of the modelled stack, innermost first; the first is the
  ///   one that starts the dump.
  package func backtrace(inner: [String]) -> [String] {
    let generation = build.behaviour.backtrace
    var lines = backtraceHead(generation)
    lines.append("Call Trace:")

    var frameless = build.callSites.frameless
    var inner = inner
    if generation < .level {
      inner.removeAll { $0 == "dump_stack_lvl" }
      frameless.remove("dump_stack")
    }
    // The oldest dump_stack walks the stack itself, and begins with its caller.
    if generation > .pid { inner.insert("show_stack", at: 0) }
    var open: CallStack.Kind?
    for frame in stack.frames(inner: inner, frameless: frameless) {
      switch frame {
      case .call(let caller, let callee, let kind):
        var mark = ""
        if open != kind {
          mark = begin(kind, after: open, generation, &lines)
          open = kind
        }
        let symbol = build.callSites.symbol(of: callee, in: caller)
        lines.append(mark + " \(place(symbol, generation))\(symbol)")
        lines += strayLines(after: caller, generation)
      case .registers:
        guard generation >= .registers else { continue }
        // Registers and what follows them are printed flush left; frames with one blank.
        lines += interrupted?.registers?.lines ?? []
        lines += strayLines(after: nil, generation)
      }
    }
    if let open, isMarked(open, generation) { lines.append(" </\(open.rawValue)>") }
    return lines
  }

  /// Who runs where, on which kernel and which machine (dump_stack_print_info).
  package func backtraceHead(
    _ generation: KernelValues.BacktraceGeneration
  ) -> [String] {
    let interruptedTask = interrupted.map { KernelTask(name: $0.task.name, pid: $0.task.pid) }
    let task = locks?.currentTask ?? interruptedTask ?? .kernelInit
    let kernel = "\(build.taint) \(build.release) \(build.version)"
    guard generation > .pid else { return ["Pid: \(task.pid), comm: \(task.name) \(kernel)"] }
    let user = generation >= .uid ? " UID: 0" : ""
    let preemption =
      generation >= .preemption ? " PREEMPT(\(build.configuration.preemption.rawValue)) " : ""
    var lines = [
      "CPU: 0\(user) PID: \(task.pid) Comm: \(task.name) \(kernel)\(preemption)"
        + build.packageNote
    ]
    if generation >= .uid, let flags = TaintFlags.spelled(build.taint) { lines.append(flags) }
    if let hardware = build.hardwareName { lines.append("Hardware name: \(hardware)") }
    return lines
  }

  /// Begins the frames of another stack.
  ///
  /// - Returns: what stands in front of its first frame.
  private func begin(
    _ kind: CallStack.Kind, after last: CallStack.Kind?,
    _ generation: KernelValues.BacktraceGeneration, _ lines: inout [String]
  ) -> String {
    if generation < .symbols {
      return kind == .interrupt ? " <IRQ> " : last == .interrupt ? " <EOI> " : ""
    }
    if let last, isMarked(last, generation) { lines.append(" </\(last.rawValue)>") }
    if isMarked(kind, generation) { lines.append(" <\(kind.rawValue)>") }
    return ""
  }

  private func isMarked(
    _ kind: CallStack.Kind, _ generation: KernelValues.BacktraceGeneration
  ) -> Bool {
    generation >= .symbols && (kind == .interrupt || generation >= .task)
  }

  /// The address in front of a frame.
  private func place(
    _ symbol: CallSites.Symbol?, _ generation: KernelValues.BacktraceGeneration
  ) -> String {
    guard generation < .symbols else { return "" }
    let address = symbol?.address.map { Hexadecimal.string($0, digits: 16) } ?? "ffffffff????????"
    return "[<\(address)>] "
  }

  /// Addresses that lie on the stack behind a frame and belong to none: `? symbol`.
  private func strayLines(
    after function: String?, _ generation: KernelValues.BacktraceGeneration
  ) -> [String] {
    guard let interrupted else { return [] }
    return interrupted.strayFrames
      .filter { CallSites.isSamePlace($0.after, function) }
      .flatMap { $0.symbols.map { " \(place(nil, generation))? \($0)" } }
  }
}

/// The names behind the letters of `Tainted: G        W`.
package enum TaintFlags {
  private static let names: [Character: String] = [
    "P": "PROPRIETARY_MODULE", "F": "FORCED_MODULE", "S": "CPU_OUT_OF_SPEC", "R": "FORCED_RMMOD",
    "M": "MACHINE_CHECK", "B": "BAD_PAGE", "U": "USER", "D": "DIE", "A": "OVERRIDDEN_ACPI_TABLE",
    "W": "WARN", "C": "CRAP", "I": "FIRMWARE_WORKAROUND", "O": "OOT_MODULE",
    "E": "UNSIGNED_MODULE", "L": "SOFTLOCKUP", "K": "LIVEPATCH", "X": "AUX", "T": "RANDSTRUCT",
    "N": "TEST",
  ]

  /// `Tainted: [W]=WARN, [O]=OOT_MODULE`; nil for a kernel that is not tainted.
  package static func spelled(_ taint: String) -> String? {
    let prefix = "Tainted: "
    guard taint.hasPrefix(prefix) else { return nil }
    let flags = taint.dropFirst(prefix.count).compactMap { letter in
      names[letter].map { "[\(letter)]=\($0)" }
    }
    return prefix + flags.joined(separator: ", ")
  }
}
