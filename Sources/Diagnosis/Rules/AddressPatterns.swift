import KernelLog
import LogReading
import VTdFormats

/// Causes that the address tells by its look: a pointer of the kernel's, or half of a number.
extension Rule {
  /// Cause 6: a pointer of the kernel's own instead of a DMA address.
  static let kernelPointer = Rule(cause: .rawPhysicalAddress) { fault in
    guard let address = fault.fault.address, AddressPattern.isKernelPointer(address),
      fault.fault.interruptIndex == nil, fault.fault.ownPASID == nil, fault.guestLines.isEmpty
    else { return nil }
    return Hypothesis(
      cause: .rawPhysicalAddress,
      clues: [
        Clue(
          .kernelPointer,
          "0x\(hex(address)) is a pointer of the kernel's own address space, which no device can "
            + "use", fault.place)
      ], severity: .serious, culprit: "the device's driver",
      verdict: "\(fault.device) was given the kernel pointer 0x\(hex(address)) instead of an "
        + "address from the DMA API",
      next: [
        .linux(
          "look where the driver writes a pointer into a descriptor or register: it has to be the "
            + "dma_addr_t that dma_map_* or dma_alloc_coherent gave")
      ])
  }

  /// Cause 6: an address of which the upper half was lost on the way to the device.
  static let cutAddress = Rule(cause: .rawPhysicalAddress) { fault in
    guard let address = fault.fault.address, fault.isReason(FaultReason.pageMissing),
      fault.fault.ownPASID == nil, fault.guestLines.isEmpty, fault.leafAllows != true,
      fault.regions.isEmpty, fault.window == nil
    else { return nil }
    let clue: Clue
    if let whole = fault.cutFault {
      clue = Clue(
        .cutTo32Bits,
        "the same device faults at a page above 4 GiB of which 0x\(hex(address)) is the low half",
        fault.place + [whole])
    } else if let window = fault.cutWindow {
      clue = Clue(
        .cutTo32Bits,
        "0x\(hex(address)) is the low half of an address in the window "
          + "0x\(hex(window.value.start))-0x\(hex(window.value.end))", fault.place + [window.place])
    } else {
      return nil
    }
    return Hypothesis(
      cause: .rawPhysicalAddress, clues: [clue], severity: .serious,
      culprit: "the device's driver, or the device: it keeps 32 bits of an address",
      verdict: "\(fault.device) used 0x\(hex(address)), the low half of a longer address: it was "
        + "cut to 32 bits",
      next: [
        Step(
          "look in the driver for a register or descriptor whose upper half is not written, and for "
            + "a DMA mask that is wider than the device"),
        "dma_set_mask with 32 bits in the driver, as a test: the fault then ends",
      ])
  }
}
