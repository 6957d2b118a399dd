import KernelLog
public import LogReading
internal import Text

/// A lockdep report in words.
public struct SplatExplanation: Sendable {
  /// What was read.
  public var splat: LockSplat
  /// Where it stands.
  public var place: LogPlace
  /// What the report means, one line.
  public var meaning: String
  /// Which stack took what.
  public var story: [String]
  /// Where the cure usually lies.
  public var cure: String
  /// The title under which trackers file such a report: `possible deadlock in md_open`.
  public var title: String
  /// Why the report's frames cannot be trusted; nil where they can.
  public var corruption: String?

  /// Explains a lock report.
  public init(_ splat: LockSplat, place: LogPlace) {
    self.splat = splat
    self.place = place
    let words = Self.words(splat)
    meaning = words.meaning
    story = words.story
    cure = words.cure
    title = SplatTitle.title(splat)
    corruption = SplatTitle.corruption(splat)
  }

  private typealias Words = (meaning: String, story: [String], cure: String)

  private static func words(_ splat: LockSplat) -> Words {
    switch splat.kind {
    case .inconsistentState: inconsistentState(splat)
    case .circular: circular(splat)
    case .inversion, .unsafeOrder: order(splat)
    case .waitContext: waitContext(splat)
    case .recursive, .nestLock: nesting(splat)
    case .rcu: rcu(splat)
    case .badUnlock, .badContention, .heldFreed, .exit, .userReturn: balance(splat)
    case .unregistered, .tableFull: checker(splat)
    case .sleeping: sleeping(splat)
    case .failedCheck: failedCheck(splat)
    }
  }

  private static func name(_ lock: LockSplat.Lock?) -> String { lock?.name ?? "a lock" }

  private static func isFromFault(_ splat: LockSplat) -> Bool {
    splat.stack.contains { FunctionFamily.faultHandler.contains($0) }
  }

  /// The cure by what the fault handler was calling when it took the lock. The stack shows this;
  /// the lock itself need not be one of the handler's.
  private static func handlersCure(_ splat: LockSplat, _ lock: String) -> String? {
    guard isFromFault(splat) else { return nil }
    let above = splat.stack.prefix { !FunctionFamily.faultHandler.contains($0) }
    if above.contains(where: { FunctionFamily.lookUp.contains($0) }) {
      return
        "the fault handler runs in hard interrupt context and must not look the device up on its "
        + "bus, which takes \(lock): walk from the dumped entry without a look-up "
        + "(cured in 6.0 by 6ad931a23223)"
    }
    if above.contains(where: { FunctionFamily.console.contains($0) }) {
      return "printing inside the fault handler reaches the console's lock \(lock) under "
        + "register_lock: print after the lock is dropped, or defer it"
    }
    return
      "the fault handler runs in hard interrupt context: what it calls must not take \(lock), or "
      + "\(lock) has to be taken with interrupts off everywhere"
  }

  private static func inconsistentState(_ splat: LockSplat) -> Words {
    let lock = name(splat.wanted)
    var story: [String] = []
    if let registrar = owner(splat.registeredStack) {
      story.append("\(state(splat.oldState)): \(registrar)")
    }
    if let user = owner(splat.stack) { story.append("\(state(splat.newState)): \(user)") }
    if splat.wanted?.isReclaim == true { return reclaim(splat, story) }
    let usages = [splat.newState, splat.oldState].map(LockSplat.Usage.init)
    let isSoft = usages.allSatisfy { $0?.isSoft == true }
    return (
      "\(lock) was taken with \(state(splat.oldState)), and is now taken with "
        + "\(state(splat.newState)): an interrupt on a processor that holds it would wait for itself",
      story,
      handlersCure(splat, lock)
        ?? (isSoft
          ? "take \(lock) with soft interrupts off wherever it is taken outside of them (the _bh form), "
            + "or keep it out of the soft interrupt"
          : "take \(lock) with interrupts off wherever it is taken (the _irqsave form), or keep it out "
            + "of the interrupt")
    )
  }

  private static func reclaim(_ splat: LockSplat, _ story: [String]) -> Words {
    (
      "\(name(splat.wanted)) is not a lock: it stands for memory reclaim, which an allocation that may "
        + "sleep can start. Such an allocation is made with \(state(splat.oldState)), and one with "
        + "\(state(splat.newState)), where nothing may sleep", story,
      "allocate with GFP_ATOMIC in the interrupt, or allocate elsewhere: before it, or in a work queue"
    )
  }

