internal import RemappingTables
public import VTdFormats
import VTdUnit

// Caches are flushed as a driver does it: descriptors in the invalidation queue.
extension Lab {
  /// Drops everything that the unit has cached: contexts, PASIDs, translations, interrupt entries.
  public mutating func flush() throws(LabError) {
    var context = ContextCacheDescriptor()
    context.granularity = .global
    try submit(context)
    if preset.mode == .scalable {
      var pasid = PASIDCacheDescriptor()
      pasid.granularity = .global
      try submit(pasid)
    }
    var iotlb = IOTLBDescriptor()
    iotlb.granularity = .global
    try submit(iotlb)
    if tables.interruptTable != nil {
      // Granularity 0 is global.
      try submit(InterruptEntryCacheDescriptor())
    }
  }

  /// Drops the translations of one domain.
  public mutating func flush(domain: Int) throws(LabError) {
    try Self.check(domain: domain)
    var iotlb = IOTLBDescriptor()
    iotlb.granularity = .domain
    iotlb[.domainID] = UInt64(domain)
    try submit(iotlb)
  }

  /// Drops the translation of one page.
  ///
  /// - Parameters:
  ///   - address: the address.
  ///   - domain: nil for the domain of the last device that was attached.
  public mutating func flush(page address: UInt64, domain: Int? = nil) throws(LabError) {
    guard let number = domain ?? lastDomain else { throw .nothingAttached }
    try Self.check(domain: number)
    var iotlb = IOTLBDescriptor()
    iotlb.granularity = .page
    iotlb[.domainID] = UInt64(number)
    iotlb[inPlace: .address] = address
    try submit(iotlb)
  }

  /// Any descriptor, for flushes that have no name here.
  public mutating func submit(_ descriptor: some InvalidationDescriptor) throws(LabError) {
    guard var queue else {
      throw .unit("the invalidation queue is off; call start() first")
    }
    try queue.submit(descriptor, to: unit)
    self.queue = queue
  }
}
