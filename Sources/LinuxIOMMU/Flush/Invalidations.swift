internal import KernelLog
internal import KernelProfiles
internal import KernelRuntime
internal import VTdFormats

/// Single invalidations, through the queue or, in a unit without one, through registers.
extension Flusher {
  // MARK: Everything

  private func flushContextsGlobally(of unit: IntelIOMMU) throws(DriverError) {
    var descriptor = ContextCacheDescriptor()
    descriptor.granularity = .global
    try submit(descriptor, to: unit)
  }

  private func flushPASIDsGlobally(of unit: IntelIOMMU) throws(DriverError) {
    var descriptor = PASIDCacheDescriptor()
    descriptor.granularity = .global
    try submit(descriptor, to: unit)
  }

  private func flushTranslationsGlobally(of unit: IntelIOMMU) throws(DriverError) {
    var descriptor = IOTLBDescriptor()
    descriptor.granularity = .global
    descriptor[flag: .drainReads] = unit.capability[flag: .readDraining]
    descriptor[flag: .drainWrites] = unit.capability[flag: .writeDraining]
    try submit(descriptor, to: unit)
  }

  /// The interrupt-entry cache: all of it, or one entry.
  func flushInterruptEntries(_ index: Int? = nil, of unit: IntelIOMMU) throws(DriverError) {
    var descriptor = InterruptEntryCacheDescriptor()
    if let index {
      descriptor[flag: .granularity] = true
      descriptor[.index] = UInt64(index)
    }
    try submit(descriptor, to: unit)
  }

  /// Global invalidation of the context cache, the PASID cache and the IOTLB: a new root table makes
  /// all that is cached void. With ESRTPS the unit does it by itself.
  func flushEverything(of unit: IntelIOMMU) throws(DriverError) {
    if unit.capability[flag: .enhancedSetRootTablePointer] { return }
    guard unit.queue != nil else { return flushThroughRegisters(of: unit) }
    try flushContextsGlobally(of: unit)
    if unit.isScalable { try flushPASIDsGlobally(of: unit) }
    try flushTranslationsGlobally(of: unit)
  }

  /// iommu_flush_all's part of a unit.
  func flushContextsAndTranslations(of unit: IntelIOMMU) throws(DriverError) {
    guard unit.queue != nil else { return flushThroughRegisters(of: unit) }
    try flushContextsGlobally(of: unit)
    try flushTranslationsGlobally(of: unit)
  }

  /// The same by CCMD and IOTLB, for units without a queue.
  private func flushThroughRegisters(of unit: IntelIOMMU) {
    var context = ContextCommand()
    context[flag: .invalidate] = true
    context.requestedGranularity = .global
    var iotlb = IOTLBCommand()
    iotlb[flag: .invalidate] = true
    iotlb.requestedGranularity = .global
    kernel.locked(unit.registerLock, .irqsave) {
      unit.port.write64(context.rawValue, at: RegisterOffset.ccmd)
    }
    kernel.locked(unit.registerLock, .irqsave) {
      unit.port.write64(iotlb.rawValue, at: unit.extendedCapability.iotlbRegisterOffset + 8)
    }
  }

  // MARK: Context and PASID caches

  /// Device-selective.
  func flushContext(
    of source: SourceID, domain: DomainID, of unit: IntelIOMMU
  ) throws(DriverError) {
    guard unit.queue != nil else {
      var command = ContextCommand()
      command[flag: .invalidate] = true
      command.requestedGranularity = .device
      command[.sourceID] = UInt64(source.rawValue)
      command[.domainID] = UInt64(domain.rawValue)
      return kernel.locked(unit.registerLock, .irqsave) {
        unit.port.write64(command.rawValue, at: RegisterOffset.ccmd)
      }
    }
    var descriptor = ContextCacheDescriptor()
    descriptor.granularity = .device
    descriptor[.sourceID] = UInt64(source.rawValue)
    descriptor[.domainID] = UInt64(domain.rawValue)
    try submit(descriptor, to: unit)
  }

  /// All of a domain.
  func flushPASIDs(of domain: DomainID, of unit: IntelIOMMU) throws(DriverError) {
    var descriptor = PASIDCacheDescriptor()
    descriptor.granularity = .domain
    descriptor[.domainID] = UInt64(domain.rawValue)
    try submit(descriptor, to: unit)
  }

  func flushPASID(
    _ pasid: PASID, of domain: DomainID, of unit: IntelIOMMU
  ) throws(DriverError) {
    var descriptor = PASIDCacheDescriptor()
    descriptor.granularity = .pasid
    descriptor[.domainID] = UInt64(domain.rawValue)
    descriptor[.pasid] = UInt64(pasid.rawValue)
    try submit(descriptor, to: unit)
  }

  // MARK: The IOTLB

  /// Domain-selective.
  func flushDomain(_ domain: DomainID, of unit: IntelIOMMU) throws(DriverError) {
    try flushTranslations(of: domain, .everything, leavesOnly: false, of: unit)
  }

  /// Domain-selective, or page-selective within the domain.
  func flushTranslations(
    of domain: DomainID, _ range: RangeInvalidation, leavesOnly: Bool, of unit: IntelIOMMU
  ) throws(DriverError) {
    guard unit.queue != nil else {
      return flushThroughRegister(domain, range, leavesOnly: leavesOnly, of: unit)
    }
    try submit(iotlbDescriptor(domain, range, leavesOnly: leavesOnly, of: unit), to: unit)
  }