  private static func circular(_ splat: LockSplat) -> Words {
    let lock = name(splat.wanted)
    let blocker = name(splat.blocker ?? splat.held.last)
    let between = splat.chain.map { $0.lock.name }.filter { $0 != lock && $0 != blocker }
    let through = between.isEmpty ? "" : " (through \(between.joined(separator: ", ")))"
    return (
      "\(lock) is taken while \(blocker) is held, and elsewhere it is the other way round\(through):"
        + " processors can wait for each other",
      splat.chain.map { "\($0.lock.name) taken: \(owner($0.stack) ?? "?")" },
      "choose one order for \(lock) and \(blocker), or drop one of them before the other is taken"
    )
  }

  private static func order(_ splat: LockSplat) -> Words {
    let lock = name(splat.wanted)
    let other = name(splat.other)
    var story: [String] = []
    if let safe = owner(splat.safeStack) { story.append("taken in the interrupt: \(safe)") }
    if let unsafe = owner(splat.unsafeStack) {
      story.append("\(other) taken with interrupts on: \(unsafe)")
    }
    if splat.kind == .inversion {
      story = splat.chain.map { "\($0.lock.name) taken: \(owner($0.stack) ?? "?")" }
      return (
        "\(lock) is taken in an interrupt, and \(other), which is taken with interrupts on, is "
          + "taken while \(lock) is held: the interrupt can hit a holder of \(other) and wait for it",
        story, "take \(other) with interrupts off wherever it is taken, or not inside \(lock)"
      )
    }
    let blocker = name(splat.blocker)
    if let now = owner(splat.stack) { story.append("\(lock) taken inside \(blocker): \(now)") }
    return (
      "\(lock) is taken while \(blocker) is held; \(blocker) is taken in an interrupt and "
        + "\(other) with interrupts on, so the interrupt can hit a holder of \(other) and wait for it",
      story, "take \(other) with interrupts off wherever it is taken, or not inside \(blocker)"
    )
  }

  private static func waitContext(_ splat: LockSplat) -> Words {
    let lock = name(splat.wanted)
    return (
      "\(lock) may sleep on a preemptible kernel (wait type \(splat.wanted?.waitTypes ?? "?")), and "
        + "is taken where only spinning is allowed",
      splat.held.map { "held: \($0.name), since \($0.function)" }
        + (owner(splat.stack).map { ["now: \($0)"] } ?? []),
      handlersCure(splat, lock) ?? "take \(lock) outside, or make it a raw spinlock"
    )
  }

  private static func nesting(_ splat: LockSplat) -> Words {
    let lock = name(splat.wanted)
    let now = owner(splat.stack).map { ["taken: \($0)"] } ?? []
    if splat.kind == .nestLock {
      return (
        "\(lock) is taken as nested in a lock that the task does not hold", now,
        "take the outer lock first, or name the right one in the nesting"
      )
    }
    let first = splat.blocker.map { ["held: \($0.name), since \($0.function)"] } ?? []
    return (
      "\(lock) is taken while a lock of its class is held already: if it is the same one, the task "
        + "waits for itself", first + now,
      "do not take it twice, or tell lockdep the nesting (a subclass)"
    )
  }

  private static func rcu(_ splat: LockSplat) -> Words {
    var story = splat.detail.isEmpty ? [] : [splat.detail]
    if let user = owner(splat.stack) { story.append("read: \(user)") }
    story += splat.held.map { "held: \($0.name), since \($0.function)" }
    if splat.isContextSwitch {
      return (
        "the task may sleep inside an RCU read-side section", story,
        "leave the section before anything that sleeps, or use SRCU"
      )
    }
    return (
      "something that RCU protects is read without rcu_read_lock or the lock that protects it",
      story,
      "hold the right lock or rcu_read_lock around the walk, or name the lock in its condition"
    )
  }

  private static func balance(_ splat: LockSplat) -> Words {
    let lock = name(splat.wanted)
    let now = owner(splat.stack).map { ["where: \($0)"] } ?? []
    let held = splat.held.map { "held: \($0.name), since \($0.function)" }
    switch splat.kind {
    case .badUnlock:
      return (
        "\(lock) is released by a task that does not hold it", held + now,
        "look for a path that unlocks twice, or that jumps past the lock to the unlock"
      )
    case .badContention:
      return (
        "\(lock) is waited for by a task that lockdep did not see begin to take it", held + now,
        "look at the lock's own code: it tells lockdep of the wait (lock_contended) before the acquire"
      )
    case .heldFreed:
      return (
        "memory with the held lock \(lock) in it is freed or set up anew"
          + (splat.detail.isEmpty ? "" : " (\(splat.detail))"), held + now,
        "release the lock before the object goes, and see who else still waits for it"
      )
    case .exit:
      return ("a task ends with locks held", held + now, "release them on the way out")
    default:
      return (
        "a system call goes back to user space with locks held", held + now,
        "look for a path that returns without the unlock"
      )
    }
  }

