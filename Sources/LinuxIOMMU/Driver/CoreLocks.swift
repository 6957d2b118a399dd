internal import KernelProfiles
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

extension IntelIOMMUDriver {
  var lockBehaviour: CoreLockBehaviour { kernel.build.behaviour.coreLocks }

  /// Whether the driver gives devices their domains itself, while it brings units up, and the core
  /// with its groups comes later.
  var attachesAtInit: Bool {
    lockBehaviour.global == .held || lockBehaviour.global == .absent
  }

  /// intel_iommu_init from where units are up: devices are probed.
  func whileProbing(_ body: () throws(DriverError) -> Void) throws(DriverError) {
    isProbing = true
    defer { isProbing = false }
    let function = attachesAtInit ? "iommu_prepare_identity_map" : "bus_iommu_probe"
    func probe() throws(DriverError) { try kernel.call(function, body) }
    switch lockBehaviour.global {
    case .absent, .released: try probe()
    case .held: try kernel.locked(coreLocks.global, .exclusive, probe)
    case .shared:
      try kernel.locked(coreLocks.global, .shared) { () throws(DriverError) in
        try kernel.call("iommu_device_register", probe)
      }
    }
  }

  /// The functions between whoever gives a device its domain and where it gets it.
  var attachFunctions: (core: String, driver: String) {
    isProbing && attachesAtInit
      ? ("set_domain_for_dev", "dmar_insert_one_dev_info")
      : ("__iommu_attach_device", "intel_iommu_attach_device")
  }

  /// Runs `body` with the mutex of the device's group held.
  func inGroup<Result>(
    of device: DeviceInfo, _ body: () throws(DriverError) -> Result
  ) throws(DriverError) -> Result {
    try inGroup(device.function.group, body)
  }

  func inGroup<Result>(
    _ group: Int, _ body: () throws(DriverError) -> Result
  ) throws(DriverError) -> Result {
    let isEarly = isProbing && attachesAtInit
    return try kernel.locked(isEarly ? nil : coreLocks.group(group), .mutex, body)
  }

  /// intel_iommu_get_resv_regions, with what guards the list.
  func listReservedRegions(of function: ProbedFunction) -> [ClosedRange<UInt64>] {
    kernel.call("iommu_create_device_direct_mappings") {
      kernel.call("intel_iommu_get_resv_regions") {
        guard lockBehaviour.regions == .globalLock else {
          return directRegions(of: function.traits)
        }
        return kernel.locked(coreLocks.global, .shared) { directRegions(of: function.traits) }
      }
    }
  }

  /// iommu_setup_dma_ops: the domain's addresses, without those that are in use for something else.
  func setUpDMA(of device: DeviceInfo) {
    guard let domain = device.domain, domain.kind == .dma, domain.addressSpace == nil else {
      return
    }
    let mutex = lockBehaviour.cookieMutex == .on ? domain.cookieMutex : nil
    kernel.call("iommu_setup_dma_ops") {
      kernel.call("iommu_dma_init_domain") {
        kernel.locked(mutex, .mutex) { _ = addressSpace(of: domain, for: device) }
      }
    }
  }

  /// The `type` file of a group is written. Before groups of several devices could change, the device
  /// was locked as well, for it had to have no driver.
  func storeType(
    ofGroupOf device: DeviceInfo, _ type: GroupType
  ) throws(DriverError) -> GroupTypeOutcome {
    let locksDevice = kernel.build.behaviour.driver.groupTypes != .wholeGroup
    return try kernel.locked(coreLocks.openFile, .mutex) { () throws(DriverError) in
      if locksDevice { try inGroup(of: device) {} }
      guard !locksDevice else {
        return try kernel.locked(coreLocks.device, .mutex) { () throws(DriverError) in
          try changeType(ofGroupOf: device, to: type)
        }
      }
      return try inGroup(of: device) { () throws(DriverError) in
        try changeType(ofGroupOf: device, to: type)
      }
    }
  }

  /// Runs `body`, which gives a group another domain, under the mutex of the group where the caller
  /// does not hold it.
  func changingDomain(
    of device: DeviceInfo, _ body: () throws(DriverError) -> Void
  ) throws(DriverError) {
    if kernel.build.behaviour.driver.groupTypes == .wholeGroup { return try body() }
    try inGroup(of: device, body)
  }

