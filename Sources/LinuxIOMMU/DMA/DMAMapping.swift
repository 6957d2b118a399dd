internal import KernelProfiles
internal import KernelRuntime
public import VTdFormats

/// Which way a mapped buffer's contents go (`enum dma_data_direction`).
public enum DMADirection: String, CaseIterable, Hashable, Sendable {
  /// The device only reads (DMA_TO_DEVICE).
  case toDevice = "to-device"
  /// The device only writes (DMA_FROM_DEVICE).
  case fromDevice = "from-device"
  /// The device reads and writes (DMA_BIDIRECTIONAL).
  case bidirectional

  var access: MappingAccess {
    switch self {
    case .toDevice: .read
    case .fromDevice: .write
    case .bidirectional: .readWrite
    }
  }
}

/// A buffer that a driver maps for its device: one range of memory, or a list of them
/// (`struct scatterlist`) that the device sees as one.
public struct DMABuffer: Hashable, Sendable {
  /// A range of physical memory.
  public struct Segment: Hashable, Sendable {
    /// Where the piece lies in memory.
    public var target: PhysicalAddress
    /// Bytes.
    public var size: UInt64

    /// A piece of `size` bytes.
    public init(target: PhysicalAddress, size: UInt64) {
      self.target = target
      self.size = size
    }

    /// Whole pages, the offset in the first included.
    var pageCount: UInt64 { target.rawValue.pages(ofBytes: size) }
  }

  /// One at least.
  public private(set) var segments: [Segment]
  /// Who writes.
  public var direction: DMADirection
  /// How many address bits the device has: its DMA mask.
  public var addressBits: Int

  /// A buffer in one piece.
  public init(
    target: PhysicalAddress, size: UInt64, direction: DMADirection = .bidirectional,
    addressBits: Int = 64
  ) {
    self.init(
      first: Segment(target: target, size: size), direction: direction, addressBits: addressBits)
  }

  /// A buffer in several pieces (dma_map_sg).
  public init(
    first: Segment, rest: [Segment] = [], direction: DMADirection = .bidirectional,
    addressBits: Int = 64
  ) {
    segments = [first] + rest
    self.direction = direction
    self.addressBits = addressBits
  }

  /// Whole pages: each segment begins with one of its own.
  var pageCount: UInt64 { segments.reduce(0) { $0 + $1.pageCount } }
  /// The first byte's place in its page.
  var offset: UInt64 { segments[0].target.rawValue.pageOffset }
  /// Bytes of address space from the first byte on, what is left of the last page included where
  /// there are several segments.
  public var size: UInt64 {
    segments.count == 1 ? segments[0].size : UInt64(page: pageCount) - offset
  }
}

/// The DMA API over domains (drivers/iommu/dma-iommu.c).
extension Domains {
  /// iommu_dma_map_page and iommu_dma_map_sg: the address that the device is to use; nil where there
  /// is no room left.
  ///
  /// A device whose domain changes no addresses, or which has none, gets the physical address.
  func mapDMA(_ buffer: DMABuffer, for device: DeviceInfo) throws(DriverError) -> IOVA? {
    try leaveIdentity(device, addressBits: buffer.addressBits)
    if device.domain == nil, makesDomainsAtFirstUse { try attachOwnDomain(to: device) }
    guard let domain = device.domain, domain.kind != .identity else {
      return IOVA(rawValue: buffer.segments[0].target.rawValue)
    }
    let space = addressSpace(of: domain, for: device)
    return try kernel.call("__iommu_dma_map") { () throws(DriverError) -> IOVA? in
      guard let first = allocate(buffer, in: space, of: domain) else { return nil }
      guard try map(mappings(of: buffer, from: first), in: domain) else {
        space.free(first, buffer.pageCount)
        return nil
      }
      return IOVA(rawValue: UInt64(page: first) | buffer.offset)
    }
  }

  /// Segments one behind the other; neighbours in memory are mapped as one (iommu_map_sg).
  private func mappings(of buffer: DMABuffer, from first: UInt64) -> [Mapping] {
    var mappings: [Mapping] = []
    var page = first
    for segment in buffer.segments {
      let target = segment.target.rawValue.pageStart
      let size = UInt64(page: segment.pageCount)
      if let last = mappings.last, last.target.rawValue &+ last.size == target {
        mappings[mappings.count - 1].size += size
      } else {
        mappings.append(
          Mapping(
            address: IOVA(rawValue: UInt64(page: page)), target: PhysicalAddress(rawValue: target),
            size: size, access: buffer.direction.access))
      }
      page += segment.pageCount
    }
    return mappings
  }

  /// iommu_dma_alloc_iova: below 4 GiB as long as there is room, for the sake of old bridges; then
  /// anywhere below the mask.
  private func allocate(
    _ buffer: DMABuffer, in space: DMAAddressSpace, of domain: IOMMUDomain
  ) -> UInt64? {
    // A first-stage address is canonical: half of the width is negative.
    let width = domain.usesFirstStage ? domain.width - 1 : domain.width
    let bits = UInt64(max(min(buffer.addressBits, width, 63), 12))
    let last = (UInt64(1) << bits - 1).page
    if bits > 32, !options.forcesHighAddresses,
      let low = space.allocate(
        buffer.pageCount, upTo: IOVAAllocator.lowEnd - 1, flushesCache: false)
    {
      return low
    }
    return space.allocate(buffer.pageCount, upTo: last, flushesCache: true)
  }

