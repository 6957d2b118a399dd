// What the rest of the kernel does that shows beside the driver: its end, its interrupts, its locks.

extension KernelChange {
  /// The half of the report's bug that came first.
  static let klistNextSaves = KernelChange(
    "4.19", commit: "624fa7790f80", "klist_next saves and disables interrupts")
}

extension KernelValues {
  /// The first line of an oops by another exception than a page fault.
  public enum OopsPrefix: String, CaseIterable, Hashable, Sendable {
    /// `general protection fault, …`; a page fault's line has the word in any case.
    case pageFaults = "page-faults"
    /// Every oops begins with `Oops:`.
    case everywhere
  }

  static let oopsPrefixTimeline = Timeline<OopsPrefix>(
    "oops_prefix", "which oopses begin with Oops:", oldest: .pageFaults,
    [.since("6.10", commit: "f9f62a877da1", "every oops begins with Oops:", .everywhere)])

  /// `---[ end Kernel panic - not syncing: …`.
  public enum PanicEnd: String, CaseIterable, Hashable, Sendable {
    /// Nothing closes it.
    case open
    /// `]---` closes it, on the next line where the reason ends with a line's end.
    case closed
    /// The reason's own line end is taken away first.
    case oneLine = "one-line"
  }

  static let panicEndTimeline = Timeline<PanicEnd>(
    "panic_end", "how a panic repeats its reason at the end", oldest: .open,
    [
      .about("4.18", "a panic ends with ]---", .closed),
      .about("4.20", commit: "b49dec1cf8ff", "a panic's reason is one line", .oneLine),
    ])

  /// VCCAP, VCMD and VCRSP in `iommu_regset`.
  public enum VirtualCommandRegisters: String, CaseIterable, Hashable, Sendable {
    /// The file has them.
    case shown
    /// The file lacks them.
    case hidden
  }

  static let virtualCommandTimeline = Timeline<VirtualCommandRegisters>(
    "virtual_command", "whether iommu_regset has VCCAP, VCMD and VCRSP", oldest: .shown,
    [
      .since(
        "6.4", commit: "760f41d182ec",
        "there are no virtual commands any more, and none in iommu_regset", .hidden)
    ])

  /// CCMD and AFLOG in `iommu_regset`.
  public enum RegisterRows: String, CaseIterable, Hashable, Sendable {
    /// The file has both.
    case all
    /// The file has neither.
    case withoutCommands = "without-commands"
  }

  static let registerRowsTimeline = Timeline<RegisterRows>(
    "register_rows", "whether iommu_regset has CCMD and AFLOG", oldest: .all,
    [
      // That of CCMD; the one in front of it, 7d4e40410283, is that of AFLOG.
      .since(
        "6.18", commit: "5bd5ab53e7b8", "iommu_regset has no CCMD and no AFLOG", .withoutCommands)
    ])

  /// `dmar_perf_latency`.
  public enum LatencyFile: String, CaseIterable, Hashable, Sendable {
    /// There is no such file.
    case absent
    /// The file is there.
    case shown
  }

  static let latencyFileTimeline = Timeline<LatencyFile>(
    "latency_file", "whether debugfs has dmar_perf_latency", oldest: .absent,
    [.about("5.14", "debugfs shows how long invalidations take, once asked to measure", .shown)])

  /// The destination mode of the x86-64 interrupt drivers for few CPUs (`apic_flat`).
  public enum InterruptDestination: String, CaseIterable, Hashable, Sendable {
    /// A bit for each CPU.
    case logical
    /// The local APIC's id.
    case physical
  }

  static let interruptDestinationTimeline = Timeline<InterruptDestination>(
    "interrupt_destination", "how interrupt entries name a CPU while there are few",
    oldest: .logical,
    [
      .since(
        "6.12", stable: ["6.11.3"], "64-bit kernels address CPUs by their APIC ids", .physical)
    ])

  /// The kind of `register_lock`.
  public enum RegisterLock: String, CaseIterable, Hashable, Sendable {
    /// A spinlock, which PREEMPT_RT makes a sleeping lock.
    case spinlock
    /// A raw spinlock, which spins under PREEMPT_RT too.
    case raw
  }

  static let registerLockTimeline = Timeline<RegisterLock>(
    "register_lock", "the kind of register_lock and of the queue's lock", oldest: .spinlock,
    [
      .since(
        "3.2", commit: "1f5b3c3fd2d7", "register_lock and the queue's lock are raw spinlocks", .raw)
    ])

  static let klistAddTimeline = Timeline<SpinLockMode>(
    "klist_add", "how klist_add_* takes the klist's lock", oldest: .plain)

  static let klistNextTimeline = Timeline<SpinLockMode>(
    "klist_next", "how klist_next and klist_prev take the klist's lock", oldest: .plain,
    [.by(.klistNextSaves, .irqsave)])

  static let klistPutTimeline = Timeline<SpinLockMode>(
    "klist_put", "how klist_put, and with it klist_del, takes the klist's lock", oldest: .plain)

  /// How the driver core comes from a bus to its devices.
  public enum BusSubsystem: String, CaseIterable, Hashable, Sendable {
    /// By a pointer in the bus.
    case pointer
    /// By `bus_to_subsys`, which goes through the list of buses under its lock.
    case list
  }

  static let busSubsystemTimeline = Timeline<BusSubsystem>(
    "bus_subsystem", "how the driver core comes from a bus to its devices", oldest: .pointer,
    [
      .about(
        "6.3", "a bus's devices are found through the list of buses, under its lock", .list)
    ])

  /// PROVE_RAW_LOCK_NESTING on x86-64.
  public enum RawLockNesting: String, CaseIterable, Hashable, Sendable {
    /// The build chooses.
    case choice
    /// A kernel that proves locking proves that too.
    case forced
  }

  static let rawLockNestingTimeline = Timeline<RawLockNesting>(
    "raw_lock_nesting", "whether spinlocks under raw ones are reported without being asked for",
    oldest: .choice,
    [
      .since(
        "6.13", commit: "560af5dc839e",
        "spinlocks under raw ones are reported wherever locking is proved", .forced)
    ])

  /// `spin_lock_init(&x->lock)` hands its argument's text to the validator.
  public enum SpinlockNames: String, CaseIterable, Hashable, Sendable {
    /// `&x->lock`.
    case lock
    /// `&(&x->lock)->rlock`: the raw spinlock inside is what is initialised.
    case rlock
  }

  static let spinlockNamesTimeline = Timeline<SpinlockNames>(
    "spinlock_names", "what spin_lock_init calls the class of a lock", oldest: .lock,
    [
      .since(
        "2.6.33", "spinlock_t has a raw spinlock inside, whose name reports show", .rlock),
      .by(.waitTypes, .lock),
    ])
}
