internal import KernelProfiles
internal import KernelRuntime
internal import Lockdep

/// The spinlocks around domains' devices, tables and ids, as the kernel of the profile takes them.
struct DomainLocks {
  private let kernel: KernelContext
  /// `device_domain_lock`, which kernels to 5.19 have.
  let shared: KernelLock
  /// `iommu->did_lock`; nil where domain ids have no lock of their own.
  private let ids: KernelLock?

  init(in kernel: KernelContext) {
    self.kernel = kernel
    shared = kernel.makeLock(
      .spinlock, class: "device_domain_lock", instance: "device_domain_lock")
    ids =
      kernel.build.behaviour.driver.domainIDs == .mutex
      ? kernel.makeLock(.mutex, class: "&iommu->did_lock", instance: "did_lock") : nil
  }

  /// Runs `body` under `iommu->lock`, in kernels to 5.19 with `device_domain_lock` around it.
  ///
  /// - Parameter takesID: a domain gets its id, or gives it back.
  func withDevicesLocked<Result, Failure: Error>(
    of unit: IntelIOMMU, takesID: Bool = false, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let behaviour = kernel.build.behaviour.driver
    if takesID, let ids { return try kernel.locked(ids, .mutex, body) }
    guard behaviour.sharesDeviceLock else {
      return try kernel.locked(unit.lock, kernel.unitLockMode, body)
    }
    if takesID, behaviour.locking == .swappedDomainLock {
      return try kernel.locked(unit.lock, .plain) { () throws(Failure) in
        try kernel.locked(shared, .irqsave, body)
      }
    }
    return try kernel.locked(shared, .irqsave) { () throws(Failure) in
      try kernel.locked(unit.lock, .plain, body)
    }
  }
}

extension KernelContext {
  /// How `iommu->lock` is taken where nothing is around it.
  var unitLockMode: KernelValues.SpinLockMode {
    build.behaviour.driver.sharesDeviceLock ? .irqsave : .plain
  }

  /// How the lock of a domain's device list is taken.
  var domainLockMode: KernelValues.SpinLockMode {
    build.behaviour.driver.locking == .plainDomainLock ? .plain : .irqsave
  }
}