  func iotlbDescriptor(
    _ domain: DomainID, _ range: RangeInvalidation, leavesOnly: Bool, of unit: IntelIOMMU
  ) -> IOTLBDescriptor {
    var descriptor = IOTLBDescriptor()
    descriptor[.domainID] = UInt64(domain.rawValue)
    descriptor[flag: .drainReads] = unit.capability[flag: .readDraining]
    descriptor[flag: .drainWrites] = unit.capability[flag: .writeDraining]
    switch range {
    case .everything:
      descriptor.granularity = .domain
    case .pages(let address, let mask):
      descriptor.granularity = .page
      descriptor[inPlace: .address] = address
      descriptor[.addressMask] = mask
      // Before 6.10 the hint was lost on its way into the descriptor.
      descriptor[flag: .invalidationHint] =
        leavesOnly && kernel.build.behaviour.driver.hasCacheTags
    }
    return descriptor
  }

  /// __iommu_flush_iotlb.
  private func flushThroughRegister(
    _ domain: DomainID, _ range: RangeInvalidation, leavesOnly: Bool, of unit: IntelIOMMU
  ) {
    var command = IOTLBCommand()
    command[flag: .invalidate] = true
    command[.domainID] = UInt64(domain.rawValue)
    command[flag: .drainWrites] = unit.capability[flag: .writeDraining]
    command.requestedGranularity = .domain
    let offset = unit.extendedCapability.iotlbRegisterOffset
    kernel.locked(unit.registerLock, .irqsave) {
      if case .pages(let first, let mask) = range {
        command.requestedGranularity = .page
        var address = InvalidateAddress()
        address[inPlace: .address] = first
        address[.addressMask] = mask
        address[flag: .invalidationHint] = leavesOnly
        unit.port.write64(address.rawValue, at: offset)
      }
      unit.port.write64(command.rawValue, at: offset + 8)
    }
    let done = IOTLBCommand(rawValue: unit.port.read64(at: offset + 8))
    if done[.actualGranularity] == 0 { kernel.print(.note(.flushFailed)) }
  }

  /// The translations of one PASID: qi_flush_piotlb, of all its pages unless told otherwise.
  func flushFirstStage(
    _ pasid: PASID, of domain: DomainID, _ range: RangeInvalidation = .everything,
    leavesOnly: Bool = false, of unit: IntelIOMMU
  ) throws(DriverError) {
    try submit(
      pasidIOTLBDescriptor(pasid, domain, range, leavesOnly: leavesOnly), to: unit)
  }

  func pasidIOTLBDescriptor(
    _ pasid: PASID, _ domain: DomainID, _ range: RangeInvalidation, leavesOnly: Bool
  ) -> PASIDIOTLBDescriptor {
    var descriptor = PASIDIOTLBDescriptor()
    descriptor[.domainID] = UInt64(domain.rawValue)
    descriptor[.pasid] = UInt64(pasid.rawValue)
    switch range {
    case .everything:
      descriptor.granularity = .pasid
    case .pages(let address, let mask):
      descriptor.granularity = .page
      descriptor[inPlace: .address] = address
      descriptor[.addressMask] = mask
      descriptor[flag: .invalidationHint] = leavesOnly
    }
    return descriptor
  }

  // MARK: Device TLBs

  /// The TLB of a device that the driver has switched it on for, while the unit translates.
  func flushDeviceTLB(
    of device: DeviceInfo, _ range: RangeInvalidation, pasid: PASID = .none
  ) throws(DriverError) {
    for descriptor in deviceTLBDescriptors(of: device, range, pasid: pasid) {
      try submit([descriptor], to: device.unit)
    }
  }

  func deviceTLBDescriptors(
    of device: DeviceInfo, _ range: RangeInvalidation, pasid: PASID
  ) -> [[UInt64]] {
    let status = GlobalStatus(rawValue: device.unit.port.read32(at: RegisterOffset.gsts))
    guard device.isATSEnabled, status[flag: .translation] else { return [] }
    return [deviceTLBDescriptor(of: device, range, pasid: pasid)]
  }

  func deviceTLBDescriptor(
    of device: DeviceInfo, _ range: RangeInvalidation, pasid: PASID
  ) -> [UInt64] {
    // 32 does not fit: 0 stands for it.
    let depth = UInt64(device.function.traits.ats ?? 0) & 0x1f
    let (address, isLarge) = Self.deviceAddress(range)
    if pasid == .none {
      var descriptor = DeviceTLBDescriptor()
      descriptor[.sourceID] = UInt64(device.source.rawValue)
      descriptor[.maximumPending] = depth
      descriptor[inPlace: .address] = address
      descriptor[flag: .size] = isLarge
      return descriptor.words
    }
    var descriptor = PASIDDeviceTLBDescriptor()
    descriptor[.sourceID] = UInt64(device.source.rawValue)
    descriptor[.pasid] = UInt64(pasid.rawValue)
    descriptor[.maximumPending] = depth
    descriptor[inPlace: .address] = address
    descriptor[flag: .size] = isLarge
    return descriptor.words
  }

  /// PCI Express' way to say how much: with S, the lowest clear bit of the address above bit 11.
  private static func deviceAddress(_ range: RangeInvalidation) -> (UInt64, isLarge: Bool) {
    switch range {
    case .everything: return (.max >> 1, true)
    case .pages(let address, mask: 0): return (address, false)
    case .pages(let address, let mask):
      let ones = (UInt64(1) << (12 + mask - 1)) &- 1
      return (address & ~((1 << (12 + mask)) &- 1) | ones, true)
    }
  }

  // MARK: The write buffer

  /// iommu_flush_write_buffer: units with RWBF hold writes to tables back until told.
  func flushWriteBuffer(of unit: IntelIOMMU) {
    guard unit.capability[flag: .writeBufferFlush] else { return }
    kernel.locked(unit.registerLock, .irqsave) { unit.command(.writeBufferFlush) }
  }
}
