public import PCI
public import VTdFormats

/// Invalidations as drivers and users ask for them (qi_flush_dev_iotlb and raw descriptors).
extension IntelIOMMUDriver {
  /// qi_flush_dev_iotlb: 2^order pages of a device's TLB.
  @discardableResult
  func flushDeviceTLB(
    of device: PCIAddress, _ address: IOVA, order: Int, queueDepth: Int = 0
  ) throws(DriverError) -> QueueOutcome {
    guard let unit = unit(covering: device) else { throw DriverError(.noUnit(device.segment)) }
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

extension Kernel {
  /// Asks a device to drop 2^order pages from its TLB, as an unmap or a detach does.
  public func flushDeviceTLB(
    of device: PCIAddress, _ address: IOVA, order: Int, queueDepth: Int = 0
  ) throws(DriverError) {
    try driver.flushDeviceTLB(of: device, address, order: order, queueDepth: queueDepth)
  }

  /// Submits descriptors as they are given, to the unit at that place among the kernel's units.
  public func submit(_ descriptors: [[UInt64]], toUnit index: Int) throws(DriverError) {
    guard driver.units.indices.contains(index) else { return }
    try driver.submit(descriptors, to: driver.units[index])
  }
}
