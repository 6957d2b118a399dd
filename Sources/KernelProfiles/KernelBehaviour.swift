public import KernelLog
public import Lockdep

/// Where the driver, and what it shares with the rest of the kernel, behave differently from release
/// to release. A profile of one kernel is a value of this; a distribution's backport is one field of
/// it changed.
///
/// Every field is an enumeration with names, so that files, tables and documents all show the same
/// words: see ``KernelSetting``. A new value of this is what the newest release does.
public struct KernelBehaviour: Hashable, Sendable {
  // MARK: Faults

  /// The shape of fault and status lines.
  public var faultLines = KernelValues.faultLinesTimeline.newest
  /// The texts behind fault reasons.
  public var faultReasons = KernelValues.faultReasonsTimeline.newest
  /// What the rate limiter is asked about.
  public var rateLimit = KernelValues.rateLimitTimeline.newest
  /// What the handler writes to FSTS when it is done.
  public var statusClear = KernelValues.statusClearTimeline.newest
  /// How the dump's page walk finds its table.
  public var tableWalk = KernelValues.tableWalkTimeline.newest

  // MARK: The invalidation queue and page requests

  /// What is printed where the queue stops.
  public var queueErrors = KernelValues.queueErrorsTimeline.newest
  /// Whether an invalidation that timed out is tried again.
  public var timeOutRetry = KernelValues.timeOutRetryTimeline.newest
  /// Which of the pending waits a time-out aborts.
  public var timeOutAbort = KernelValues.timeOutAbortTimeline.newest
  /// How page requests that cannot be served are told.
  public var pageRequestLines = KernelValues.pageRequestLinesTimeline.newest

  // MARK: Boot

  /// The shape of boot lines.
  public var bootLines = KernelValues.bootLinesTimeline.newest
  /// Whether the units' features are compared, and the absence of SATC structures is told.
  public var capabilityAudit = KernelValues.capabilityAuditTimeline.newest
  /// Whether reserved regions are checked against the memory map.
  public var reservedRegionCheck = KernelValues.reservedRegionCheckTimeline.newest
  /// Whether firmware's wish against DMA remapping counts.
  public var remappingOptOut = KernelValues.remappingOptOutTimeline.newest
  /// What a crash kernel does about translation that is on already.
  public var takeOver = KernelValues.takeOverTimeline.newest
  /// What becomes of translation when another kernel is started in the ordinary way.
  public var shutdown = KernelValues.shutdownTimeline.newest
  /// How it is told that interrupt remapping was on, outside a crash kernel.
  public var remappingFound = KernelValues.remappingFoundTimeline.newest
  /// What is said about words of `intel_iommu=` that all drivers have by now.
  public var optionWords = KernelValues.optionWordsTimeline.newest
  /// Where a line that is about one device has its name.
  public var deviceLines = KernelValues.deviceLinesTimeline.newest
  /// Whether firmware's wish for remapping counts, where something may be plugged in from outside.
  public var platformOptIn = KernelValues.platformOptInTimeline.newest
  /// Which graphics devices are known not to work behind a unit.
  public var graphicsQuirks = KernelValues.graphicsQuirksTimeline.newest
  /// Whether translation stays on for graphics that would hang without.
  public var graphicsTranslation = KernelValues.graphicsTranslationTimeline.newest
  /// Scalable mode without a word on the command line.
  public var scalableMode = KernelValues.scalableModeTimeline.newest

  /// Where an oops begins with `Oops: `.
  public var oopsPrefix = KernelValues.oopsPrefixTimeline.newest
  /// How a panic repeats its reason at the end.
  public var panicEnd = KernelValues.panicEndTimeline.newest

  // MARK: What the kernel shows and sets up

  /// Whether `iommu_regset` has the registers of virtual commands.
  public var virtualCommandRegisters = KernelValues.virtualCommandTimeline.newest
  /// Whether `iommu_regset` has the registers of commands that nobody gives any more.
  public var registerRows = KernelValues.registerRowsTimeline.newest
  /// Whether debugfs has the latencies of invalidations.
  public var latencyFile = KernelValues.latencyFileTimeline.newest
  /// How interrupts name the CPU that they go to.
  public var interruptDestination = KernelValues.interruptDestinationTimeline.newest

  // MARK: Locks

  /// `iommu->register_lock` and the queue's lock.
  public var registerLock = KernelValues.registerLockTimeline.newest
  /// `klist_add_head`, `klist_add_tail`, `klist_add_behind`, `klist_add_before`.
  public var klistAdd = KernelValues.klistAddTimeline.newest
  /// `klist_next`, `klist_prev`.
  public var klistNext = KernelValues.klistNextTimeline.newest
  /// `klist_put`, and with it `klist_del`, `klist_remove` and `klist_iter_exit`.
  public var klistPut = KernelValues.klistPutTimeline.newest

  /// How the driver core comes from a bus to its devices.
  public var busSubsystem = KernelValues.busSubsystemTimeline.newest
  /// Whether the validator's check of raw spinlocks is the build's choice.
  public var rawLockNesting = KernelValues.rawLockNestingTimeline.newest

  /// What `spin_lock_init` calls a lock's class.
  public var spinlockNames = KernelValues.spinlockNamesTimeline.newest

  // MARK: What is printed about locks and stacks

  /// The text of the lock validator's reports.
  public var splat = ReportStyle()
  /// What `dump_stack` prints.
  public var backtrace = KernelValues.backtraceTimeline.newest
  /// What printing takes where there is a serial console.
  public var printkLocks = KernelValues.printkLocksTimeline.newest

  /// The sleeping locks of the IOMMU core and the driver.
  public var coreLocks = CoreLockBehaviour()
  /// How the driver keeps domains.
  public var driver = DriverBehaviour()

  /// What the newest release does.
  public init() {
    // The words of lock reports are another room's, which knows no releases.
    for setting in KernelSetting.reports { setting.takeNewest(to: &self) }
  }

  /// The words of the dump changed with the fix that checks entries.
  package var dumpWording: DumpWording { checksEntries ? .revised : .original }

  /// The dump checks entries before it follows them.
  package var checksEntries: Bool { tableWalk == .checkedEntry || tableWalk == .lookUpFirst }

  /// The shapes of all the driver's lines.
  public var lines: LineGenerations {
    LineGenerations(
      faults: faultLines, reasons: faultReasons, dump: dumpWording, boot: bootLines,
      namesQueueWords: queueErrors != .lowHigh, namesDeviceFirst: deviceLines == .prefixed,
      repeatsOops: oopsPrefix == .everywhere,
      panic: LineGenerations.PanicShape(
        breaksLine: panicEnd != .oneLine, isClosed: panicEnd != .open))
  }
}
