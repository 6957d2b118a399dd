internal import KernelRuntime
public import VTdFormats

/// A unit's register page as the CPU sees it: with memory and interrupts, all that the driver
/// knows of the hardware.
public protocol UnitPort: AnyObject {
  /// The 32 bits of a register, at its byte offset from the start of the page.
  func read32(at offset: Int) -> UInt32
  /// The 64 bits of a register, read with one access.
  func read64(at offset: Int) -> UInt64
  /// Writes 32 bits to a register.
  func write32(_ value: UInt32, at offset: Int)
  /// Writes 64 bits to a register with one access.
  func write64(_ value: UInt64, at offset: Int)
}

/// A unit to drive: what the firmware's table says of it, and what the kernel decides.
public struct AttachedUnit {
  /// `dmar0`.
  public var name: String
  /// The PCI segment that it covers.
  public var segment: UInt32
  /// Where its registers are.
  public var registerBase: PhysicalAddress
  /// The way to its registers.
  public var port: any UnitPort
  /// The message that the kernel gives the unit's fault event.
  public var faultMessage: EventMessage
  /// The message that it gives the page-request event.
  public var pageRequestMessage: EventMessage

  /// A unit with the names and addresses that the kernel knows it by.
  ///
  /// - Parameters:
  ///   - name: what it is called.
  ///   - segment: the PCI segment.
  ///   - registerBase: where its registers are.
  ///   - port: the way to its registers.
  ///   - faultMessage: the message that its fault event sends.
  ///   - pageRequestMessage: unless given, the vector behind the fault event's.
  public init(
    name: String, segment: UInt32, registerBase: PhysicalAddress, port: any UnitPort,
    faultMessage: EventMessage, pageRequestMessage: EventMessage? = nil
  ) {
    self.name = name
    self.segment = segment
    self.registerBase = registerBase
    self.port = port
    self.faultMessage = faultMessage
    self.pageRequestMessage =
      pageRequestMessage
      ?? EventMessage(address: faultMessage.address, data: faultMessage.data &+ 1)
  }
}
