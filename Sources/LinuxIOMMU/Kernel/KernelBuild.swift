public import KernelLog

/// The facts of one compiled kernel that its messages show and that no model could derive: what it
/// calls itself, where the compiler put each call, and which functions left no frame.
public struct KernelBuild: Hashable, Sendable {
  /// `uname -r`.
  public var release: String
  /// The first word of `uname -v`, such as `#1`.
  public var version: String
  /// `Not tainted`, or `Tainted: ` and the flags.
  public var taint: String
  /// What a distribution prints behind the version in a backtrace's first line (Debian: a blank
  /// and its package's name).
  public var packageNote: String
  /// The text behind `Hardware name: `; nil where firmware gave none.
  public var hardwareName: String?
  /// Where functions call each other.
  public var callSites: CallSites
  public var configuration: KernelConfiguration
  public var behaviour: KernelBehaviour

  public init(
    release: String, version: String = "#1", taint: String = "Not tainted",
    packageNote: String = "", hardwareName: String? = nil, callSites: CallSites = CallSites(),
    configuration: KernelConfiguration = KernelConfiguration(),
    behaviour: KernelBehaviour = KernelBehaviour()
  ) {
    self.release = release
    self.version = version
    self.taint = taint
    self.packageNote = packageNote
    self.hardwareName = hardwareName
    self.callSites = callSites
    self.configuration = configuration
    self.behaviour = behaviour
  }

  /// The line that names the kernel in every report (`print_kernel_ident`).
  public var ident: String { "\(release) \(version) \(taint)" }
}

/// The build options that decide what a fault prints.
public struct KernelConfiguration: Hashable, Sendable {
  /// CONFIG_PROVE_LOCKING: the lock validator checks.
  public var provesLocking = true
  /// CONFIG_PROVE_RAW_LOCK_NESTING: spinlocks may not be taken where only raw ones may.
  public var provesRawLockNesting = false
  /// CONFIG_INTEL_IOMMU_DEBUGFS, which selects CONFIG_DMAR_DEBUG: the handler dumps tables.
  public var dumpsTables = true
  /// `intel_iommu=sm_on`, or its default: units that can are used in scalable mode.
  public var usesScalableMode = false
  /// CONFIG_IRQ_REMAP, and no `intremap=off`.
  public var remapsInterrupts = false

  public init() {}
}

/// Where this source and its relatives behave differently from release to release. A profile of
/// one kernel is a value of this; a distribution's backport is one field of it changed.
public struct KernelBehaviour: Hashable, Sendable {
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

  /// How a klist operation takes `k_lock`.
  public enum LockMode: String, CaseIterable, Hashable, Sendable {
    case plain
    case irqsave
  }

  /// The shape of fault lines.
  public var faultLines = FaultLineGeneration.f7
  public var tableWalk = TableWalk.entry
  /// `klist_add_head`, `klist_add_tail`, `klist_add_behind`, `klist_add_before`.
  public var klistAdd = LockMode.plain
  /// `klist_next`, `klist_prev`: irqsave since 624fa7790f80 (2018).
  public var klistNext = LockMode.irqsave
  /// `klist_put`, hence `klist_del`, `klist_remove` and `klist_iter_exit`.
  public var klistPut = LockMode.plain

  public init() {}

  /// The words of the dump changed with the fix that checks entries.
  var dumpWording: DumpWording { tableWalk == .checkedEntry ? .revised : .original }
}
