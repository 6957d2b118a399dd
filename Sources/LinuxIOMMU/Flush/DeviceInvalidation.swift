internal import KernelRuntime
internal import PCI
internal import VTdFormats

/// Invalidations as drivers and users ask for them (qi_flush_dev_iotlb and raw descriptors).
extension Flusher {
  /// qi_flush_dev_iotlb: 2^order pages of a device's TLB.
  @discardableResult
  func flushDeviceTLB(
    of device: PCIAddress, _ address: IOVA, order: Int, queueDepth: Int, by unit: IntelIOMMU
  ) throws(DriverError) -> QueueOutcome {
    var descriptor = DeviceTLBDescriptor()
    descriptor[.sourceID] = UInt64(device.sourceID.rawValue)
    descriptor[.maximumPending] = UInt64(queueDepth)
    var range = address.rawValue
    if order > 0 {
      // The lowest clear bit above bit 11 tells the size: all below it are set.
      range |= (1 << (UInt64(Paging.shift(level: 1) + order) - 1)) - 1
      descriptor[flag: .size] = true
    }
    descriptor[inPlace: .address] = range
    return try submit(descriptor, to: unit)
  }
}
