internal import KernelProfiles
internal import KernelRuntime
internal import VTdFormats

extension IOMMUCore {
  /// The message of an event: data, address and upper address behind the control register, which
  /// then loses its mask.
  func setEvent(_ message: EventMessage, control: Int, of unit: IntelIOMMU) {
    requestingInterrupt {
      kernel.locked(unit.registerLock, .irqsave) {
        unit.port.write32(message.data, at: RegisterOffset.data(ofEvent: control))
        unit.port.write32(
          UInt32(truncatingIfNeeded: message.address),
          at: RegisterOffset.address(ofEvent: control))
        unit.port.write32(
          UInt32(truncatingIfNeeded: message.address >> 32),
          at: RegisterOffset.upperAddress(ofEvent: control))
      }
      kernel.locked(unit.registerLock, .irqsave) {
        unit.port.write32(EventControl().rawValue, at: control)
      }
    }
  }
}
