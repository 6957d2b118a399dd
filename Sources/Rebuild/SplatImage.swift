internal import Diagnosis
internal import KernelLog
internal import LogReading
internal import ScenarioFormat

/// What a scenario needs so that its replay meets a log's lockdep report again.
///
/// One report can be met: that of the look-up on the PCI bus which the table dump of 6.0-rc1 makes
/// from the fault interrupt (8ac0b64b9735). Any other is an obstacle with its reason.
struct SplatImage {
  let detail: SplatDetail
  /// function: {callee: the return address as the log prints it}
  let callSites: [(caller: String, sites: [(callee: String, place: String)])]
  /// Functions on the two paths that the log's stacks do not show.
  let frameless: [String]
  /// What the interrupted task was in, outermost first.
  let functions: [String]
  let strayFrames: [(after: String, symbols: [String])]
  /// The lock's functions, as the two stacks show them.
  let addsPlainly: Bool
  let savesInterrupts: Bool
  let packageNote: String

  /// Why a report cannot be met again.
  struct Obstacle: Error {
    let reason: String
  }

  init(_ splat: LockSplat) throws(Obstacle) {
    guard splat.kind == .inconsistentState else {
      throw Obstacle(reason: "it is not of an inconsistent state")
    }
    guard splat.wanted?.name == "&k->k_lock", splat.oldState == "HARDIRQ-ON-W",
      splat.newState == "IN-HARDIRQ-W"
    else { throw Obstacle(reason: "its lock is not a klist's, taken in a hard interrupt") }
    guard let detail = SplatDetail(splat) else { throw Obstacle(reason: "its head is cut") }
    guard detail.context == "[HC1[1]:SC0[0]:HE0:SE1]", splat.held.isEmpty else {
      throw Obstacle(reason: "the interrupted task held locks or was in a soft interrupt")
    }
    self.detail = detail
    try Self.checkWaitTypes(splat)
    packageNote = try Self.packageNote(detail)
    let taken = detail.taken.filter { !$0.isGuess }
    try Self.checkEvents(detail)
    guard !(taken + detail.interrupted + detail.registered).contains(where: { $0.hasSuffix }) else {
      throw Obstacle(reason: "its stacks run through a module")
    }

    var missing: Set<String> = []
    var shown: Set<String> = []
    for (frames, path) in [(detail.registered, Path.registered), (taken, Path.taken)] {
      let names = frames.map { $0.function }
      missing.formUnion(try Path.left(out: names, of: path))
      shown.formUnion(names)
    }
    guard missing.isDisjoint(with: shown) else {
      throw Obstacle(reason: "a function has a frame in one stack only")
    }
    frameless = missing.sorted()
    addsPlainly = detail.registered.contains { $0.function == "_raw_spin_lock" }
    savesInterrupts = taken.contains { $0.function == "_raw_spin_lock_irqsave" }

    (functions, strayFrames) = try Self.interrupted(detail)
    var sites = Sites()
    try sites.add(detail.registered, calling: "__lock_acquire")
    try sites.add(taken, calling: "show_stack")
    try sites.add(detail.interrupted.filter { !$0.isGuess }, calling: functions.last ?? "")
    callSites = sites.sorted
  }

  /// A spinlock has wait type 2 (LD_WAIT_SPIN) unless raw nesting is proved; where it is, lockdep
  /// reports an invalid wait context before it looks at the state (`check_wait_context`).
  private static func checkWaitTypes(_ splat: LockSplat) throws(Obstacle) {
    switch splat.wanted?.waitTypes {
    case "2:2": return
    case "": throw Obstacle(reason: "its lock has no wait types: the kernel is older than 5.7")
    default: throw Obstacle(reason: "its wait types do not go with this lock in an interrupt")
    }
  }

  /// What stands behind the version in the `CPU:` line (`dump_stack_set_arch_desc` and packagers).
  private static func packageNote(_ detail: SplatDetail) throws(Obstacle) -> String {
    let words =
      "CPU: 0 PID: \(detail.pid) Comm: \(detail.taskName) \(detail.taint) \(detail.release) "
      + detail.version
    guard detail.processor.hasPrefix(words) else {
      throw Obstacle(reason: "its CPU line is not that of CPU 0 in the shape of 3.0 to 6.11")
    }
    return String(detail.processor.dropFirst(words.count))
  }

  /// The interrupt's own switch is the last event, one behind that which let interrupts in.
  private static func checkEvents(_ detail: SplatDetail) throws(Obstacle) {
    guard let on = detail.hardEnabled, let off = detail.hardDisabled, detail.softEnabled != nil,
      detail.softDisabled != nil, off.number == on.number &+ 1
    else { throw Obstacle(reason: "its interrupt events are cut or do not follow one another") }
  }

