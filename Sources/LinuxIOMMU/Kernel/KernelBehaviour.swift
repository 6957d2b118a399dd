public import KernelLog
public import Lockdep

/// Where the driver, and what it shares with the rest of the kernel, behave differently from release
/// to release. A profile of one kernel is a value of this; a distribution's backport is one field of
/// it changed.
///
/// Every field is an enumeration with names, so that files, tables and documents all show the same
/// words: see ``KernelSetting``.
public struct KernelBehaviour: Hashable, Sendable {
  // MARK: Faults

  /// The shape of fault and status lines.
  public var faultLines = FaultLineGeneration.f7
  /// The texts behind fault reasons.
  public var faultReasons = FaultReasonTable.scalable
  /// What the rate limiter is asked about.
  public var rateLimit = RateLimit.round
  /// What the handler writes to FSTS when it is done.
  public var statusClear = StatusClear.primaryFaults
  public var tableWalk = TableWalk.entry

  // MARK: The invalidation queue and page requests

  /// What is printed where the queue stops.
  public var queueErrors = QueueErrorReport.dump
  /// Whether an invalidation that timed out is tried again.
  public var timeOutRetry = TimeOutRetry.presentDevices
  /// Which of the pending waits a time-out aborts.
  public var timeOutAbort = TimeOutAbort.oddWaits
  /// How page requests that cannot be served are told.
  public var pageRequestLines = PageRequestLines.short

  // MARK: Boot

  /// The shape of boot lines.
  public var bootLines = BootLineGeneration.current
  /// Whether the units' features are compared, and the absence of SATC structures is told.
  public var capabilityAudit = Switch.on
  /// Whether reserved regions are held against the memory map.
  public var reservedRegionCheck = ReservedRegionCheck.map
  /// What a crash kernel does about translation that is on already.
  public var takeOver = TakeOver.separateHalves
  /// What becomes of translation when another kernel is started in the ordinary way.
  public var shutdown = Shutdown.turnsOff
  /// How it is told that interrupt remapping was on, outside a crash kernel.
  public var remappingFound = RemappingFound.eachUnit
  /// What is said about words of `intel_iommu=` that all drivers have by now.
  public var optionWords = OptionWords.deprecated
  /// Where a line that is about one device has its name.
  public var deviceLines = DeviceLines.prefixed
  /// Whether firmware's wish for remapping counts, where something may be plugged in from outside.
  public var platformOptIn = PlatformOptIn.forces
  /// Which graphics devices are known not to work behind a unit.
  public var graphicsQuirks = GraphicsQuirks.q35
  /// Whether translation stays on for graphics that would hang without.
  public var graphicsTranslation = GraphicsTranslation.kept
  /// Scalable mode without a word on the command line.
  public var scalableMode = ScalableModeDefault.on

  /// Where an oops begins with `Oops: `.
  public var oopsPrefix = OopsPrefix.everywhere
  /// How a panic repeats its reason at the end.
  public var panicEnd = PanicEnd.oneLine

  // MARK: What the kernel shows and sets up

  /// Whether `iommu_regset` has the registers of virtual commands.
  public var virtualCommandRegisters = VirtualCommandRegisters.hidden
  /// How interrupts name the CPU that they go to.
  public var interruptDestination = InterruptDestination.physical

  // MARK: Locks

  /// `iommu->register_lock` and the queue's lock.
  public var registerLock = RegisterLock.raw
  /// `klist_add_head`, `klist_add_tail`, `klist_add_behind`, `klist_add_before`.
  public var klistAdd = LockMode.plain
  /// `klist_next`, `klist_prev`.
  public var klistNext = LockMode.irqsave
  /// `klist_put`, hence `klist_del`, `klist_remove` and `klist_iter_exit`.
  public var klistPut = LockMode.plain

  /// What `spin_lock_init` calls a lock's class.
  public var spinlockNames = SpinlockNames.lock

  // MARK: What is printed about locks and stacks

  /// The text of the lock validator's reports.
  public var splat = ReportStyle()
  /// What `dump_stack` prints.
  public var backtrace = BacktraceGeneration.preemption
  /// What printing takes where there is a serial console.
  public var printkLocks = PrintkLocks.override

  /// The sleeping locks of the IOMMU core and the driver.
  public var coreLocks = CoreLockBehaviour()
  /// How the driver keeps domains.
  public var driver = DriverBehaviour()

  public init() {}

