internal import KernelProfiles
internal import VTdFormats

/// The driver's end of a unit's invalidation queue: `struct q_inval`.
final class InvalidationQueue {
  /// Where the descriptors lie, and where wait descriptors write their status.
  let descriptors: PhysicalAddress
  let status: PhysicalAddress
  /// 128-bit descriptors, or 256-bit ones where the unit has scalable mode.
  let isWide: Bool
  /// The index that comes next: `free_head`.
  var next = 0

  /// QI_LENGTH: entries of one page of 128-bit descriptors.
  static let length = 256

  /// What the driver notes of a descriptor, in memory beside the queue: the unit writes `done`.
  enum Status: UInt32 {
    case free = 0
    case inUse = 1
    case done = 2
    case aborted = 3
  }

  init(descriptors: PhysicalAddress, status: PhysicalAddress, isWide: Bool) {
    self.descriptors = descriptors
    self.status = status
    self.isWide = isWide
  }

  var width: UInt64 { isWide ? 32 : 16 }

  /// `index` further on, round the ring; negative numbers go back.
  func index(_ index: Int, plus count: Int = 0) -> Int {
    ((index + count) % Self.length + Self.length) % Self.length
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
    let queue = InvalidationQueue(descriptors: descriptors, status: status, isWide: isWide)
    unit.queue = queue
    start(queue, of: unit)
  }

  /// __dmar_enable_qi: the queue begins anew.
  func start(_ queue: InvalidationQueue, of unit: IntelIOMMU) {
    queue.next = 0
    var address = QueueAddress()
    address[inPlace: .address] = queue.descriptors.rawValue
    address[flag: .descriptorWidth] = queue.isWide
    address[.size] = queue.isWide ? 1 : 0
    kernel.locked(unit.registerLock, .irqsave) {
      unit.port.write64(0, at: RegisterOffset.iqt)
      unit.port.write64(address.rawValue, at: RegisterOffset.iqa)
      unit.command(.queuedInvalidation)
    }
  }

  // MARK: What the driver invalidates

  func flushContextsGlobally(of unit: IntelIOMMU) throws(DriverError) {
    var descriptor = ContextCacheDescriptor()
    descriptor.granularity = .global
    try submit(descriptor, to: unit)
  }

  func flushPASIDsGlobally(of unit: IntelIOMMU) throws(DriverError) {
    var descriptor = PASIDCacheDescriptor()
    descriptor.granularity = .global
    try submit(descriptor, to: unit)
  }

  func flushTranslationsGlobally(of unit: IntelIOMMU) throws(DriverError) {
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
}
