/// Which sleeping locks the IOMMU core and the driver hold where; the spinlocks of domains are in
/// ``DriverBehaviour/locking``.
public struct CoreLockBehaviour: Hashable, Sendable {
  public typealias Switch = KernelBehaviour.Switch

  /// `dmar_global_lock`, a semaphore, while devices are probed. While units come up it is held for
  /// writing wherever there is one.
  public enum GlobalLock: String, CaseIterable, Hashable, Sendable {
    case absent
    /// For writing: the driver attaches devices while it brings units up.
    case held
    /// Not at all.
    case released
    /// For reading: registering a unit probes its devices.
    case shared
  }

  /// What guards a group and its probe, each with what the ones before it have.
  public enum GroupLocks: String, Generation, Hashable, Sendable {
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

  /// What guards the list of reserved regions.
  public enum RegionLock: String, CaseIterable, Hashable, Sendable {
    case rcu
    /// `dmar_global_lock`, for reading.
    case globalLock = "global-lock"
  }

  /// What is held where a process is bound or unbound.
  public enum ProcessLocks: String, Generation, Hashable, Sendable {
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

  public var global = GlobalLock.released
  public var group = GroupLocks.dmaAPI
  public var regions = RegionLock.rcu
  public var processes = ProcessLocks.svaLock
  /// Whether an interrupt entry is allocated under `dmar_global_lock`.
  public var interruptAllocation = Switch.off
  /// How `iommu->lock` is taken to set the PASID entry of requests without PASID.
  public var requestLock = KernelBehaviour.LockMode.irqsave
  /// Whether `iova_cookie->mutex` is held while the DMA API sets a domain up.
  public var cookieMutex = Switch.on

  public init() {}

  /// Before there was any.
  static let oldest: CoreLockBehaviour = {
    var locks = CoreLockBehaviour()
    locks.global = .absent
    locks.group = .none
    locks.processes = .none
    locks.cookieMutex = .off
    locks.requestLock = .plain
    return locks
  }()
}

extension KernelSetting {
  static let coreLocks: [KernelSetting] = [
    KernelSetting("global_lock", \.coreLocks.global, "dmar_global_lock while devices are probed"),
    KernelSetting("group_locks", \.coreLocks.group, "what guards groups and their probe"),
    KernelSetting("region_lock", \.coreLocks.regions, "what guards the list of reserved regions"),
    KernelSetting(
      "process_locks", \.coreLocks.processes, "what is held where processes are bound"),
    KernelSetting(
      "irq_allocation_lock", \.coreLocks.interruptAllocation,
      "interrupt entries are allocated under dmar_global_lock"),
    KernelSetting(
      "request_lock", \.coreLocks.requestLock,
      "iommu->lock where the entry of requests without PASID is set"),
    KernelSetting(
      "cookie_mutex", \.coreLocks.cookieMutex, "the DMA API sets domains up under a mutex"),
  ]
}

/// When the sleeping locks changed. 6.1.192 and 6.12.117 were read, and the chains that their own lock
/// validators recorded; reports that people sent date the others.
extension KernelChange {
  static let locks: [KernelChange] = [
    KernelChange("3.6", "d72e31c93746", "groups of devices, each with its mutex") {
      $0.coreLocks.group = .group
    },
    KernelChange("3.15", "3a5670e8ac93", "dmar_global_lock, for units that come and go") {
      $0.coreLocks.global = .held
      $0.coreLocks.interruptAllocation = .on
    },
    KernelChange("4.4", "2f26e0a9c986", "processes are bound under pasid_mutex") {
      $0.coreLocks.processes = .pasidMutex
    },
    KernelChange("5.2-rc5", "7560cc3ca7d9", "iommu->lock is taken before device_domain_lock") {
      $0.driver.locking = .swappedDomainLock
    },
    KernelChange("5.2", "0aafc8ae6653", "device_domain_lock before iommu->lock again") {
      $0.driver.locking = .deviceDomainLock
    },
    KernelChange("5.3", "fa954e683178", "the core attaches devices, without dmar_global_lock") {
      $0.coreLocks.global = .released
    },
    KernelChange("5.3", "5f64ce5411b4", "reserved regions are listed under dmar_global_lock") {
      $0.coreLocks.regions = .globalLock
    },
    KernelChange("5.8", "064a57d7ddfc", "processes are bound through the core, under group->mutex")
    {
      $0.coreLocks.processes = .group
    },
    KernelChange("5.9", "1a3f2fd7fc4e", "iommu->lock with interrupts off wherever it is taken") {
      $0.coreLocks.requestLock = .irqsave
    },
    KernelChange("5.14", "d5b9e4bfe0d8", "page requests are answered under fault_param->lock") {
      $0.coreLocks.processes = .reports
    },
    KernelChange("5.15", nil, "unbinding waits for page requests without pasid_mutex") {
      $0.coreLocks.processes = .releasedDrain
    },
    KernelChange("6.1", "57365a04c921", "registering a unit probes, under dmar_global_lock") {
      $0.coreLocks.global = .shared
    },
    KernelChange("6.1", nil, "reserved regions are listed under RCU again") {
      $0.coreLocks.regions = .rcu
    },
    KernelChange("6.1", "ac9a5d522bb8", "a mutex for the DMA API's addresses of a domain") {
      $0.coreLocks.cookieMutex = .on
    },
    KernelChange("6.2", stable: ["6.1.192"], "01657bc14a39", "probes of devices take turns") {
      $0.coreLocks.group = .probe
    },
    KernelChange("6.2", nil, "processes are domains, attached under iommu_sva_lock") {
      $0.coreLocks.processes = .svaLock
    },
    KernelChange("6.3", nil, "interrupt entries are allocated without dmar_global_lock") {
      $0.coreLocks.interruptAllocation = .off
    },
    KernelChange("6.6", nil, "a device is released under group->mutex") {
      $0.coreLocks.group = .release
    },
    KernelChange("6.10", nil, "the DMA API is set up under group->mutex") {
      $0.coreLocks.group = .dmaAPI
    },
    KernelChange(
      "6.14", stable: ["6.12.117"], nil, "probing lets go of dmar_global_lock"
    ) { $0.coreLocks.global = .released },
  ]
}
