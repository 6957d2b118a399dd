public import KernelProfiles

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
  /// `page_offset_base`: where physical memory begins in the kernel's address space. By default as
  /// without KASLR, with four levels.
  public var directMap: UInt64 = 0xffff_8880_0000_0000
  /// What an oops names of the build behind its number: `SMP`, `PREEMPT SMP NOPTI`.
  public var oopsOptions = "SMP"
  /// Where functions call each other.
  public var callSites: CallSites
  /// How it was built.
  public var configuration: KernelConfiguration
  /// What it does: its release, as settings.
  public var behaviour: KernelBehaviour

  /// A build of a release.
  ///
  /// - Parameters:
  ///   - release: `uname -r`.
  ///   - version: the first word of `uname -v`.
  ///   - taint: `Not tainted`, or the flags.
  ///   - packageNote: what a distribution prints behind the version.
  ///   - hardwareName: what firmware calls the machine; nil where it says nothing.
  ///   - callSites: where functions call each other.
  ///   - configuration: how it was built.
  ///   - behaviour: what the release does, unless given; what the newest release does where the text
  ///     names none that has a profile.
  public init(
    release: String, version: String = "#1", taint: String = "Not tainted",
    packageNote: String = "", hardwareName: String? = nil, callSites: CallSites = CallSites(),
    configuration: KernelConfiguration = KernelConfiguration(),
    behaviour: KernelBehaviour? = nil
  ) {
    self.release = release
    self.version = version
    self.taint = taint
    self.packageNote = packageNote
    self.hardwareName = hardwareName
    self.callSites = callSites
    self.configuration = configuration
    self.behaviour = behaviour ?? KernelProfile.named(release)?.behaviour ?? KernelBehaviour()
  }

  /// Makes it a kernel of a release. What the build has of its own stays: its options, its version,
  /// where its calls are.
  public mutating func take(_ profile: KernelProfile) {
    release = profile.release
    behaviour = profile.behaviour
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
  /// CONFIG_PREEMPT_NONE, _VOLUNTARY, _LAZY or full CONFIG_PREEMPT, which stack dumps name.
  public var preemption = PreemptionModel.voluntary
  /// CONFIG_INTEL_IOMMU_DEBUGFS, which selects CONFIG_DMAR_DEBUG: the handler dumps tables.
  public var dumpsTables = true
  /// `intel_iommu=sm_on`, or its default: units that can are used in scalable mode.
  public var usesScalableMode = false
  /// The CPU has x2APIC mode, and the kernel is built for it.
  public var hasX2APIC = false
  /// CONFIG_IRQ_REMAP, and no `intremap=off`.
  public var remapsInterrupts = false
  /// CONFIG_INTEL_IOMMU_DEFAULT_ON: units are used unless the command line says `intel_iommu=off`.
  public var isOnByDefault = true
  /// CONFIG_IOMMU_DEFAULT_DMA_LAZY, _DMA_STRICT or _PASSTHROUGH.
  public var defaultDomain = DefaultDomainPolicy.lazy

  /// The options of a kernel for finding faults: lock checking and table dumps.
  public init() {}
}

/// When the kernel takes the processor from kernel code.
public enum PreemptionModel: String, CaseIterable, Hashable, Sendable {
  /// Only where it waits by itself (CONFIG_PREEMPT_NONE).
  case none
  /// Also where code offers it (CONFIG_PREEMPT_VOLUNTARY).
  case voluntary
  /// Anywhere, but normal tasks at the next tick (CONFIG_PREEMPT_LAZY).
  case lazy
  /// Anywhere and at once (CONFIG_PREEMPT).
  case full
}

/// What a group's devices get where neither driver nor device has a say
/// (CONFIG_IOMMU_DEFAULT_*, `iommu.passthrough=`, `iommu.strict=`).
public enum DefaultDomainPolicy: String, CaseIterable, Hashable, Sendable {
  /// Translated; what was unmapped is flushed later, much at a time.
  case lazy
  /// Translated; each unmapping is flushed at once.
  case strict
  /// Not translated.
  case passthrough
}
