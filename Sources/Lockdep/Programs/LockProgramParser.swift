extension LockProgram {
  /// Reads a program: operations separated by blanks.
  ///
  /// Locks (`L(A)` takes, `U(A)` lets go):
  ///
  /// | words | lock |
  /// |---|---|
  /// | `L` `U` `SI` `LT` | spinlock; `SI` initialises, `…T` is a trylock |
  /// | `RAWL` `RAWU` `RAWT` | raw spinlock |
  /// | `WL` `WU` `RL` `RU` `RRL` `WT` `RWI` | rwlock; `RRL` reads recursively in any case |
  /// | `ML` `MU` `MT` `MI` | mutex |
  /// | `WSL` `WSU` `RSL` `RSU` `WST` `RWSI` | rwsem |
  /// | `RTL` `RTU` `RTI`, `LLL` `LLU` | rt_mutex, local_lock |
  /// | `SEQL` `SEQR` `SEQU`, `MAP_ACQUIRE` `MAP_ACQUIRE_READ` `MAP_TRY` `MAP_RELEASE` | seqcount, any map |
  /// | `RCU_LOCK` `RCU_UNLOCK`, also `RCU_BH_…` `RCU_SCHED_…`, `SRCU_LOCK(a)` | RCU |
  /// | `FSR_ACQUIRE` `FSR_RELEASE` `MIGHT_ALLOC(KERNEL)` `NOFS_SAVE` `NOFS_RESTORE` | fs_reclaim |
  /// | `L_NEST(A,nest=B)` | any taking word with `_NEST`: under a nest lock |
  /// | `MIGHT_LOCK(A)` `SYNC(A)` `DOWNGRADE(A)` `PIN(A)` `UNPIN(A)` `KFREE(A)` | |
  /// | `WWAI` `WWAD` `WWAF` `WWL` `WWL1` `WWL_SLOW` `WWT` `WWU` `MLBASE` … `SET[…]` | ww_mutex |
  ///
  /// Contexts: `HARDIRQ_DISABLE` `_ENABLE` `_ENTER` `_ENTER_NOTTHREADED` `_EXIT`, `SOFTIRQ_DISABLE`
  /// `_ENABLE` `_ENTER` `_EXIT`, `NMI_ENTER` `NMI_EXIT`, `EXIT` (the task ends), `USER` (it returns
  /// to user space).
  ///
  /// Objects: a capital letter is a lock of its own class; with digits (`X1`, `X2`) it is one of
  /// several of class `X`. Other names (`&k->k_lock`) stand for themselves, with `:n` for further
  /// locks of the class, and `/n` after an object is a subclass.
  ///
  /// Several contexts: `@name` or `@name/cpu` says who runs what follows: `@irq`, `@hardirq` and
  /// `@softirq` (also `@irq:name`) a handler on top of what runs on that processor, with its entry
  /// and exit implied; any other name a task. `@hardirq` is a handler that stays one on PREEMPT_RT
  /// (IRQF_NO_THREAD), where `@irq` becomes a thread. Without all this the whole program runs in
  /// one task on processor 0.
  public init(parsing text: some StringProtocol) throws(LockProgramError) {
    var parser = LockProgramParser(text: Array(String(text).utf8))
    self = try parser.parse()
  }
}

struct LockProgramParser {
  let text: [UInt8]
  private var threads: [LockThread] = []
  private var current: Int?
  private var steps: [LockStep] = []

  init(text: [UInt8]) {
    self.text = text
  }

  mutating func parse() throws(LockProgramError) -> LockProgram {
    var index = 0
    while index < text.count {
      if Self.isBlank(text[index]) {
        index += 1
        continue
      }
      var end = index
      while end < text.count, !Self.isBlank(text[end]) { end += 1 }
      let word = LockWord(bytes: Array(text[index..<end]), column: index + 1)
      if text[index] == UInt8(ascii: "@") {
        try select(word)
      } else {
        let (operation, result) = try word.operation()
        steps.append(
          LockStep(
            thread: thread(), operation: operation, result: result, text: word.text,
            column: word.column))
      }
      index = end
    }
    return LockProgram(threads: threads, steps: steps)
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  /// The index of the context that runs now; the kernel's selftests run in its first task.
  private mutating func thread() -> Int {
    if let current { return current }
    threads.append(LockThread(name: "swapper/0"))
    current = threads.count - 1
    return threads.count - 1
  }

  /// `@name`, `@name/cpu`, `@irq:name/cpu`.
  private mutating func select(_ word: LockWord) throws(LockProgramError) {
    let parts = word.text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    guard let name = parts.first, !name.isEmpty, parts.count <= 2 else {
      throw LockProgramError(
        column: word.column, problem: "`\(word.text)` names no context",
        expected: "`@name` or `@name/cpu`")
    }
    let prefix = name.split(separator: ":", maxSplits: 1).first.map(String.init) ?? ""
    let kind: LockThread.Kind =
      switch prefix {
      case "irq": .hardirq(isThreaded: true)
      case "hardirq": .hardirq(isThreaded: false)
      case "softirq": .softirq
      default: .task
      }
    if let known = threads.firstIndex(where: { $0.name == name && $0.kind == kind }) {
      if parts.count == 2, Int(parts[1]) != threads[known].cpu {
        throw LockProgramError(
          column: word.column + name.utf8.count + 2,
          problem: "`\(name)` is on processor \(threads[known].cpu) already",
          expected: "the same processor, or another name")
      }
      current = known
      return
    }
    var cpu = 0
    if parts.count == 2 {
      guard let number = Int(parts[1]), (0..<64).contains(number) else {
        throw LockProgramError(
          column: word.column + name.utf8.count + 2,
          problem: "`\(parts[1])` is not a processor", expected: "a number from 0 to 63")
      }
      cpu = number
    }
    guard threads.count < 64 else {
      throw LockProgramError(
        column: word.column, problem: "one context too many", expected: "at most 64")
    }
    threads.append(LockThread(name: String(name), kind: kind, cpu: cpu))
    current = threads.count - 1
  }
}