  /// The words of the dump changed with the fix that checks entries.
  var dumpWording: DumpWording { tableWalk == .checkedEntry ? .revised : .original }

  /// The shapes of all the driver's lines.
  public var lines: LineGenerations {
    LineGenerations(
      faults: faultLines, reasons: faultReasons, dump: dumpWording,
      queue: QueueErrorLine.Shape(
        prefix: faultLines.prefix, namesWords: queueErrors != .lowHigh),
      boot: bootLines)
  }
}

extension KernelBehaviour {
  public enum Switch: String, CaseIterable, Hashable, Sendable {
    case off
    case on
  }

  /// What one question to the rate limiter of `dmar_fault` covers.
  public enum RateLimit: String, CaseIterable, Hashable, Sendable {
    /// There is no limiter: every record is printed.
    case none
    /// An interrupt: its status line and all its records, or nothing of it.
    case interrupt
    /// The status line, then each round of the record loop, the last one included.
    case round
  }

  /// What `dmar_fault` writes to FSTS at its end.
  public enum StatusClear: String, CaseIterable, Hashable, Sendable {
    /// All that it reads there, queue errors included, on every way out.
    case everything
    /// The primary faults' bits, and only where a fault was pending.
    case primaryFaults = "primary-faults"
  }

  /// How the dump's page walk finds its table, and how it words what it meets.
  public enum TableWalk: String, CaseIterable, Hashable, Sendable {
    /// Before 5.16: there is no dump.
    case none
    /// 5.16 to 5.19: a search of the driver's own list of devices.
    case driverList = "driver-list"
    /// 6.0-rc1 with 8ac0b64b9735: `pci_get_domain_bus_and_slot`, hence the klist of the PCI bus.
    case busLookup = "bus-lookup"
    /// 6.0 with 6ad931a232232: from the context or PASID entry that was just dumped.
    case entry
    /// After the fix of November 2024: from the entry, which is checked before it is followed.
    case checkedEntry = "checked-entry"
  }

  /// What `qi_check_fault` prints.
  public enum QueueErrorReport: String, CaseIterable, Hashable, Sendable {
    /// The descriptor alone, as `low=… high=…`; time-outs pass without a word.
    case lowHigh = "low-high"
    /// The descriptor alone, as `qw0 = … qw1 = …`.
    case words
    /// What IQERCD says, the descriptors at the head and before it, and what was cleared.
    case dump
  }

  /// What becomes of a submission whose wait was aborted by a time-out.
  public enum TimeOutRetry: String, CaseIterable, Hashable, Sendable {
    /// It is made again, for ever if the device stays silent.
    case always
    /// It is given up where the unit names a device and that device is gone.
    case presentDevices = "present-devices"
  }

  /// Which descriptors' statuses a time-out sets to aborted.
  public enum TimeOutAbort: String, CaseIterable, Hashable, Sendable {
    /// Those at odd places, where waits stand as long as descriptors come one at a time.
    case oddWaits = "odd-waits"
    case all
  }

  /// The lines about page requests.
  public enum PageRequestLines: String, CaseIterable, Hashable, Sendable {
    /// There are no page requests.
    case none
    /// `%s: Page request without PASID: %08llx %08llx`.
    case long
    /// `IOMMU: %s: Page request without PASID`, then `%s: Invalid page request: …`.
    case short
    /// As `short`, but requests without PASID are served.
    case pasidOptional = "pasid-optional"
  }

  /// What is said about a reserved region outside reserved memory.
  public enum ReservedRegionCheck: String, CaseIterable, Hashable, Sendable {
    /// Nothing.
    case none
    /// `No firmware reserved region can cover this RMRR`, `bad RMRR` and the BIOS's name.
    case map
  }

  /// How far a crash kernel takes over the tables of the kernel that crashed.
  public enum TakeOver: String, CaseIterable, Hashable, Sendable {
    /// Not at all: a new root table, and every DMA under way faults.
    case none
    /// Legacy tables and interrupt entries are copied; scalable ones are not, and translation is
    /// switched off for a moment.
    case legacy
    /// Scalable context tables too, but the upper half of a bus that has no lower half is put where
    /// the lower half belongs.
    case misplacedHalf = "misplaced-half"
    /// Each half to its place.
    case separateHalves = "separate-halves"
  }

  /// Translation before a kexec.
  public enum Shutdown: String, CaseIterable, Hashable, Sendable {
    case leavesOn = "leaves-on"
    case turnsOff = "turns-off"
  }

