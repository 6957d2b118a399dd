internal import KernelProfiles
internal import KernelRuntime

/// The IOMMU core between whoever asks for something and the driver: what is locked, and in which
/// functions, on the way.
final class IOMMUCore {
  let kernel: KernelContext
  let locks: CoreLocks
  /// Devices are being found.
  private var isProbing = false

  init(in kernel: KernelContext) {
    self.kernel = kernel
    locks = CoreLocks(in: kernel)
  }

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
    case .held: try kernel.locked(locks.global, .exclusive, probe)
    case .shared:
      try kernel.locked(locks.global, .shared) { () throws(DriverError) in
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
    return try kernel.locked(isEarly ? nil : locks.group(group), .mutex, body)
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
        try kernel.locked(locks.interruptDescriptor, .irqsave, body)
      }
    }
  }

  /// iommu_sva_bind_device and iommu_sva_unbind_device, down to where the driver begins.
  func changingBond<Result>(
    of device: DeviceInfo, binds: Bool, _ body: () throws(DriverError) -> Result
  ) throws(DriverError) -> Result {
    let verb = binds ? "bind" : "unbind"
    let group = lockBehaviour.processes >= .group ? locks.group(device.function.group) : nil
    return try kernel.call("iommu_sva_\(verb)_device") { () throws(DriverError) in
      try kernel.locked(locks.processes, .mutex) { () throws(DriverError) in
        try kernel.locked(group, .mutex) { () throws(DriverError) in
          guard locks.pasid != nil else { return try body() }
          return try kernel.call("intel_svm_\(verb)") { () throws(DriverError) in
            try kernel.locked(locks.pasid, .mutex, body)
          }
        }
      }
    }
  }

  /// A write to a function's `remove` file.
  func removing(_ body: () throws(DriverError) -> Void) throws(DriverError) {
    try kernel.locked(locks.openFile, .mutex) { () throws(DriverError) in
      try kernel.locked(locks.busRescan, .mutex, body)
    }
  }

  /// iopf_queue_flush_dev: the task waits for the answers to page requests. It needs `param->lock`,
  /// under which they are reported.
  func waitForReports() {
    guard let reports = locks.reports else { return }
    kernel.call("iopf_queue_flush_dev") {
      let holds = lockBehaviour.processes == .reports || lockBehaviour.processes == .svaLock
      // The kernel lets go of the mutex for as long as it waits.
      if !holds { kernel.unlock(locks.pasid) }
      kernel.locked(reports, .mutex) {}
      if !holds, let pasid = locks.pasid { kernel.acquire(pasid, .mutex) }
    }
  }

  /// iommu_report_device_fault: a request goes to whoever has bound the device.
  func reporting(_ body: () -> PageRequestAnswer) -> PageRequestAnswer {
    kernel.call("iommu_report_device_fault") {
      kernel.locked(locks.reports, .mutex) { kernel.locked(locks.responses, .mutex, body) }
    }
  }

  /// iommu_page_response, and the driver's part of it: in a work of its own where the core handles
  /// requests.
  func answering(_ body: () throws(DriverError) -> Void) throws(DriverError) {
    guard locks.responses != nil else { return try body() }
    try kernel.run(
      as: .pageRequestWorker,
      in: [
        "ret_from_fork", "kthread", "worker_thread", "process_one_work", "iopf_handle_group",
        "iommu_page_response",
      ]
    ) { () throws(DriverError) in
      try kernel.locked(locks.responses, .mutex) { () throws(DriverError) in
        try kernel.call("intel_svm_page_response") { () throws(DriverError) in
          try kernel.locked(locks.pasid, .mutex, body)
        }
      }
    }
  }

  /// The device's own notifiers, and those of the driver, hear that it is gone (device_del).
  func announceRemoval(of device: DeviceInfo?, _ body: () throws(DriverError) -> Void)
    throws(DriverError)
  {
    try kernel.call("blocking_notifier_call_chain") { () throws(DriverError) in
      try kernel.locked(locks.notifiers, .shared) { () throws(DriverError) in
        kernel.call("dmar_pci_bus_notifier") { kernel.locked(locks.global, .exclusive) {} }
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
