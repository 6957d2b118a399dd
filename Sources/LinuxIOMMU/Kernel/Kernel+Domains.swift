internal import KernelRuntime
public import PCI
public import VTdFormats

/// The domain that an operation means.
public enum DomainReference: Hashable, Sendable {
  /// One that was made under a name.
  case named(String)
  /// One that was made with an id of its maker's choice.
  case numbered(DomainID)
  /// The one that a device is attached to now.
  case of(PCIAddress)
}

/// What drivers and users ask of the IOMMU: the kernel's own interface to domains.
extension Kernel {
  // MARK: Domains

  /// Makes a domain with an empty second-stage table of `levels` levels, and an id of the caller's
  /// choice.
  public func makeDomain(_ id: DomainID, levels: Int) throws(DriverError) {
    domains[.numbered(id)] = try driver.makeDomain(.unmanaged, levels: levels, id: id)
  }

  /// Makes a domain as a user such as VFIO does (iommu_domain_alloc).
  public func makeDomain(named name: String, _ kind: DomainKind = .unmanaged) throws(DriverError) {
    domains[.named(name)] =
      kind == .identity ? try driver.sharedIdentityDomain() : try driver.makeDomain(kind)
  }

  /// Whether the reference means a domain.
  public func hasDomain(_ reference: DomainReference) -> Bool { domain(reference) != nil }

  private func domain(_ reference: DomainReference) -> IOMMUDomain? {
    switch reference {
    case .named, .numbered: domains[reference]
    case .of(let device): functionTable.devices[device]?.domain
    }
  }

  // MARK: Attach and detach

  /// Attaches a device to a domain that was made before (iommu_attach_group): the functions of its
  /// group go along. An unknown domain is refused.
  @discardableResult
  public func attach(
    _ device: PCIAddress, to reference: DomainReference
  ) throws(DriverError) -> AttachOutcome {
    guard let domain = domain(reference) else { return .refused }
    return try inUserCall { () throws(DriverError) in
      let device = try driver.device(at: device)
      return try core.inGroup(of: device) { () throws(DriverError) in
        try driver.attachGroup(of: device, to: domain)
      }
    }
  }

  /// Takes a device, and its group with it, off its domain (iommu_detach_group): it gets its group's default domain back,
  /// or, where there is none, nothing that it sends gets through.
  public func detach(_ device: PCIAddress) throws(DriverError) {
    try inUserCall { () throws(DriverError) in
      let info = try driver.device(at: device)
      try core.inGroup(of: info) { () throws(DriverError) in
        if let domain = driver.defaultDomains[info.function.group] {
          _ = try driver.attachGroup(of: info, to: domain)
        } else {
          for member in try driver.group(of: info) { try driver.remove(member) }
        }
      }
    }
  }

  /// Writes the `type` file of the device's group in sysfs.
  @discardableResult
  public func changeGroupType(
    of device: PCIAddress, to type: GroupType
  ) throws(DriverError) -> GroupTypeOutcome {
    let functions = ["iommu_group_attr_store", "iommu_group_store_type"]
    return try context.write(toSysfs: functions, by: .shell) { () throws(DriverError) in
      try driver.storeType(ofGroupOf: try driver.device(at: device), type)
    }
  }

  // MARK: Map and unmap

  /// iommu_map: false where the kernel refuses.
  @discardableResult
  public func map(
    _ mapping: Mapping, in reference: DomainReference
  ) throws(DriverError) -> Bool {
    guard let domain = domain(reference) else { return false }
    _ = try Self.last(from: mapping.address.rawValue, mapping.size)
    _ = try Self.last(from: mapping.target.rawValue, mapping.size)
    return try inUserCall { () throws(DriverError) in try driver.map(mapping, in: domain) }
  }

  /// iommu_unmap, which flushes at once: how many bytes were unmapped.
  @discardableResult
  public func unmap(
    _ address: IOVA, size: UInt64, in reference: DomainReference
  ) throws(DriverError) -> UInt64 {
    guard let domain = domain(reference), size > 0 else { return 0 }
    let pages = address.rawValue.page...(try Self.last(from: address.rawValue, size)).page
    return try inUserCall { () throws(DriverError) in
      UInt64(page: try driver.unmap(pages, in: domain))
    }
  }

  // MARK: Dirty tracking

  /// Starts or ends the tracking of what devices write through a user's domain.
  ///
  /// - Returns: whether kernel, units and tables can do so; false where nothing was changed.
  public func setDirtyTracking(
    _ isOn: Bool, of reference: DomainReference
  ) throws(DriverError) -> Bool {
    guard let domain = domain(reference), driver.canTrackWrites(of: domain) else { return false }
    try inUserCall { () throws(DriverError) in try driver.setDirtyTracking(isOn, of: domain) }
    return true
  }

  /// The pages of a range that devices have written since they were last cleared.
  ///
  /// - Parameters:
  ///   - address: the range's first byte.
  ///   - size: its bytes.
  ///   - reference: the domain.
  ///   - clears: the pages count as clean from now on.
  public func readDirty(
    _ address: IOVA, size: UInt64, in reference: DomainReference, clears: Bool
  ) throws(DriverError) -> [DirtyPage] {
    guard let domain = domain(reference), size > 0 else { return [] }
    let pages = address.rawValue.page...(try Self.last(from: address.rawValue, size)).page
    return try inUserCall { () throws(DriverError) in
      try driver.readDirty(pages, in: domain, clears: clears)
    }
  }

