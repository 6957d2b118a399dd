public import VTdFormats

/// A message that the unit itself sends to signal one of its events.
public struct InterruptMessage: Hashable, Sendable {
  /// Which event.
  public enum Event: String, Hashable, Sendable {
    /// A recorded fault, an invalidation that is done, a device's page request.
    case fault, invalidationCompletion, pageRequest
  }
  /// Which event it signals.
  public let event: Event
  /// Where the message is written: event address and upper address registers.
  public let address: PhysicalAddress
  /// What is written: the event data register.
  public let data: UInt32

  /// Address and data alone, by which software knows whose event it is.
  public var message: EventMessage { EventMessage(address: address.rawValue, data: data) }
}

/// A device's write of 32 bits to the interrupt range, 0xfee00000 to 0xfeefffff.
public struct InterruptRequest: Hashable, Sendable {
  /// Who sends it.
  public let source: SourceID
  /// Where it is written, in 0xfee00000 to 0xfeefffff.
  public let address: UInt32
  /// What is written.
  public let data: UInt32
  /// A DMA that happens to go to the range, not a message that the kernel has set the device up to
  /// send. Both are the same on a bus; QEMU tells them apart.
  public let isPlainWrite: Bool

  /// A request.
  public init(source: SourceID, address: UInt32, data: UInt32, isPlainWrite: Bool = false) {
    self.source = source
    self.address = address
    self.data = data
    self.isPlainWrite = isPlainWrite
  }
}

/// An interrupt as it goes on to the processors.
public struct DeliveredInterrupt: Hashable, Sendable {
  /// The local APIC: 8 bits in xAPIC mode, 32 in x2APIC mode.
  public let destination: UInt32
  /// The vector, 0 to 255.
  public let vector: UInt8
  /// 0 fixed, 1 lowest priority, 2 SMI, 4 NMI, 5 INIT, 7 ExtINT.
  public let deliveryMode: UInt8
  /// The destination is a logical one.
  public let isLogical: Bool
  /// Level instead of edge.
  public let isLevelTriggered: Bool
  /// The redirection hint: any of the destinations will do.
  public let redirectionHint: Bool

  /// An interrupt as a processor gets it.
  public init(
    destination: UInt32, vector: UInt8, deliveryMode: UInt8 = 0, isLogical: Bool = false,
    isLevelTriggered: Bool = false, redirectionHint: Bool = false
  ) {
    self.destination = destination
    self.vector = vector
    self.deliveryMode = deliveryMode
    self.isLogical = isLogical
    self.isLevelTriggered = isLevelTriggered
    self.redirectionHint = redirectionHint
  }
}

/// What the unit makes of an interrupt request.
public enum InterruptOutcome: Hashable, Sendable {
  /// Remapping is off, or the request has compatibility format and those may pass.
  case unchanged(DeliveredInterrupt)
  /// Through the interrupt table entry with this index.
  case remapped(DeliveredInterrupt, index: UInt16)
  /// Set in the posted-interrupt descriptor; `notification` is sent unless one is under way or
  /// suppressed.
  case posted(vector: UInt8, descriptor: PhysicalAddress, notification: DeliveredInterrupt?)
  /// The unit stopped it: the reason, and what became of the fault.
  case blocked(FaultReason, FaultDisposition)
}
