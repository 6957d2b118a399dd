/// What the kernel's build and command line decide about the validator.
public struct LockdepConfiguration: Hashable, Sendable {
  /// CONFIG_PROVE_RAW_LOCK_NESTING: a `spinlock_t` under a `raw_spinlock_t` is a bug.
  public var rawNesting: Bool
  /// CONFIG_PROVE_LOCKING and the `prove_locking` switch: false leaves only the held-lock checks.
  public var provesLocking: Bool
  /// Whether classes have wait types, which are checked (5.7 on).
  public var hasWaitTypes: Bool
  /// Count how often each class is taken, as kernels to 4.19 did.
  public var countsUses: Bool
  /// Beyond the kernel: go on after a report and collect each finding of a run once.
  public var goesOn: Bool
  /// How large the tables are.
  public var limits: Limits

  /// What the validator checks; without arguments what a kernel with PROVE_LOCKING does.
  public init(
    rawNesting: Bool = true, provesLocking: Bool = true, hasWaitTypes: Bool = true,
    countsUses: Bool = false, goesOn: Bool = false, limits: Limits = Limits()
  ) {
    self.rawNesting = rawNesting
    self.provesLocking = provesLocking
    self.hasWaitTypes = hasWaitTypes
    self.countsUses = countsUses
    self.goesOn = goesOn
    self.limits = limits
  }
}

/// The sizes of the kernel's tables (kernel/locking/lockdep_internals.h).
public struct Limits: Hashable, Sendable {
  /// MAX_LOCKDEP_KEYS.
  public var classes: Int
  /// MAX_LOCKDEP_ENTRIES: edge copies, two an edge.
  public var entries: Int
  /// MAX_LOCKDEP_CHAINS.
  public var chains: Int
  /// MAX_LOCKDEP_CHAIN_HLOCKS: locks in all chains together.
  public var chainLocks: Int
  /// MAX_STACK_TRACE_ENTRIES: words of stored traces.
  public var traceWords: Int

  /// Sizes of the tables; without arguments those of the kernel.
  public init(
    classes: Int = 8192, entries: Int = 32768, chains: Int = 65536, chainLocks: Int = 65536 * 5,
    traceWords: Int = 524_288
  ) {
    self.classes = max(classes, 0)
    self.entries = max(entries, 0)
    self.chains = max(chains, 0)
    self.chainLocks = max(chainLocks, 0)
    self.traceWords = max(traceWords, 0)
  }

  /// MAX_LOCK_DEPTH: locks that one task can hold.
  public static let depth = 48
  /// MAX_LOCKDEP_SUBCLASSES.
  public static let subclasses = 8
  /// MAX_CIRCULAR_QUEUE_SIZE: classes that a search can have waiting.
  static let searchQueue = 4096
}
