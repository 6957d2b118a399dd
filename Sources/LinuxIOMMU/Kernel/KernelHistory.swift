internal import KernelLog

/// One change of the kernel that shows in its log: since which release, by which commit, and what it
/// does to the behaviour.
public struct KernelChange: Sendable {
  /// The release that first has it, as `uname -r` begins.
  public let release: String
  /// Updates of older series that have it as well, at the latest.
  public let stable: [String]
  /// The commit, where it is known: one that public archives of the kernel's history have.
  public let commit: String?
  /// The release is from memory: kernels right before and after it were not looked at.
  public let isEstimated: Bool
  public let summary: String
  let apply: @Sendable (inout KernelBehaviour) -> Void

  init(
    _ release: String, stable: [String] = [], _ commit: String? = nil, isEstimated: Bool = false,
    _ summary: String,
    _ apply: @escaping @Sendable (inout KernelBehaviour) -> Void
  ) {
    self.release = release
    self.stable = stable
    self.commit = commit
    self.isEstimated = isEstimated
    self.summary = summary
    self.apply = apply
  }

  /// Whether a kernel of that release has it: by its own series, or by a stable update.
  public func isPart(of release: KernelRelease) -> Bool {
    if let since = KernelRelease(self.release), since <= release { return true }
    return stable.compactMap(KernelRelease.init)
      .contains { $0.series == release.series && $0 <= release }
  }

  /// The behaviour with the change in it.
  public func applied(to behaviour: KernelBehaviour) -> KernelBehaviour {
    var changed = behaviour
    apply(&changed)
    return changed
  }

  /// The settings that it changes in `behaviour`, with the new values' names.
  public func settings(after behaviour: KernelBehaviour) -> [(
    setting: KernelSetting, value: String
  )] {
    let changed = applied(to: behaviour)
    return KernelSetting.all.compactMap { setting in
      let value = setting.value(in: changed)
      return value == setting.value(in: behaviour) ? nil : (setting, value)
    }
  }

  /// Every change, oldest first. A profile is what all changes up to its release make of the oldest
  /// behaviour; a distribution's backport is one of them taken early.
  ///
  /// Releases are those of mainline. Stable updates take fixes into older series as well; the ones
  /// named are those in which the change was seen.
  public static let history: [KernelChange] = inOrder(
    before4 + series4 + series5 + series6 + reports + locks + printing)

  /// By release; of one release, in the order given.
  private static func inOrder(_ changes: [KernelChange]) -> [KernelChange] {
    let numbered = changes.enumerated().map {
      (release: KernelRelease($0.element.release), place: $0.offset, change: $0.element)
    }
    return numbered.sorted { left, right in
      guard let one = left.release, let other = right.release, one != other else {
        return left.place < right.place
      }
      return one < other
    }.map(\.change)
  }

  private static let before4: [KernelChange] = [
    KernelChange(
      "2.6.33", nil, "units in boot lines by number, with their register base"
    ) { $0.bootLines = .numbered },
    KernelChange("3.2", "1f5b3c3fd2d7", "register_lock and the queue's lock are raw spinlocks") {
      $0.registerLock = .raw
    },
    KernelChange("3.6", nil, "dmar: in front of lines of the table and of faults") {
      $0.faultLines = .f2
      $0.bootLines = .lowercase
    },
    // Both were looked up in a 3.6 and a 3.10.
    KernelChange("3.10", nil, "the handler leaves queue errors in FSTS to the queue's own code") {
      $0.statusClear = .primaryFaults
    },
    KernelChange("3.10", nil, "a text for reason 0x0d") { $0.faultReasons = .legacy },
    KernelChange(
      "3.14", "9452618e7462", isEstimated: true,
      "no unit translates for graphics of the 4 series"
    ) { $0.graphicsQuirks = .fourSeries },
  ]

  private static let series4: [KernelChange] = [
    KernelChange("4.2", nil, isEstimated: true, "DMAR: and DMAR-IR: in front of every line") {
      $0.faultLines = .f3
      $0.bootLines = .current
    },
    KernelChange("4.2", "091d42e43d21", "a crash kernel copies the tables that it finds") {
      $0.takeOver = .legacy
    },
    KernelChange("4.4", nil, "page requests") { $0.pageRequestLines = .long },
    KernelChange("4.7", "a0fe14d7dcf5", "a fault on one line") { $0.faultLines = .f4 },
    KernelChange("4.7", "c43fce4eebae", "a rate limiter, asked once an interrupt") {
      $0.rateLimit = .interrupt
    },
    KernelChange("4.17", "6c50d79f6638", isEstimated: true, "the limiter is asked for each record")
    {
      $0.rateLimit = .round
    },
    KernelChange("4.18", nil, isEstimated: true, "]--- at the end of a panic") {
      $0.panicEnd = .closed
    },
    KernelChange("4.19", "624fa7790f80", "klist_next saves and disables interrupts") {
      $0.klistNext = .irqsave
    },
    KernelChange("4.20", "b49dec1cf8ff", isEstimated: true, "a panic's reason is one line") {
      $0.panicEnd = .oneLine
    },
  ]

