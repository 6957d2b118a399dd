internal import KernelLog
internal import KernelProfiles
internal import PCI
public import VTdFormats

/// A process whose address space devices may work in (shared virtual addressing): its page table is
/// the processor's own, in the first-stage format.
final class IOMMUProcess {
  let name: String
  let pasid: PASID
  let levels: Int
  let pageTable: PhysicalAddress
  /// What the process may touch, whether its pages are there yet or not.
  var areas: [ProcessArea] = []
  /// Devices bound to it.
  var devices: [DeviceInfo] = []

  init(name: String, pasid: PASID, levels: Int, pageTable: PhysicalAddress) {
    self.name = name
    self.pasid = pasid
    self.levels = levels
    self.pageTable = pageTable
  }
}

/// A range of a process's addresses (`struct vm_area_struct`).
public struct ProcessArea: Hashable, Sendable {
  public var start: UInt64
  /// Bytes, whole pages.
  public var size: UInt64
  public var isWritable: Bool
  /// Where its pages lie; nil for pages that come zeroed from the page allocator when they are
  /// first touched.
  public var target: PhysicalAddress?
  /// Whether its pages are there from the start.
  public var isPopulated: Bool

  public init(
    start: UInt64, size: UInt64, isWritable: Bool = true, target: PhysicalAddress? = nil,
    isPopulated: Bool = false
  ) {
    self.start = start
    self.size = size
    self.isWritable = isWritable
    self.target = target
    self.isPopulated = isPopulated
  }

  func contains(_ address: UInt64) -> Bool { address >= start && address - start < size }
}

/// What became of a bind.
public enum BindOutcome: Hashable, Sendable {
  case bound(PASID)
  /// Shared virtual addressing needs ATS, page requests and PASIDs, in the unit and in the device.
  case refused
}

/// Processes, and the devices that are bound to them (drivers/iommu/intel/svm.c).
extension IntelIOMMUDriver {
  /// Makes a process with its page table; areas that are populated are mapped.
  func makeProcess(
    _ name: String, pasid: PASID, levels: Int, areas: [ProcessArea]
  ) throws(DriverError) -> IOMMUProcess {
    let process = IOMMUProcess(
      name: name, pasid: pasid, levels: levels, pageTable: try allocatePage())
    process.areas = areas
    for area in areas where area.isPopulated {
      try kernel.check(0...area.size >> 12)
      for offset in stride(from: 0, to: area.size, by: Int(Paging.pageSize)) {
        try populate(area.start &+ offset, area, of: process)
      }
    }
    return process
  }

  /// Whether the unit and the device can: intel_iommu_enable_sva and intel_svm_check.
  private func supportsSVA(_ device: DeviceInfo) -> Bool {
    isScalable(device.unit) && device.unit.extendedCapability[flag: .firstStage]
      && supportsPASIDs(device) && device.isATSEnabled
      && (device.isPageRequestEnabled || mayEnablePageRequests(of: device))
  }

  /// intel_iommu_enable_iopf: where the device's own driver switches page requests on.
  private func mayEnablePageRequests(of device: DeviceInfo) -> Bool {
    kernel.build.behaviour.driver.pageRequestSwitch == .bind && supportsPageRequests(device)
  }

  /// intel_svm_bind: the PASID's entry points to the process's own table. In the caching mode of a
  /// guest's unit the caches of the PASID are flushed.
  func bind(_ device: DeviceInfo, to process: IOMMUProcess) throws(DriverError) -> BindOutcome {
    guard supportsSVA(device), process.pasid.rawValue < device.pasidLimit else { return .refused }
    device.isPageRequestEnabled = true
    guard device.processes[process.pasid] == nil else { return .bound(process.pasid) }
    try kernel.call("intel_svm_bind_mm") { () throws(DriverError) in
      try setPASIDEntry(of: process.pasid, for: device, to: .process(process))
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
      try clearPASIDEntry(of: process.pasid, for: device)
      if kernel.build.behaviour.driver.pageRequestDrain == .onePage {
        try drainPageRequests(of: process.pasid, for: device)
      }
    }
    device.processes[process.pasid] = nil
    process.devices.removeAll { $0 === device }
  }

  /// The process that a device's PASID belongs to.
  func process(of pasid: PASID, for device: PCIAddress) -> IOMMUProcess? {
    devices[device]?.processes[pasid]
  }