  /// The last byte of a range that a caller asks for.
  private static func last(from start: UInt64, _ size: UInt64) throws(DriverError) -> UInt64 {
    // Room for a page more, to which ranges that begin in the middle of one are rounded up.
    guard let last = start.last(ofBytes: size), size <= UInt64.max - 0x1fff else {
      throw DriverError(.noRange(start: start, size: size))
    }
    return last
  }

  /// iommu_flush_iotlb_all: the unit forgets all of a domain.
  public func flush(_ reference: DomainReference) throws(DriverError) {
    guard let domain = domain(reference) else { return }
    try inUserCall { () throws(DriverError) in try flusher.flushAll(of: domain) }
  }

  /// An ioctl of a user such as VFIO.
  private func inUserCall<Result>(
    _ body: () throws(DriverError) -> Result
  ) throws(DriverError) -> Result {
    try context.run(
      as: .virtualMachine,
      in: [
        "entry_SYSCALL_64_after_hwframe", "do_syscall_64", "__x64_sys_ioctl",
        "vfio_iommu_type1_ioctl",
      ], body)
  }

  // MARK: The DMA API

  /// Bytes: half of the widest address space that any unit has.
  private static let largestBuffer: UInt64 = 1 << 56

  /// dma_map_single: the address that the device is to use, nil where there was no room.
  public func mapDMA(
    _ buffer: DMABuffer, for device: PCIAddress
  ) throws(DriverError) -> IOVA? {
    var total: UInt64 = 0
    for segment in buffer.segments {
      _ = try Self.last(from: segment.target.rawValue, segment.size)
      let (sum, overflow) = total.addingReportingOverflow(segment.size &+ 0x2000)
      guard !overflow, sum <= Self.largestBuffer else {
        throw DriverError(.noRange(start: segment.target.rawValue, size: segment.size))
      }
      total = sum
    }
    return try inDriverCall { () throws(DriverError) in
      try driver.mapDMA(buffer, for: try driver.device(at: device))
    }
  }

  /// dma_unmap_single.
  public func unmapDMA(
    _ address: IOVA, size: UInt64, for device: PCIAddress
  ) throws(DriverError) {
    try inDriverCall { () throws(DriverError) in
      try driver.unmapDMA(address, size: size, for: try driver.device(at: device))
    }
  }

  /// Sets an entry of a unit's interrupt table up, or takes it down.
  public func change(_ change: InterruptEntryChange) throws(DriverError) {
    try inDriverCall { () throws(DriverError) in try remapping.change([change]) }
  }

  private func inDriverCall<Result>(
    _ body: () throws(DriverError) -> Result
  ) throws(DriverError) -> Result {
    try context.run(
      as: .driverWorker,
      in: ["ret_from_fork", "kthread", "worker_thread", "process_one_work"], body)
  }

  // MARK: Time

  /// When the kernel's next timer is due, in microseconds since boot.
  public var nextTimer: UInt64? { timers.nextDue }

  /// Runs the timers that are due: the flush of lazy domains.
  public func runTimers() throws(DriverError) { try timers.run(at: context.timer.now) }
}

/// Shared virtual addressing.
extension Kernel {
  /// Makes a process whose address space devices may be bound to.
  ///
  /// - Parameters:
  ///   - name: what it is called.
  ///   - pasid: nil for the next free one, from 1.
  ///   - levels: levels of its page tables.
  ///   - areas: the areas of its address space.
  public func makeProcess(
    _ name: String, pasid: PASID? = nil, levels: Int = 4, areas: [ProcessArea]
  ) throws(DriverError) {
    for area in areas { _ = try Self.last(from: area.start, area.size) }
    let used = processes.values.map { $0.pasid.rawValue }
    let next = PASID(rawValue: (1...).first { !used.contains($0) } ?? 1)
    processes[name] = try processTables.makeProcess(
      name, pasid: pasid ?? next, levels: levels, areas: areas)
  }

  /// Whether a process with that name was started.
  public func hasProcess(named name: String) -> Bool { processes[name] != nil }

  /// The PASID of a process.
  public func pasid(ofProcess name: String) -> PASID? { processes[name]?.pasid }

  /// iommu_sva_bind_device.
  public func bind(
    _ device: PCIAddress, toProcess name: String
  ) throws(DriverError) -> BindOutcome {
    guard let process = processes[name] else { return .refused }
    return try inDriverCall { () throws(DriverError) in
      let device = try driver.device(at: device)
      return try core.changingBond(of: device, binds: true) { () throws(DriverError) in
        try users.bind(device, to: process)
      }
    }
  }

  /// iommu_sva_unbind_device.
  public func unbind(_ device: PCIAddress, fromProcess name: String) throws(DriverError) {
    guard let process = processes[name] else { return }
    try inDriverCall { () throws(DriverError) in
      let device = try driver.device(at: device)
      try core.changingBond(of: device, binds: false) { () throws(DriverError) in
        try users.unbind(device, from: process)
      }
    }
  }

  /// munmap in the process: its pages go, and what devices have cached of them.
  public func unmap(_ area: ProcessArea, ofProcess name: String) throws(DriverError) {
    guard let process = processes[name] else { return }
    _ = try Self.last(from: area.start, area.size)
    try inDriverCall { () throws(DriverError) in try users.unmap(area, of: process) }
  }
}