  /// `IRQ remapping was enabled on … but we are not in kdump mode`.
  public enum RemappingFound: String, CaseIterable, Hashable, Sendable {
    case eachUnit = "each-unit"
    case once
  }

  /// `intel_iommu=forcedac` and `intel_iommu=strict`.
  public enum OptionWords: String, CaseIterable, Hashable, Sendable {
    /// They are the driver's own.
    case own
    /// `iommu.forcedac` takes the place of the first.
    case forcedacDeprecated = "forcedac-deprecated"
    /// `iommu.strict` takes that of the second.
    case deprecated
  }

  public enum DeviceLines: String, CaseIterable, Hashable, Sendable {
    /// `Setting identity map for device 0000:00:1a.0 […]`
    case inLine = "in-line"
    /// `pci 0000:00:1a.0: DMAR: Setting identity map […]`
    case prefixed
  }

  public enum PlatformOptIn: String, CaseIterable, Hashable, Sendable {
    case ignored
    case forces
  }

  /// `Disabling IOMMU for graphics on this chipset`: each list has those before it.
  public enum GraphicsQuirks: String, Generation, Hashable, Sendable {
    case none
    case fourSeries = "4-series"
    case broadwell
    case ironlake
    case q35
  }

  /// A unit of graphics alone, when the others are switched off.
  public enum GraphicsTranslation: String, CaseIterable, Hashable, Sendable {
    case disabled
    case kept
  }

  /// Scalable mode as built, without `intel_iommu=sm_on` or `sm_off`.
  public enum ScalableModeDefault: String, CaseIterable, Hashable, Sendable {
    /// The driver does not know it.
    case absent
    case off
    case on
  }

  /// The first line of an oops by another exception than a page fault.
  public enum OopsPrefix: String, CaseIterable, Hashable, Sendable {
    /// `general protection fault, …`; a page fault's line has the word in any case.
    case pageFaults = "page-faults"
    case everywhere
  }

  /// `---[ end Kernel panic - not syncing: …`.
  public enum PanicEnd: String, CaseIterable, Hashable, Sendable {
    /// Nothing closes it.
    case open
    /// `]---` closes it, on the next line where the reason ends with a line's end.
    case closed
    /// The reason's own line end is taken away first.
    case oneLine = "one-line"
  }

  /// VCCAP, VCMD and VCRSP in `iommu_regset`.
  public enum VirtualCommandRegisters: String, CaseIterable, Hashable, Sendable {
    case shown
    case hidden
  }

  /// The destination mode of the x86-64 interrupt drivers for few CPUs (`apic_flat`).
  public enum InterruptDestination: String, CaseIterable, Hashable, Sendable {
    /// A bit for each CPU.
    case logical
    /// The local APIC's id.
    case physical
  }

  public enum RegisterLock: String, CaseIterable, Hashable, Sendable {
    case spinlock
    case raw
  }

  /// `spin_lock_init(&x->lock)` hands its argument's text to the validator.
  public enum SpinlockNames: String, CaseIterable, Hashable, Sendable {
    /// `&x->lock`.
    case lock
    /// `&(&x->lock)->rlock`: the raw spinlock inside is what is initialised.
    case rlock
  }

  /// The shape of a stack dump, each with what the ones before it have.
  public enum BacktraceGeneration: String, Generation, Hashable, Sendable {
    /// `Pid: 1, comm: swapper Not tainted`, frames with addresses, ` <IRQ> ` and ` <EOI> ` in front of
    /// the first frame of a stack.
    case pid
    /// `CPU: 0 PID: 1 Comm: swapper/0 Not tainted`, `Hardware name: …`. The words of the stack that
    /// these kernels printed below belong to one event, and are left out.
    case cpu
    /// Frames without addresses, ` <IRQ>` and ` </IRQ>` on lines of their own.
    case symbols
    /// The registers of what was interrupted, where the stack has them.
    case registers
    /// `dump_stack_lvl` on the stack.
    case level
    /// ` <TASK>` and ` </TASK>`.
    case task
    /// `UID: 0`, and taint flags spelled out on a line of their own.
    case uid
    /// The model of preemption behind the version.
    case preemption
  }

  /// How a klist operation takes `k_lock`.
  public enum LockMode: String, CaseIterable, Hashable, Sendable {
    case plain
    case irqsave
  }
}
