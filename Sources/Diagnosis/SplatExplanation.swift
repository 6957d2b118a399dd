public import KernelLog

/// A lockdep report in words.
public struct SplatExplanation: Sendable {
  public var splat: LockSplat
  public var place: LogPlace
  /// What the report means, one line.
  public var meaning: String
  /// Which stack took what.
  public var story: [String]
  public var cure: String

  public init(_ splat: LockSplat, place: LogPlace) {
    self.splat = splat
    self.place = place
    let lock = splat.wanted?.name ?? "?"
    let taker = splat.wanted?.function ?? ""
    let fromFault = splat.stack.contains { $0.hasPrefix("dmar_fault") }
    var story: [String] = []
    switch splat.kind {
    case .inconsistentState:
      meaning =
        "\(lock) was taken with \(Self.words(splat.oldState)), and is now taken "
        + "\(Self.words(splat.newState)): an interrupt on a processor that holds it would wait for "
        + "itself"
      if let registrar = Self.owner(splat.registeredStack) {
        story.append("\(splat.oldState) comes from \(registrar)")
      }
      if let user = Self.owner(splat.stack) { story.append("\(splat.newState) comes from \(user)") }
      cure =
        fromFault
        ? "the fault handler runs in hard interrupt context and must not call \(taker): walk from "
          + "the dumped entry without a device look-up; or take \(lock) with interrupts off everywhere"
        : "take \(lock) with interrupts off wherever it is taken, or keep it out of the interrupt"
    case .circular, .inversion, .unsafeOrder:
      let holder = splat.held.last?.name ?? "?"
      meaning =
        "\(lock) is taken while \(holder) is held, and elsewhere it is the other way round: two "
        + "processors can wait for each other"
      story = splat.chain.map { link in
        "\(link.lock.name) is taken in \(Self.owner(link.stack) ?? "?")"
      }
      cure =
        "choose one order for \(lock) and \(holder), or drop one of them before the other is taken"
    case .recursive:
      meaning = "\(lock) is taken while a lock of its class is held already"
      cure = "do not take it twice, or tell lockdep the nesting (a subclass)"
    case .waitContext:
      meaning =
        "\(lock) may sleep on a preemptible kernel (wait type \(splat.wanted?.waitTypes ?? "?")), and "
        + "is taken where only spinning is allowed"
      story = splat.held.map { "held: \($0.name) since \($0.function)" }
      cure =
        fromFault
        ? "printing inside the fault handler reaches the console's lock under register_lock: print "
          + "after the lock is dropped, or defer it"
        : "take \(lock) outside, or make it a raw spinlock"
    case .rcu:
      meaning = "an RCU list is walked without rcu_read_lock or the lock that protects it"
      cure =
        "hold the right lock or rcu_read_lock around the walk, or name the lock in its condition"
    }
    self.story = story
  }

  /// `HARDIRQ-ON-W` and the like in words.
  private static func words(_ state: String) -> String {
    let write = state.hasSuffix("W") ? "" : " for reading"
    if state.hasPrefix("IN-HARDIRQ") { return "in a hard interrupt" + write }
    if state.hasPrefix("IN-SOFTIRQ") { return "in a soft interrupt" + write }
    if state.hasPrefix("HARDIRQ-ON") { return "hard interrupts on" + write }
    if state.hasPrefix("SOFTIRQ-ON") { return "soft interrupts on" + write }
    return state
  }

  /// The functions of a stack that tell who it was: below the locking itself.
  private static func owner(_ stack: [String]) -> String? {
    let noise = [
      "lock", "mutex", "dump_stack", "mark_", "_raw", "__might", "print_", "down_", "up_",
    ]
    let told = stack.filter { name in
      !noise.contains { name.hasPrefix($0) } && !name.contains("lock_acquire")
    }
    return told.isEmpty ? nil : told.prefix(4).joined(separator: " < ")
  }
}
