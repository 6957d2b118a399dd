internal import LinuxIOMMU
public import PCI
public import VTdFormats
public import VTdUnit

/// Devices that cache translations, and invalidations that the kernel sends them.
extension Machine {
  /// Gives the function at `address` a TLB that answers invalidations; nil where no unit covers it.
  @discardableResult
  public func attachTLB(to address: PCIAddress) -> ATSDevice? {
    guard let unit = unit(covering: address) else { return nil }
    let device = ATSDevice(source: address.sourceID)
    unit.hardware.attach(device)
    deviceTLBs[address] = device
    givenTLBs.insert(address)
    return device
  }

  /// Lets the kernel flush 2^order pages of a device's TLB.
  public func flushDeviceTLB(
    of device: PCIAddress, _ address: IOVA, order: Int, queueDepth: Int
  ) throws {
    try ask { kernel in
      try kernel.flushDeviceTLB(of: device, address, order: order, queueDepth: queueDepth)
    }
  }

  /// Lets the kernel submit descriptors as they are given to the unit of that name.
  public func submit(_ descriptors: [[UInt64]], to unit: Int) throws {
    try ask { try $0.submit(descriptors, toUnit: unit) }
  }
}
