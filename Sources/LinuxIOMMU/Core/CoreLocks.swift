internal import KernelProfiles
internal import KernelRuntime
internal import Lockdep

/// The sleeping locks of the IOMMU core, the driver and what calls them. Nil is a lock that the kernel
/// of the profile has not.
final class CoreLocks {
  private let kernel: KernelContext
  /// `dmar_global_lock`.
  let global: KernelLock?
  let probe: KernelLock?
  let pasid: KernelLock?
  let processes: KernelLock?
  /// `dev->iommu->lock` and the lock of its fault parameters.
  let reports: KernelLock?
  let responses: KernelLock?
  /// `irq_2_ir_lock`.
  let interruptEntries: KernelLock
  /// The descriptor of an interrupt that is being set up.
  let interruptDescriptor: KernelLock
  // What lies around the core: an open file of sysfs, the PCI bus, the bus's notifiers.
  let openFile: KernelLock
  let busRescan: KernelLock
  let notifiers: KernelLock
  /// `device_lock`; the validator knows that devices nest in ways that it cannot tell.
  let device: KernelLock
  private var groups: [Int: KernelLock] = [:]

  init(in kernel: KernelContext) {
    self.kernel = kernel
    let behaviour = kernel.build.behaviour.coreLocks
    func lock(_ kind: LockKind, _ name: String, if exists: Bool = true) -> KernelLock? {
      exists ? kernel.makeLock(kind, class: name, instance: name) : nil
    }
    func always(_ kind: LockKind, _ name: String) -> KernelLock {
      kernel.makeLock(kind, class: name, instance: name)
    }
    let processes = behaviour.processes
    global = lock(.rwsem, "dmar_global_lock", if: behaviour.global != .absent)
    probe = lock(.mutex, "iommu_probe_device_lock", if: behaviour.group >= .probe)
    pasid = lock(
      .mutex, "pasid_mutex", if: processes != .none && processes != .svaLock)
    self.processes = lock(.mutex, "iommu_sva_lock", if: processes == .svaLock)
    reports = lock(.mutex, "&param->lock", if: processes >= .reports)
    responses = lock(.mutex, "&param->fault_param->lock", if: processes >= .reports)
    interruptEntries = always(.rawSpinlock, "irq_2_ir_lock")
    interruptDescriptor = always(.rawSpinlock, "&irq_desc_lock_class")
    openFile = always(.mutex, "&of->mutex")
    busRescan = always(.mutex, "pci_rescan_remove_lock")
    notifiers = always(.rwsem, "&(&priv->bus_notifier)->rwsem")
    device = always(.mutex, "&dev->mutex")
  }

  /// `group->mutex`.
  func group(_ number: Int) -> KernelLock? {
    guard kernel.build.behaviour.coreLocks.group >= .group else { return nil }
    if let known = groups[number] { return known }
    let lock = kernel.makeLock(.mutex, class: "&group->mutex", instance: "group\(number).mutex")
    groups[number] = lock
    return lock
  }
}
