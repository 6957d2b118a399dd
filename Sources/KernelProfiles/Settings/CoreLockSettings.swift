/// Which sleeping locks the IOMMU core and the driver hold where; the spinlocks of domains are in
/// ``DriverBehaviour/locking``.
///
/// 6.1.192 and 6.12.117 were read, and the chains that their own lock validators recorded; reports that
/// people sent date the other changes.
public struct CoreLockBehaviour: Hashable, Sendable {
  /// Off or on.
  public typealias Switch = KernelValues.Switch

  /// `dmar_global_lock` while devices are probed.
  public var global = Self.globalTimeline.newest
  /// What guards a group and its probe.
  public var group = Self.groupTimeline.newest
  /// What guards the list of reserved regions.
  public var regions = Self.regionsTimeline.newest
  /// What is held where a process is bound or unbound.
  public var processes = Self.processesTimeline.newest
  /// Whether an interrupt entry is allocated under `dmar_global_lock`.
  public var interruptAllocation = Self.interruptAllocationTimeline.newest
  /// How `iommu->lock` is taken to set the PASID entry of requests without PASID.
  public var requestLock = Self.requestLockTimeline.newest
  /// Whether `iova_cookie->mutex` is held while the DMA API sets a domain up.
  public var cookieMutex = Self.cookieMutexTimeline.newest

  /// What the newest release does.
  public init() {}
}

extension KernelChange {
  /// Units that come and go.
  static let globalLock = KernelChange(
    "3.15", commit: "3a5670e8ac93", "dmar_global_lock guards units, which come and go")
}

extension CoreLockBehaviour {
  /// `dmar_global_lock`, a semaphore, while devices are probed. While units come up it is held for
  /// writing wherever there is one.
  public enum GlobalLock: String, CaseIterable, Hashable, Sendable {
    /// There is no such lock.
    case absent
    /// For writing: the driver attaches devices while it brings units up.
    case held
    /// Not at all.
    case released
    /// For reading: registering a unit probes its devices.
    case shared
  }

  static let globalTimeline = Timeline<GlobalLock>(
    "global_lock", "dmar_global_lock while devices are probed", oldest: .absent,
    [
      .by(.globalLock, .held),
      .since(
        "5.3", commit: "fa954e683178", "the core attaches devices, without dmar_global_lock",
        .released),
      .since(
        "6.1", commit: "57365a04c921", "registering a unit probes, under dmar_global_lock", .shared),
      .since(
        "6.14", stable: ["6.12.18"], commit: "b150654f74bf", "probing lets go of dmar_global_lock",
        .released),
    ])

  /// What guards a group and its probe, each with what the ones before it have.
  public enum GroupLocks: String, Generation, Hashable, Sendable {
    /// No lock.
    case none
    /// `group->mutex`.
    case group
    /// `iommu_probe_device_lock` around a device's probe.
    case probe
    /// `group->mutex` around a device's release.
    case release
    /// `group->mutex` around setting up the DMA API as well.
    case dmaAPI = "dma-api"
  }

  static let groupTimeline = Timeline<GroupLocks>(
    "group_locks", "what guards groups and their probe", oldest: .none,
    [
      .since("3.6", commit: "d72e31c93746", "devices stand in groups, each with its mutex", .group),
      .since(
        "6.2", stable: ["6.1.192"], commit: "01657bc14a39", "probes of devices take turns", .probe),
      .since("6.6", "a device is released under group->mutex", .release),
      .since("6.10", "the DMA API is set up under group->mutex", .dmaAPI),
    ])

  /// What guards the list of reserved regions.
  public enum RegionLock: String, CaseIterable, Hashable, Sendable {
    /// RCU: readers hold no lock.
    case rcu
    /// `dmar_global_lock`, for reading.
    case globalLock = "global-lock"
  }

  static let regionsTimeline = Timeline<RegionLock>(
    "region_lock", "what guards the list of reserved regions", oldest: .rcu,
    [
      .since(
        "5.3", commit: "5f64ce5411b4", "reserved regions are listed under dmar_global_lock",
        .globalLock),
      .since("6.1", "reserved regions are listed under RCU again", .rcu),
    ])

  /// What is held where a process is bound or unbound.
  public enum ProcessLocks: String, Generation, Hashable, Sendable {
    /// No lock.
    case none
    /// `pasid_mutex`.
    case pasidMutex = "pasid-mutex"
    /// `group->mutex` around it.
    case group
    /// A page request is reported under `param->lock` and answered under `fault_param->lock`; the
    /// answer takes `pasid_mutex`, and unbinding holds that while it waits for answers.
    case reports
    /// Unbinding lets go of `pasid_mutex` while it waits.
    case releasedDrain = "released-drain"
    /// `iommu_sva_lock`, and `group->mutex` inside it.
    case svaLock = "sva-lock"
  }

  static let processesTimeline = Timeline<ProcessLocks>(
    "process_locks", "what is held where processes are bound", oldest: .none,
    [
      .since("4.4", commit: "2f26e0a9c986", "processes are bound under pasid_mutex", .pasidMutex),
      .since(
        "5.8", commit: "064a57d7ddfc", "processes are bound through the core, under group->mutex",
        .group),
      .since(
        "5.14", commit: "d5b9e4bfe0d8", "page requests are answered under fault_param->lock",
        .reports),
      .since("5.15", "unbinding waits for page requests without pasid_mutex", .releasedDrain),
      .since("6.2", "processes are domains, attached under iommu_sva_lock", .svaLock),
    ])

  static let interruptAllocationTimeline = Timeline<Switch>(
    "irq_allocation_lock", "interrupt entries are allocated under dmar_global_lock", oldest: .off,
    [
      .by(.globalLock, .on),
      .since("6.3", "interrupt entries are allocated without dmar_global_lock", .off),
    ])

  static let requestLockTimeline = Timeline<KernelValues.SpinLockMode>(
    "request_lock", "iommu->lock where the entry of requests without PASID is set", oldest: .plain,
    [
      .since(
        "5.9", commit: "1a3f2fd7fc4e", "iommu->lock is taken with interrupts off everywhere",
        .irqsave)
    ])

  static let cookieMutexTimeline = Timeline<Switch>(
    "cookie_mutex", "the DMA API sets domains up under a mutex", oldest: .off,
    [
      .since(
        "6.1", commit: "ac9a5d522bb8", "a mutex guards the DMA API's addresses of a domain", .on)
    ])
}
