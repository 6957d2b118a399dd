internal import KernelLog
internal import KernelProfiles
internal import KernelRuntime
public import VTdFormats

/// What became of a bind.
public enum BindOutcome: Hashable, Sendable {
  /// The process has that PASID on the function.
  case bound(PASID)
  /// Shared virtual addressing needs ATS, page requests and PASIDs, in the unit and in the device.
  case refused
}

/// Processes, and the devices that are bound to them (drivers/iommu/intel/svm.c).
final class Processes {
  private let kernel: KernelContext
  private let pages: ProcessTables
  private let deviceTables: DeviceTables
  private let pageRequests: PageRequests
  private let flusher: Flusher

  init(
    in kernel: KernelContext, tables: ProcessTables, deviceTables: DeviceTables,
    pageRequests: PageRequests, flusher: Flusher
  ) {
    self.kernel = kernel
    pages = tables
    self.deviceTables = deviceTables
    self.pageRequests = pageRequests
    self.flusher = flusher
  }

  /// Whether the unit and the device can: intel_iommu_enable_sva and intel_svm_check.
  private func supportsSVA(_ device: DeviceInfo) -> Bool {
    device.unit.isScalable && device.unit.extendedCapability[flag: .firstStage]
      && device.supportsPASIDs && device.isATSEnabled
      && (device.isPageRequestEnabled || mayEnablePageRequests(of: device))
  }

  /// intel_iommu_enable_iopf: where the device's own driver switches page requests on.
  private func mayEnablePageRequests(of device: DeviceInfo) -> Bool {
    kernel.build.behaviour.driver.pageRequestSwitch == .bind && device.supportsPageRequests
  }

  /// intel_svm_bind: the PASID's entry points to the process's own table. In the caching mode of a
  /// guest's unit the caches of the PASID are flushed.
  func bind(_ device: DeviceInfo, to process: IOMMUProcess) throws(DriverError) -> BindOutcome {
    guard supportsSVA(device), process.pasid.rawValue < device.pasidLimit else { return .refused }
    device.isPageRequestEnabled = true
    guard device.processes[process.pasid] == nil else { return .bound(process.pasid) }
    try kernel.call("intel_svm_bind_mm") { () throws(DriverError) in
      try deviceTables.setPASIDEntry(of: process.pasid, for: device, to: .process(process))
    }
    device.processes[process.pasid] = process
    process.devices.append(device)
    return .bound(process.pasid)
  }

  /// intel_svm_unbind_mm: the PASID's entry goes, then what is still under way of its page requests.
  /// Those that are in the queue already are served, for the process is still there.
  func unbind(_ device: DeviceInfo, from process: IOMMUProcess) throws(DriverError) {
    guard device.processes[process.pasid] != nil else { return }
    try kernel.call("intel_svm_unbind_mm") { () throws(DriverError) in
      try deviceTables.clearPASIDEntry(of: process.pasid, for: device)
      if kernel.build.behaviour.driver.pageRequestDrain == .onePage {
        try pageRequests.drainPageRequests(of: process.pasid, for: device)
      }
    }
    device.processes[process.pasid] = nil
    process.devices.removeAll { $0 === device }
  }

  /// The process's pages of a range are gone (munmap): the MMU notifier flushes them for every
  /// device that is bound.
  func unmap(_ area: ProcessArea, of process: IOMMUProcess) throws(DriverError) {
    guard let end = area.start.last(ofBytes: area.size) else {
      throw DriverError(.noRange(start: area.start, size: area.size))
    }
    let first = area.start.page
    let last = end.page
    try pages.tables.check(first...last)
    process.areas.removeAll { $0.start >= area.start && $0.start <= end }
    for page in first...last { try pages.clearProcessPage(page, of: process) }
    let range = RangeInvalidation(
      firstStage: first...last, aligns: kernel.build.behaviour.driver.hasCacheTags)
    for device in process.devices {
      try flusher.flushFirstStage(
        process.pasid, of: .shared, range, of: device.unit)
      warn(of: first...last, for: device)
      try flusher.flushDeviceTLB(of: device, range, pasid: process.pasid)
    }
  }

  /// qi_flush_dev_iotlb_pasid's look at the address, as 5.9 has it.
  private func warn(of pages: ClosedRange<UInt64>, for device: DeviceInfo) {
    guard kernel.build.behaviour.driver.alignmentWarning == .oneBitTooMany, device.isATSEnabled
    else { return }
    let rounded = UInt64(pages.count) - 1
    let order = UInt64.bitWidth - rounded.leadingZeroBitCount
    guard pages.lowerBound & (2 << UInt64(order) - 1) != 0 else { return }
    kernel.print(
      .note(.nonAlignedInvalidation(IOVA(rawValue: UInt64(page: pages.lowerBound)), order: order)))
  }
}
