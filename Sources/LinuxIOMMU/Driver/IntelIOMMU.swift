internal import Lockdep
public import VTdFormats

/// A unit's register page as the CPU sees it: with memory and interrupts, all that the driver
/// knows of the hardware.
public protocol UnitPort: AnyObject {
  func read32(at offset: Int) -> UInt32
  func read64(at offset: Int) -> UInt64
  func write32(_ value: UInt32, at offset: Int)
  func write64(_ value: UInt64, at offset: Int)
}

/// A unit to drive: what the firmware's table says of it, and what the kernel decides.
public struct UnitDescription {
  /// `dmar0`.
  public var name: String
  public var segment: UInt32
  public var registerBase: PhysicalAddress
  public var port: any UnitPort
  /// The message that the kernel gives the unit's fault event.
  public var faultMessage: EventMessage

  public init(
    name: String, segment: UInt32, registerBase: PhysicalAddress, port: any UnitPort,
    faultMessage: EventMessage
  ) {
    self.name = name
    self.segment = segment
    self.registerBase = registerBase
    self.port = port
    self.faultMessage = faultMessage
  }
}

/// A message-signalled interrupt: a write of `data` to `address`.
public struct EventMessage: Hashable, Sendable {
  public var address: UInt64
  public var data: UInt32

  public init(address: UInt64, data: UInt32) {
    self.address = address
    self.data = data
  }
}

/// One unit as its driver sees it: `struct intel_iommu`.
final class IntelIOMMU {
  let name: String
  let segment: UInt32
  let registerBase: PhysicalAddress
  let faultMessage: EventMessage
  let registerLock: KernelLock
  /// `qi->q_lock`.
  let queueLock: KernelLock
  let port: any UnitPort
  let capability: Capability
  let extendedCapability: ExtendedCapability
  /// What RTADDR points to; nil before bring-up.
  var rootTable: PhysicalAddress?
  /// The mode of tables that somebody else made; nil for the driver's own.
  var foreignMode: TranslationTableMode?
  /// What IRTA points to; nil where interrupts are not remapped.
  var interruptTable: PhysicalAddress?
  var queue: InvalidationQueue?

  init(_ unit: UnitDescription, in kernel: KernelContext) {
    name = unit.name
    segment = unit.segment
    registerBase = unit.registerBase
    port = unit.port
    faultMessage = unit.faultMessage
    let lockKind: LockKind = kernel.build.behaviour.registerLock == .raw ? .rawSpinlock : .spinlock
    registerLock = kernel.makeLock(
      lockKind, class: "&iommu->register_lock", instance: "\(unit.name).register_lock")
    queueLock = kernel.makeLock(
      lockKind, class: "&qi->q_lock", instance: "\(unit.name).q_lock")
    capability = Capability(rawValue: unit.port.read64(at: RegisterOffset.cap))
    extendedCapability = ExtendedCapability(rawValue: unit.port.read64(at: RegisterOffset.ecap))
  }

  /// Gives one global command and waits for GSTS to show it.
  ///
  /// GCMD has a bit for each level that must be written again with every command, and one-shot bits
  /// that must not: what is written is GSTS without those (VT-d specification 11.4.4.1).
  func command(_ bit: BitField<GlobalCommand>) {
    let status = port.read32(at: RegisterOffset.gsts)
    var command = GlobalCommand(rawValue: status)
    for oneShot in GlobalCommand.oneShot { command[flag: oneShot] = false }
    command[flag: bit] = true
    port.write32(command.rawValue, at: RegisterOffset.gcmd)
  }
}