  private static let series5: [KernelChange] = [
    KernelChange("5.0", "5d308fc1ecf5", "descriptors of 256 bits; bad ones are told as qw0 and qw1")
    {
      $0.queueErrors = .words
    },
    KernelChange("5.0", "765b6a98c1de", "scalable mode, with intel_iommu=sm_on") {
      $0.scalableMode = .off
    },
    KernelChange("5.0", "89a6079df791", "firmware can switch remapping on") {
      $0.platformOptIn = .forces
    },
    KernelChange("5.1", "932a6523ce39", "lines about one device begin with its name") {
      $0.deviceLines = .prefixed
    },
    KernelChange("5.3", "fa954e683178", "devices get their domains when they are probed") {
      $0.driver.defaultDomains = .probe
    },
    KernelChange("5.4", nil, "the PASID in the fault line, texts for scalable-mode reasons") {
      $0.faultLines = .f5
      $0.faultReasons = .scalable
    },
    KernelChange("5.5", "f036c7fa0ab6", "reserved regions are held against the memory map") {
      $0.reservedRegionCheck = .map
    },
    KernelChange("5.5", "6c3a44ed3c55", "translation is switched off before a kexec") {
      $0.shutdown = .turnsOff
    },
    KernelChange("5.5", "1f76249cc3be", "nor for Broadwell's graphics") {
      $0.graphicsQuirks = .broadwell
    },
    KernelChange("5.6", nil, "the DMA API's domains use first-stage tables where they can") {
      $0.driver.firstStage = .on
    },
    KernelChange("5.8", "66ac4db36f4c", "page requests are drained when a process is unbound") {
      $0.driver.pageRequestDrain = .onePage
    },
    KernelChange("5.8", "327d5b2fee91", "devices of 32 bits pass through like others") {
      $0.driver.narrowIdentity = .kept
    },
    KernelChange("5.9", "288d08e78008", "misaligned flushes of device TLBs are told, and others") {
      $0.driver.alignmentWarning = .oneBitTooMany
    },
    KernelChange(
      "5.9", "b1012ca8dc4f", "units of graphics alone that would hang without stay on"
    ) { $0.graphicsTranslation = .kept },
    KernelChange("5.11", "08a27c1c3ecf", "a group of one device may get another default domain") {
      $0.driver.groupTypes = .singleDevice
    },
    KernelChange(
      "5.11", stable: ["5.10.13"], "494b3688bb11", "flushes that are aligned are not told any more"
    ) { $0.driver.alignmentWarning = .exact },
    KernelChange("5.12", "ad3d19029979", "units' features are compared; No SATC found") {
      $0.capabilityAudit = .on
    },
    KernelChange("5.13", "6ca69e5841f0", "queue errors with IQERCD, QI HEAD and QI PRIOR") {
      $0.queueErrors = .dump
    },
    KernelChange("5.13", "eea53c581688", "a page that may be written may be read as well") {
      $0.driver.writeOnlyMappings = .off
    },
    KernelChange("5.13", "3542dcb15cef", "iommu.forcedac in the place of intel_iommu=forcedac") {
      $0.optionWords = .forcedacDeprecated
    },
    KernelChange("5.14", "719a19335692", "NO_PASID in the tag, hexadecimal everywhere") {
      $0.faultLines = .f6
    },
    KernelChange("5.14", "d5b9e4bfe0d8", "page requests through the core's fault queue") {
      $0.pageRequestLines = .short
    },
    KernelChange("5.15", nil, "the device address without 0x") { $0.faultLines = .f7 },
    KernelChange("5.15", "26225bea1d84", "a group's domain may become lazy (DMA-FQ)") {
      $0.driver.groupTypes = .singleDeviceOrQueue
    },
    KernelChange("5.15", "1d479f160c50", "iommu.strict in the place of intel_iommu=strict") {
      $0.optionWords = .deprecated
    },
    KernelChange("5.16", "914ff7719e8a", "the table dump, through the driver's list of devices") {
      $0.tableWalk = .driverList
    },
    KernelChange("5.16", "792fb43ce2c9", "scalable mode on by default") { $0.scalableMode = .on },
  ]

