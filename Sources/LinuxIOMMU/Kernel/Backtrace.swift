internal import KernelLog

/// What dump_stack prints: the CPU and its task, then the stacks from the innermost outwards.
extension KernelContext {
  /// The lines of a stack dump, one printk record each.
  ///
  /// - Parameter inner: functions on top of the modelled stack, innermost first; the first is the
  ///   one that starts the dump.
  func backtrace(inner: [String]) -> [String] {
    let task = locks?.currentTask ?? .kernelInit
    var lines = [
      "CPU: 0 PID: \(task.pid) Comm: \(task.name) \(build.taint) \(build.release) \(build.version)"
        + build.packageNote
    ]
    if let hardware = build.hardwareName { lines.append("Hardware name: \(hardware)") }
    lines.append("Call Trace:")

    let frames = stack.frames(
      inner: ["show_stack"] + inner, frameless: build.callSites.frameless)
    var open: CallStack.Kind?
    for frame in frames {
      switch frame {
      case .call(let caller, let callee, let kind):
        if open != kind {
          if let open { lines.append(" </\(open.rawValue)>") }
          lines.append(" <\(kind.rawValue)>")
          open = kind
        }
        lines.append(" \(build.callSites.symbol(of: callee, in: caller))")
        lines += strayLines(after: caller)
      case .registers:
        // Registers and what follows them are printed flush left; frames with one blank.
        lines += interrupted?.registers?.lines ?? []
        lines += strayLines(after: nil)
      }
    }
    if let open { lines.append(" </\(open.rawValue)>") }
    return lines
  }

  /// Addresses that lie on the stack behind a frame and belong to none: `? symbol`.
  private func strayLines(after function: String?) -> [String] {
    guard let interrupted else { return [] }
    return interrupted.strayFrames
      .filter { CallSites.isSamePlace($0.after, function) }
      .flatMap { $0.symbols.map { " ? \($0)" } }
  }
}