  /// Answers a page request of a device: the process that its PASID is bound to has the page, or has
  /// none there. Memory that is not there counts as a page that the process may not use.
  func serve(
    _ pasid: PASID?, of device: PCIAddress, at address: IOVA, writes: Bool
  ) -> PageRequestAnswer {
    guard let pasid, let process = process(of: pasid, for: device) else { return .unknown }
    do {
      return try handleFault(at: address.rawValue, writes: writes, of: process)
        ? .served : .refused
    } catch {
      return .refused
    }
  }

  /// What handle_mm_fault makes of a device's page request: true where the page is there now, false
  /// where the process may not touch it so.
  func handleFault(
    at address: UInt64, writes: Bool, of process: IOMMUProcess
  ) throws(DriverError) -> Bool {
    guard let area = process.areas.first(where: { $0.contains(address) }),
      area.isWritable || !writes
    else { return false }
    try populate(address, area, of: process)
    return true
  }

  /// The process's pages of a range are gone (munmap): the MMU notifier flushes them for every
  /// device that is bound.
  func unmap(_ area: ProcessArea, of process: IOMMUProcess) throws(DriverError) {
    guard let end = area.start.last(ofBytes: area.size) else {
      throw DriverError(.noRange(start: area.start, size: area.size))
    }
    let first = area.start >> 12
    let last = end >> 12
    try kernel.check(first...last)
    process.areas.removeAll { $0.start >= area.start && $0.start <= end }
    for page in first...last { try clearProcessPage(page, of: process) }
    let range = RangeInvalidation(
      firstStage: first...last, aligns: kernel.build.behaviour.driver.hasCacheTags)
    for device in process.devices {
      try flushFirstStage(
        process.pasid, of: Self.sharedDomainID, range, of: device.unit)
      warn(of: first...last, for: device)
      try flushDeviceTLB(of: device, range, pasid: process.pasid)
    }
  }

  /// qi_flush_dev_iotlb_pasid's look at the address, as 5.9 has it.
  private func warn(of pages: ClosedRange<UInt64>, for device: DeviceInfo) {
    guard kernel.build.behaviour.driver.alignmentWarning == .oneBitTooMany, device.isATSEnabled
    else { return }
    let rounded = UInt64(pages.count) - 1
    let order = UInt64.bitWidth - rounded.leadingZeroBitCount
    guard pages.lowerBound & (2 << UInt64(order) - 1) != 0 else { return }
    let note = DriverNote.nonAlignedInvalidation(
      IOVA(rawValue: pages.lowerBound << 12), order: order)
    kernel.print(note.level, note.text)
  }

  // MARK: The process's table

  private func populate(
    _ address: UInt64, _ area: ProcessArea, of process: IOMMUProcess
  ) throws(DriverError) {
    let slot = try slot(of: address, in: process)
    var entry = FirstStageEntry(rawValue: load(slot))
    if !entry[flag: .present] {
      let offset = (address - area.start) & ~0xfff
      if let target = area.target {
        entry[inPlace: .address] = (target.rawValue & ~0xfff) &+ offset
      } else {
        entry[inPlace: .address] = try allocatePage().rawValue
      }
    }
    entry[flag: .present] = true
    entry[flag: .write] = area.isWritable
    entry[flag: .user] = true
    entry[flag: .accessed] = true
    entry[flag: .dirty] = area.isWritable
    entry[flag: .executeDisable] = true
    try store(entry.rawValue, at: slot)
  }

  private func clearProcessPage(
    _ page: UInt64, of process: IOMMUProcess
  ) throws(DriverError) {
    try store(0, at: try slot(of: page << 12, in: process))
  }

  /// The leaf entry of an address, with the tables above it made.
  private func slot(of address: UInt64, in process: IOMMUProcess) throws(DriverError) -> UInt64 {
    var table = process.pageTable.rawValue
    for level in stride(from: process.levels, to: 1, by: -1) {
      let slot = table &+ Paging.entryOffset(of: address, level: level)
      var entry = FirstStageEntry(rawValue: load(slot))
      if !entry[flag: .present] {
        entry[flag: .present] = true
        entry[flag: .write] = true
        entry[flag: .user] = true
        entry[flag: .accessed] = true
        entry[inPlace: .address] = try allocatePage().rawValue
        try store(entry.rawValue, at: slot)
      }
      table = entry[inPlace: .address]
    }
    return table &+ Paging.entryOffset(of: address, level: 1)
  }
}
