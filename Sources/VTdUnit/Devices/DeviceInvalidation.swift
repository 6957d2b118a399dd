import VTdFormats

/// What a device is told to drop from its TLB.
struct DeviceInvalidation {
  let pasid: UInt32?
  let everyPASID: Bool
  let address: UInt64
  /// S: the lowest clear bit of the address above bit 11 tells the size, as in PCI Express ATS.
  let isLarge: Bool

  var range: ClosedRange<UInt64> {
    if !isLarge { return address...(address | 0xfff) }
    let ones = UInt64((address.page ^ .max).trailingZeroBitCount)
    // n ones above bit 11 stand for 2^(n+1) pages; all ones, for everything.
    if 13 + ones >= 64 { return 0...UInt64.max }
    let size = (UInt64(1) << (13 + ones)) - 1
    return (address & ~size)...(address | size)
  }
}
