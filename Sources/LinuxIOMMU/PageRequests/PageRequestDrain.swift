internal import KernelProfiles
internal import KernelRuntime
internal import VTdFormats

/// intel_drain_pasid_prq: when a PASID's translation is gone, nothing of it may be under way any
/// more, neither in memory nor on the bus (VT-d specification 7.10).
extension PageRequests {
  /// How often the driver sleeps for the page-request thread before it counts as hanging. The kernel
  /// has no limit.
  private static let sleeps = 4

  func drainPageRequests(of pasid: PASID, for device: DeviceInfo) throws(DriverError) {
    let drain = kernel.build.behaviour.driver.pageRequestDrain
    guard drain != .none, device.isPageRequestEnabled, device.unit.pageRequests != nil else {
      return
    }
    let function =
      drain == .everyDomain ? "intel_iommu_drain_pasid_prq" : "intel_svm_drain_prq"
    try kernel.call(function) { () throws(DriverError) in
      guard try wait(of: device.unit, until: { !isQueued(pasid, in: device.unit) }) else { return }
      core.waitForReports()
      let descriptors = drainDescriptors(of: pasid, for: device, drain)
      for _ in 0..<Self.sleeps {
        try flusher.submit(descriptors, drains: true, to: device.unit)
        // Requests that found no place were answered by the unit; they come again once there is one.
        let status = PageRequestStatus(
          rawValue: device.unit.port.read32(at: RegisterOffset.prs))
        guard status[flag: .overflow] else { return }
        try sleep()
      }
      kernel.hang(on: device.unit.name)
    }
  }

  /// Sleeps until the thread has seen to it; false where it never does.
  private func wait(
    of unit: IntelIOMMU, until isDone: () -> Bool
  ) throws(DriverError) -> Bool {
    for _ in 0..<Self.sleeps {
      if isDone() { return true }
      try sleep()
    }
    if isDone() { return true }
    kernel.hang(on: unit.name)
    return false
  }

  /// The task waits, and its CPU takes the interrupts that wait.
  private func sleep() throws(DriverError) {
    try kernel.idle { () throws(DriverError) in try host.takeInterrupts(.idle) }
  }

  /// Whether the queue in memory holds a request of the PASID, of whichever device.
  private func isQueued(_ pasid: PASID, in unit: IntelIOMMU) -> Bool {
    guard let queue = unit.pageRequests else { return false }
    let tail = unit.port.read64(at: RegisterOffset.pqt) % queue.byteCount
    var head = unit.port.read64(at: RegisterOffset.pqh) % queue.byteCount
    while head != tail {
      var request = PageRequestDescriptor()
      request[word: 0] = tables.load(queue.address(at: head))
      if request[flag: .pasidPresent], request[.pasid] == UInt64(pasid.rawValue) { return true }
      head = queue.next(after: head)
    }
    return false
  }

  /// A fence behind the responses, then the unit's and the device's caches; the wait behind them
  /// lasts until the requests on the bus have arrived.
  private func drainDescriptors(
    of pasid: PASID, for device: DeviceInfo, _ drain: DriverBehaviour.PageRequestDrain
  ) -> [[UInt64]] {
    var fence = WaitDescriptor()
    fence[flag: .fence] = true
    fence[.statusData] = UInt64(InvalidationQueue.Status.done.rawValue)
    // The id is that of the device's own domain, whatever the PASID's translations are tagged with.
    let id = device.domain?.id(in: device.unit) ?? .shared
    if pasid == .none {
      let iotlb = flusher.iotlbDescriptor(id, .everything, leavesOnly: false, of: device.unit)
      let deviceTLB = flusher.deviceTLBDescriptor(of: device, .everything, pasid: pasid)
      return [fence.words, iotlb.words, deviceTLB]
    }
    let iotlb = flusher.pasidIOTLBDescriptor(pasid, id, .everything, leavesOnly: false)
    // Before 6.13 the address was left out of the descriptor: the device drops one page alone.
    let range =
      drain == .onePage ? RangeInvalidation.pages(address: 0, mask: 0) : .everything
    let deviceTLB = flusher.deviceTLBDescriptor(of: device, range, pasid: pasid)
    return [fence.words, iotlb.words, deviceTLB]
  }
}