  /// request_irq: what sets the interrupt up runs with its descriptor locked.
  func requestingInterrupt<Failure: Error>(
    _ body: () throws(Failure) -> Void
  ) throws(Failure) {
    try kernel.call("request_threaded_irq") { () throws(Failure) in
      try kernel.call("__setup_irq") { () throws(Failure) in
        try kernel.locked(coreLocks.interruptDescriptor, .irqsave, body)
      }
    }
  }

  /// iommu_sva_bind_device and iommu_sva_unbind_device, down to where the driver begins.
  func changingBond<Result>(
    of device: DeviceInfo, binds: Bool, _ body: () throws(DriverError) -> Result
  ) throws(DriverError) -> Result {
    let verb = binds ? "bind" : "unbind"
    let group = lockBehaviour.processes >= .group ? coreLocks.group(device.function.group) : nil
    return try kernel.call("iommu_sva_\(verb)_device") { () throws(DriverError) in
      try kernel.locked(coreLocks.processes, .mutex) { () throws(DriverError) in
        try kernel.locked(group, .mutex) { () throws(DriverError) in
          guard coreLocks.pasid != nil else { return try body() }
          return try kernel.call("intel_svm_\(verb)") { () throws(DriverError) in
            try kernel.locked(coreLocks.pasid, .mutex, body)
          }
        }
      }
    }
  }

  /// A write to a function's `remove` file.
  func removing(_ body: () throws(DriverError) -> Void) throws(DriverError) {
    try kernel.locked(coreLocks.openFile, .mutex) { () throws(DriverError) in
      try kernel.locked(coreLocks.busRescan, .mutex, body)
    }
  }

  /// iopf_queue_flush_dev: the task waits for the answers to page requests. It needs `param->lock`,
  /// under which they are reported.
  func waitForReports() {
    guard let reports = coreLocks.reports else { return }
    kernel.call("iopf_queue_flush_dev") {
      let holds = lockBehaviour.processes == .reports || lockBehaviour.processes == .svaLock
      // The kernel lets go of the mutex for as long as it waits.
      if !holds { kernel.unlock(coreLocks.pasid) }
      kernel.locked(reports, .mutex) {}
      if !holds, let pasid = coreLocks.pasid { kernel.acquire(pasid, .mutex) }
    }
  }

  /// iommu_report_device_fault: a request goes to whoever has bound the device.
  func reporting(_ body: () -> PageRequestAnswer) -> PageRequestAnswer {
    kernel.call("iommu_report_device_fault") {
      kernel.locked(coreLocks.reports, .mutex) { kernel.locked(coreLocks.responses, .mutex, body) }
    }
  }

  /// iommu_page_response, and the driver's part of it: in a work of its own where the core handles
  /// requests.
  func answering(_ body: () throws(DriverError) -> Void) throws(DriverError) {
    guard coreLocks.responses != nil else { return try body() }
    try kernel.run(
      as: .pageRequestWorker,
      in: [
        "ret_from_fork", "kthread", "worker_thread", "process_one_work", "iopf_handle_group",
        "iommu_page_response",
      ]
    ) { () throws(DriverError) in
      try kernel.locked(coreLocks.responses, .mutex) { () throws(DriverError) in
        try kernel.call("intel_svm_page_response") { () throws(DriverError) in
          try kernel.locked(coreLocks.pasid, .mutex, body)
        }
      }
    }
  }

  /// The device's own notifiers, and those of the driver, hear that it is gone (device_del).
  func announceRemoval(of device: DeviceInfo?, _ body: () throws(DriverError) -> Void)
    throws(DriverError)
  {
    try kernel.call("blocking_notifier_call_chain") { () throws(DriverError) in
      try kernel.locked(coreLocks.notifiers, .shared) { () throws(DriverError) in
        kernel.call("dmar_pci_bus_notifier") { kernel.locked(coreLocks.global, .exclusive) {} }
        guard let device else { return }
        try kernel.call("iommu_bus_notifier") { () throws(DriverError) in
          try kernel.call("iommu_release_device") { () throws(DriverError) in
            if lockBehaviour.group >= .release {
              try inGroup(of: device, body)
            } else {
              try body()
              try inGroup(of: device) {}
            }
          }
        }
      }
    }
  }
}
