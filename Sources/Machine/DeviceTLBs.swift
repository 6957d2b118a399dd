public import LinuxIOMMU
public import PCI
public import VTdFormats
public import VTdUnit

/// Devices that cache translations, and invalidations that the kernel sends them.
extension Machine {
  /// Gives the function at `address` a TLB that answers invalidations; nil where no unit covers it.
  ///
  /// It works without the kernel's doing.
  @discardableResult
  public func attachTLB(to address: PCIAddress) -> ATSDevice? {
    connectTLB(to: address, isGiven: true)
  }

  func connectTLB(to address: PCIAddress, isGiven: Bool) -> ATSDevice? {
    guard let unit = unit(covering: address) else { return nil }
    let device = ATSDevice(source: address.sourceID)
    unit.hardware.attach(device)
    bus.connect(device, to: address, isGiven: isGiven)
    return device
  }

  /// Lets the kernel flush 2^order pages of a device's TLB.
  public func flushDeviceTLB(
    of device: PCIAddress, _ address: IOVA, order: Int, queueDepth: Int
  ) throws(DriverError) {
    try kernel.flushDeviceTLB(of: device, address, order: order, queueDepth: queueDepth)
  }

  /// Lets the kernel submit descriptors as they are given to the unit of that name.
  public func submit(_ descriptors: [[UInt64]], to unit: Int) throws(DriverError) {
    try kernel.submit(descriptors, toUnit: unit)
  }
}