  private static func checker(_ splat: LockSplat) -> Words {
    let now = owner(splat.stack).map { ["where: \($0)"] } ?? []
    if splat.kind == .unregistered {
      return (
        "a lock is taken that was never initialised, or lies in memory without a key; lockdep is "
          + "off from here on", now,
        "initialise it (spin_lock_init, mutex_init) before its first use"
      )
    }
    let held = splat.held.prefix(4).map { "held: \($0.name), since \($0.function)" }
    let more = splat.held.count > 4 ? ["held: \(splat.held.count - 4) more"] : []
    return (
      "lockdep ran out of room (\(splat.detail)) and is off from here on: what comes later was not "
        + "checked", held + more + now,
      "raise the limit in the kernel's configuration; a number of classes that grows for ever is a "
        + "module that is loaded anew or a lock in every object"
    )
  }

  private static func sleeping(_ splat: LockSplat) -> Words {
    let held = splat.held.map { "held: \($0.name), since \($0.function)" }
    return (
      "something that may sleep is called where sleeping is forbidden"
        + (splat.detail.isEmpty ? "" : " (\(splat.detail))"),
      held + (owner(splat.stack).map { ["called: \($0)"] } ?? []),
      "move the call out of the lock or interrupt, or allocate with GFP_ATOMIC"
    )
  }

  /// The validator's checks by the function that makes them.
  private static func failedCheck(_ splat: LockSplat) -> Words {
    let check = splat.detail.prefix { $0 != ":" }
    let now = owner(splat.stack).map { ["where: \($0)"] } ?? []
    let meaning: String
    let cure: String
    switch check {
    case "lock_release", "__lock_release", "print_unlock_imbalance_bug":
      meaning = "a lock is released by a task that holds none by lockdep's books"
      cure = "look for a path that unlocks twice, or that releases what another task took"
    case "lock_downgrade", "__lock_downgrade":
      meaning = "a lock that is held for reading, or not held, is downgraded to reading"
      cure = "look for a path that downgrades twice, or without having taken the lock for writing"
    case "look_up_lock_class", "register_lock_class":
      meaning =
        "a lock has the key of a class with another name: it was set up anew as another kind of lock, "
        + "or two kinds share one key"
      cure =
        "give each kind its own key, and set the lock's class only where nobody can hold it (a socket "
        + "that changes its family is the usual case)"
    case "hlock_class", "lock_set_class", "__lock_set_class", "reacquire_held_locks":
      meaning =
        "a held lock's record in the task leads to no class: the record or the lock was overwritten, "
        + "or its memory was freed and used again while it was held"
      cure = "look for the object's early end: run the same with KASAN"
    case "check_flags", "lockdep_hardirqs_on", "lockdep_hardirqs_on_prepare",
      "lockdep_hardirqs_off",
      "lockdep_softirqs_on", "lockdep_softirqs_off":
      meaning =
        "lockdep's record of whether interrupts are on does not agree with the processor's flag"
      cure =
        "look for code that switches interrupts in a way that tracing does not see: an entry in "
        + "assembly, or a raw and a traced form that are mixed"
    default:
      meaning = "lockdep's own books do not agree (\(splat.detail))"
      cure = "look at what the stack's first functions outside of locking did with their lock"
    }
    return (
      meaning + ", and lockdep is off from here on",
      (splat.detail.isEmpty ? [] : ["check: \(splat.detail)"]) + now, cure
    )
  }

  /// `HARDIRQ-ON-W` and the like in words.
  private static func state(_ state: String) -> String {
    guard let usage = LockSplat.Usage(state) else { return state }
    let kind = usage.isSoft ? "soft" : "hard"
    return (usage.isInside ? "a \(kind) interrupt running" : "\(kind) interrupts on")
      + (usage.isRead ? ", for reading" : "")
  }

  /// The functions of a stack that tell who it was: below the locking itself.
  private static func owner(_ stack: [String]) -> String? {
    let told = stack.filter { !FunctionFamily.lockPrimitive.contains($0) }
    return told.isEmpty ? nil : told.prefix(4).joined(separator: " < ")
  }
}
