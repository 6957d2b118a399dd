internal import VTdFormats

/// The driver's end of a unit's invalidation queue: `struct q_inval`.
final class InvalidationQueue {
  /// Where the descriptors lie, and where wait descriptors write their status.
  let descriptors: PhysicalAddress
  let status: PhysicalAddress
  /// 128-bit descriptors, or 256-bit ones where the unit has scalable mode.
  let isWide: Bool
  /// The index that comes next.
  private(set) var next = 0

  /// QI_LENGTH: entries of one page of 128-bit descriptors.
  static let length = 256

  init(descriptors: PhysicalAddress, status: PhysicalAddress, isWide: Bool) {
    self.descriptors = descriptors
    self.status = status
    self.isWide = isWide
  }

  var width: UInt64 { isWide ? 32 : 16 }

  /// The index of the next free descriptor, which is then used.
  func take() -> Int {
    defer { next = (next + 1) % Self.length }
    return next
  }

  func address(of index: Int) -> UInt64 { descriptors.rawValue + UInt64(index) * width }
  func statusAddress(of index: Int) -> UInt64 { status.rawValue + UInt64(index) * 4 }
}

extension IntelIOMMUDriver {
  /// dmar_enable_qi: memory for the queue, IQT to its start, IQA, QIE.
  func enableQueue(of unit: IntelIOMMU) throws(DriverError) {
    guard unit.extendedCapability[flag: .queuedInvalidation] else { return }
    // Scalable mode doubles the descriptors and so the pages, also where the driver does not use it.
    let isWide = unit.extendedCapability[flag: .scalableMode]
    let descriptors = try allocatePages(isWide ? 2 : 1)
    let status = pages.allocateSmall()
    unit.queue = InvalidationQueue(descriptors: descriptors, status: status, isWide: isWide)
    var address = QueueAddress()
    address[inPlace: .address] = descriptors.rawValue
    address[flag: .descriptorWidth] = isWide
    address[.size] = isWide ? 1 : 0
    kernel.locked(unit.registerLock, .irqsave) {
      unit.port.write64(0, at: RegisterOffset.iqt)
      unit.port.write64(address.rawValue, at: RegisterOffset.iqa)
      unit.command(.queuedInvalidation)
    }
  }

  /// qi_submit_sync: the descriptor, a wait descriptor behind it, the tail moved, the status polled.
  func submit(_ descriptor: some InvalidationDescriptor, to unit: IntelIOMMU) throws(DriverError) {
    guard let queue = unit.queue else { return }
    try place(descriptor.words, at: queue.take(), in: queue)
    let waitIndex = queue.take()
    var wait = WaitDescriptor()
    wait[.typeLow] = UInt64(DescriptorType.wait.rawValue)
    wait[flag: .statusWrite] = true
    wait[.statusData] = Self.done
    wait[inPlace: .statusAddress] = queue.statusAddress(of: waitIndex)
    try place(wait.words, at: waitIndex, in: queue)
    unit.port.write64(UInt64(queue.next) * queue.width, at: RegisterOffset.iqt)
  }

  /// QI_DONE, what a finished wait descriptor writes.
  private static let done: UInt64 = 2

  private func place(_ words: [UInt64], at index: Int, in queue: InvalidationQueue)
    throws(DriverError)
  {
    let padded = words + Array(repeating: 0, count: max(0, Int(queue.width / 8) - words.count))
    for (offset, word) in padded.enumerated() {
      try store(word, at: queue.address(of: index) + UInt64(offset) * 8)
    }
  }

  // MARK: What the driver invalidates

  func flushContextsGlobally(of unit: IntelIOMMU) throws(DriverError) {
    var descriptor = ContextCacheDescriptor()
    descriptor[.typeLow] = UInt64(DescriptorType.contextCache.rawValue)
    descriptor[.granularity] = InvalidationGranularity.global
    try submit(descriptor, to: unit)
  }

  func flushPASIDsGlobally(of unit: IntelIOMMU) throws(DriverError) {
    var descriptor = PASIDCacheDescriptor()
    descriptor[.typeLow] = UInt64(DescriptorType.pasidCache.rawValue)
    descriptor[.granularity] = InvalidationGranularity.allPASIDs
    try submit(descriptor, to: unit)
  }

  func flushTranslationsGlobally(of unit: IntelIOMMU) throws(DriverError) {
    var descriptor = IOTLBDescriptor()
    descriptor[.typeLow] = UInt64(DescriptorType.iotlb.rawValue)
    descriptor[.granularity] = InvalidationGranularity.global
    descriptor[flag: .drainReads] = unit.capability[flag: .readDraining]
    descriptor[flag: .drainWrites] = unit.capability[flag: .writeDraining]
    try submit(descriptor, to: unit)
  }

  /// The interrupt-entry cache: all of it, or one entry.
  func flushInterruptEntries(_ index: Int? = nil, of unit: IntelIOMMU) throws(DriverError) {
    var descriptor = InterruptEntryCacheDescriptor()
    descriptor[.typeLow] = UInt64(DescriptorType.interruptEntryCache.rawValue)
    if let index {
      descriptor[.granularity] = 1
      descriptor[.index] = UInt64(index)
    }
    try submit(descriptor, to: unit)
  }
}

/// What invalidations ask for.
enum InvalidationGranularity {
  static let global: UInt64 = 1
  /// Of the PASID cache.
  static let allPASIDs: UInt64 = 3
}