  private static let series6: [KernelChange] = [
    KernelChange("6.0-rc1", "8ac0b64b9735", "the dump looks the device up on the PCI bus") {
      $0.tableWalk = .busLookup
    },
    KernelChange("6.0-rc1", "5eaafdf0c055", "a lock for each domain; it is taken plainly") {
      $0.driver.locking = .plainDomainLock
    },
    KernelChange("6.0", "a349ffcb4daf", "a domain's lock is taken with interrupts off") {
      $0.driver.locking = .domainLock
    },
    KernelChange("6.0", "6ad931a23223", "the dump walks from the entry") { $0.tableWalk = .entry },
    KernelChange("6.0", "0c5f6c0d8201", "a crash kernel copies scalable-mode tables too") {
      $0.takeOver = .misplacedHalf
    },
    KernelChange("6.4", "760f41d182ec", "no virtual commands any more, and none in iommu_regset") {
      $0.virtualCommandRegisters = .hidden
    },
    KernelChange("6.4", "fbcde5bb92bd", "page requests are switched on for who binds processes") {
      $0.driver.pageRequestSwitch = .bind
    },
    KernelChange("6.5", "d99be00f42ea", "a group of several devices may get another domain") {
      $0.driver.groupTypes = .wholeGroup
    },
    KernelChange("6.7", "d87731f60931", "debugfs shows each function's tables in its own file") {
      $0.driver.deviceFiles = .on
    },
    KernelChange("6.9", nil, "scalable-mode context entries are set at the probe") {
      $0.driver.contextAtProbe = .on
    },
    KernelChange(
      "6.9", "80a9b50c0b9e", "an invalidation of a device that is gone is not tried again"
    ) { $0.timeOutRetry = .presentDevices },
    KernelChange("6.10", "f9f62a877da1", "every oops begins with Oops:") {
      $0.oopsPrefix = .everywhere
    },
    KernelChange("6.10", nil, "a domain knows what has cached it (cache tags)") {
      $0.driver.locking = .cacheTags
    },
    KernelChange(
      "6.11", stable: ["6.10.10"], "e995fcde6070",
      "first-stage entries without XD, PASID entries without NXE"
    ) { $0.driver.noExecuteBits = .off },
    KernelChange(
      "6.11", "804f98e224e4", "interrupt remapping found on is told once, not for each unit"
    ) { $0.remappingFound = .once },
    KernelChange("6.12", nil, "identity domains without tables; one wait for each flush") {
      $0.driver.identityDomain = .passThrough
      $0.driver.identityGraphics = .off
      $0.driver.batchedFlushes = .on
    },
    KernelChange(
      "6.12", stable: ["6.11.3"], nil, "64-bit kernels address CPUs by their APIC ids"
    ) { $0.interruptDestination = .physical },
    KernelChange(
      "6.13", stable: ["6.1.120", "6.6.64", "6.12.3"], "6ceb93f952f6",
      "the dump checks entries before it follows them"
    ) { $0.tableWalk = .checkedEntry },
    KernelChange(
      "6.13", stable: ["6.12.75"], "c43e1ccdebf2",
      "page requests are drained whenever a translation goes, and the device drops all of it"
    ) { $0.driver.pageRequestDrain = .everyDomain },
    KernelChange("6.14", nil, "page requests without PASID are served") {
      $0.pageRequestLines = .pasidOptional
    },
    KernelChange(
      "6.15", stable: ["6.1.138", "6.12.28"], nil, "no unit translates for Ironlake's graphics"
    ) { $0.graphicsQuirks = .ironlake },
    KernelChange(
      "7.0", stable: ["5.15.203", "6.1.167", "6.12.78"], nil, "a time-out aborts every pending wait"
    ) { $0.timeOutAbort = .all },
    KernelChange(
      "7.1", stable: ["6.1.175", "6.12.91"], "2cda2e10dc83", "nor for Q35's"
    ) { $0.graphicsQuirks = .q35 },
    KernelChange(
      "7.3", stable: ["6.1.188", "6.12.110"], "c6e63fc8e8fc",
      "each half of a copied scalable table to its place"
    ) { $0.takeOver = .separateHalves },
  ]
}