  private static func interrupted(_ detail: SplatDetail) throws(Obstacle) -> (
    functions: [String], strays: [(after: String, symbols: [String])]
  ) {
    guard let registers = detail.registers, !registers.instruction.isEmpty else {
      throw Obstacle(reason: "its trace shows no registers")
    }
    let outer = detail.interrupted.filter { !$0.isGuess }.map { $0.function }
    var functions: [String] = []
    if detail.hasInterruptStack {
      let inner = registers.instruction.prefix { $0 != "+" && $0 != "." }
      functions = outer.reversed() + [String(inner)]
    } else if !outer.isEmpty {
      throw Obstacle(reason: "it interrupted the kernel without a stack of its own")
    }
    // A guess is put behind the frame of a function by name.
    var strays: [(after: String, symbols: [String])] = []
    let all = detail.taken + detail.interrupted
    var after: String? = detail.taken.first?.isGuess == true ? nil : "registers"
    for (index, frame) in all.enumerated() {
      if index == detail.taken.count { after = "registers" }
      guard frame.isGuess else {
        after = frame.function
        continue
      }
      guard let after, all.count(where: { !$0.isGuess && $0.function == after }) <= 1 else {
        throw Obstacle(reason: "an uncertain frame does not follow one function's only frame")
      }
      if strays.last?.after == after {
        strays[strays.count - 1].symbols.append(frame.symbol)
      } else {
        strays.append((after, [frame.symbol]))
      }
    }
    return (functions, strays)
  }

  /// Return addresses by caller and callee, in the order of the stacks.
  private struct Sites {
    private var callers: [String] = []
    private var places: [String: [(callee: String, place: String)]] = [:]

    var sorted: [(caller: String, sites: [(callee: String, place: String)])] {
      callers.map { ($0, places[$0] ?? []) }
    }

    /// Frame k is the return address in its function behind the call of frame k-1.
    mutating func add(_ frames: [SplatDetail.Frame], calling inner: String) throws(Obstacle) {
      var callee = inner
      for frame in frames {
        let caller = frame.function
        let known = places[caller]?.first { $0.callee == callee }
        if let known, known.place != frame.symbol {
          throw Obstacle(reason: "\(caller) calls \(callee) from two places")
        }
        if known == nil {
          if places[caller] == nil { callers.append(caller) }
          places[caller, default: []].append((callee, frame.symbol))
        }
        callee = caller
      }
    }
  }
}

/// The paths on which the kernel takes the lock, innermost function first, with those functions that
/// builds usually inline or leave by a jump.
private enum Path {
  static let lock = ["_raw_spin_lock", "_raw_spin_lock_irqsave"]

  /// driver_init's first device: memory_dev_init adds the memory blocks.
  static let registered =
    ["lock_acquire"] + lock + [
      "klist_add_tail", "bus_add_device", "device_add", "device_register", "add_memory_block",
      "memory_dev_init", "driver_init", "do_basic_setup", "kernel_init_freeable", "kernel_init",
      "ret_from_fork",
    ]

  /// From the interrupt to dump_stack.
  static let taken =
    [
      "dump_stack_lvl", "dump_stack", "print_usage_bug", "valid_state", "mark_lock_irq",
      "mark_lock", "mark_usage", "__lock_acquire", "lock_acquire",
    ] + lock + [
      "klist_next", "next_device", "bus_find_device", "pci_get_dev_by_id", "pci_get_subsys",
      "pci_get_device", "pci_get_domain_bus_and_slot", "pgtable_walk", "dmar_fault_dump_ptes",
      "dmar_fault_do_one", "dmar_fault", "__handle_irq_event_percpu", "handle_irq_event_percpu",
      "handle_irq_event", "handle_edge_irq", "generic_handle_irq_desc", "handle_irq",
      "__common_interrupt", "common_interrupt", "asm_common_interrupt",
    ]

  /// Without these a stack is not of its path: the ends, and what makes the report.
  static let telling: Set<String> = [
    "lock_acquire", "klist_add_tail", "memory_dev_init", "ret_from_fork", "klist_next",
    "pci_get_domain_bus_and_slot", "dmar_fault", "asm_common_interrupt",
  ]

  /// The functions of a path that a stack does not show.
  static func left(out names: [String], of path: [String]) throws(SplatImage.Obstacle) -> [String] {
    if let strange = names.first(where: { !path.contains($0) }) {
      throw SplatImage.Obstacle(reason: "\(strange) is not on the known path to its lock")
    }
    var left: [String] = []
    var rest = names[...]
    for function in path {
      if rest.first == function {
        rest.removeFirst()
      } else if telling.contains(function) {
        throw SplatImage.Obstacle(reason: "\(function) is not in its stack where it is expected")
      } else if !lock.contains(function) {
        left.append(function)
      }
    }
    if let misplaced = rest.first {
      throw SplatImage.Obstacle(reason: "\(misplaced) is not in its stack where it is expected")
    }
    guard names.contains(where: { lock.contains($0) }) else {
      throw SplatImage.Obstacle(reason: "its stack shows no lock function")
    }
    return left
  }
}