  /// __iommu_dma_unmap: strict domains flush and wait, lazy ones leave the flush to the queue; the
  /// addresses are free when the unit has forgotten them.
  func unmapDMA(
    _ address: IOVA, size: UInt64, for device: DeviceInfo
  ) throws(DriverError) {
    guard let domain = device.domain, domain.kind != .identity else { return }
    let space = addressSpace(of: domain, for: device)
    let first = address.rawValue.page
    let count = address.rawValue.pages(ofBytes: size)
    try kernel.call("__iommu_dma_unmap") { () throws(DriverError) in
      guard space.queue != nil else {
        try unmap(first...(first + count - 1), in: domain)
        return space.free(first, count)
      }
      var gather = Gather(isQueued: true)
      _ = try unmap(first...(first + count - 1), in: domain, &gather)
      try enqueue(first, count, tables: gather.freed, in: space, of: domain)
    }
  }

  // MARK: The flush queue

  /// queue_iova.
  private func enqueue(
    _ first: UInt64, _ count: UInt64, tables: [PhysicalAddress], in space: DMAAddressSpace,
    of domain: IOMMUDomain
  ) throws(DriverError) {
    guard let lock = space.queue?.lock else { return }
    try kernel.call("queue_iova") { () throws(DriverError) in
      try kernel.locked(lock, .irqsave) { () throws(DriverError) in
        releaseFlushed(space)
        if let queue = space.queue, queue.entries.count >= FlushQueue.capacity {
          try flushQueue(of: domain, space)
          releaseFlushed(space)
        }
        let started = space.queue?.startedFlushes ?? 0
        space.queue?.entries.append(
          FlushQueue.Entry(first: first, count: count, tables: tables, flush: started))
      }
    }
    guard space.queue?.isTimerOn == false else { return }
    space.queue?.isTimerOn = true
    timers.add(due: kernel.timer.now.saturatingAdd(FlushQueue.timeout)) {
      () throws(DriverError) in try self.flushTimeout(of: domain)
    }
  }

  /// fq_flush_timeout, in a soft interrupt.
  private func flushTimeout(of domain: IOMMUDomain) throws(DriverError) {
    guard let space = domain.addressSpace, let queue = space.queue else { return }
    try kernel.timerSoftirq(
      over: .idle, in: ["__do_softirq", "run_timer_softirq", "__run_timers", "call_timer_fn"]
    ) { () throws(DriverError) in
      try kernel.mapped(queue.timerMap, from: "call_timer_fn") { () throws(DriverError) in
        try kernel.call("fq_flush_timeout") { () throws(DriverError) in
          space.queue?.isTimerOn = false
          try flushQueue(of: domain, space)
          kernel.locked(queue.lock, .irqsave) { releaseFlushed(space) }
        }
      }
    }
  }

  /// fq_flush_iotlb.
  private func flushQueue(of domain: IOMMUDomain, _ space: DMAAddressSpace) throws(DriverError) {
    try kernel.call("fq_flush_iotlb") { () throws(DriverError) in
      space.queue?.startedFlushes += 1
      try flusher.flushAll(of: domain)
      space.queue?.finishedFlushes += 1
    }
  }

  /// fq_ring_free: what a flush that began later has covered.
  private func releaseFlushed(_ space: DMAAddressSpace) {
    while let entry = space.queue?.entries.first,
      entry.flush < space.queue?.finishedFlushes ?? 0
    {
      space.queue?.entries.removeFirst()
      tables.free(entry.tables)
      space.free(entry.first, entry.count)
    }
  }

  // MARK: Address spaces

  /// iommu_setup_dma_ops: the domain's addresses, without those that are in use for something else.
  func setUpDMA(of device: DeviceInfo) {
    guard let domain = device.domain, domain.kind == .dma, domain.addressSpace == nil else {
      return
    }
    let mutex = core.lockBehaviour.cookieMutex == .on ? domain.cookieMutex : nil
    kernel.call("iommu_setup_dma_ops") {
      kernel.call("iommu_dma_init_domain") {
        kernel.locked(mutex, .mutex) { _ = addressSpace(of: domain, for: device) }
      }
    }
  }

  /// iommu_dma_init_domain, for the first device that uses it: firmware's regions, the interrupt
  /// range and the windows of the host bridge are not handed out.
  func addressSpace(of domain: IOMMUDomain, for device: DeviceInfo) -> DMAAddressSpace {
    if let known = domain.addressSpace { return known }
    let traits = device.function.traits
    var reserved = hostBridgeWindows.map { $0.lowerBound.page...$0.upperBound.page }
    reserved += directRegions(of: traits).map { $0.lowerBound.page...$0.upperBound.page }
    // IOAPIC_RANGE_START to _END.
    let interrupts = UInt64.interruptRange
    reserved.append(interrupts.lowerBound.page...interrupts.upperBound.page)
    let space = DMAAddressSpace(
      isLazy: domain.isLazy && !traits.isUntrusted, reserved: reserved, in: kernel)
    domain.addressSpace = space
    return space
  }
}
