public import VTdFormats

/// A device on bus 0 of the machine, as a user writes one.
///
/// A device says what it is (``layout``), answers accesses of its memory regions, and reaches the
/// rest of the machine through the ``DevicePort`` that each call hands it: DMA, interrupts, timer.
/// Configuration space, BAR placement, COMMAND, the MSI capability and the way of an interrupt to
/// the I/O APIC are the machine's work.
///
/// `EduDevice` and `IOMMUTestDevice` are complete examples, a file each. A device gets its place on
/// the command line by an entry in a ``DeviceCatalog``.
public protocol PCIDevice: AnyObject {
  /// Ids, regions and interrupt abilities; read once, when the device is plugged in.
  var layout: DeviceLayout { get }

  /// Reads `width` bytes (a power of 2 within the region's access widths, aligned) at `offset` of
  /// region `bar`.
  func read(bar: Int, offset: UInt64, width: Int, port: DevicePort) -> UInt64

  /// Writes `width` bytes at `offset` of region `bar`.
  func write(_ value: UInt64, bar: Int, offset: UInt64, width: Int, port: DevicePort)

  /// The time that the device asked for with ``DevicePort/setTimer(at:)`` has come.
  func timerFired(port: DevicePort)

  /// The machine was reset; configuration space is reset already.
  func reset(port: DevicePort)
}

extension PCIDevice {
  /// Most devices have no timer.
  public func timerFired(port: DevicePort) {}
  /// Most devices keep nothing that a reset would change.
  public func reset(port: DevicePort) {}
}

/// What configuration space says of a device.
public struct DeviceLayout: Sendable {
  /// A memory region behind a BAR.
  public struct Region: Sendable {
    /// Which of the six BARs.
    public let bar: Int
    /// Bytes, a power of 2, 16 or more.
    public let size: UInt64
    /// Widths of an access that the device takes, in bytes; narrower ones read 0 and write nothing,
    /// wider ones are split.
    public let widths: ClosedRange<Int>

    /// A region of `size` bytes that takes accesses of these widths, in bytes.
    public init(bar: Int, size: UInt64, widths: ClosedRange<Int> = 4...4) {
      self.bar = bar
      self.size = size
      self.widths = widths
    }
  }

  /// Who made the device.
  public let vendorID: UInt16
  /// Which device it is.
  public let deviceID: UInt16
  /// Base class, subclass, programming interface.
  public let classCode: UInt32
  /// Its revision.
  public let revision: UInt8
  /// The regions that it answers at.
  public let regions: [Region]
  /// Whether it has an MSI capability (one message, 64-bit address).
  public let hasMSI: Bool
  /// 1 to 4 for INTA# to INTD#; 0 for none.
  public let interruptPin: UInt8

  /// What configuration space says of a device.
  public init(
    vendorID: UInt16, deviceID: UInt16, classCode: UInt32 = 0xff0000, revision: UInt8 = 0,
    regions: [Region], hasMSI: Bool = false, interruptPin: UInt8 = 0
  ) {
    self.vendorID = vendorID
    self.deviceID = deviceID
    self.classCode = classCode
    self.revision = revision
    self.regions = regions
    self.hasMSI = hasMSI
    self.interruptPin = interruptPin
  }
}

/// What a device reaches of the machine while one of its methods runs; not to be kept.
public struct DevicePort {
  let machine: Q35Machine
  let slot: Int

  /// The source-id of the device's requests.
  public var sourceID: SourceID { machine.functions[slot].sourceID }

  /// The virtual clock in nanoseconds.
  public var clock: UInt64 { machine.clock }

  /// Reads `count` bytes from `address` by DMA, through the remapping unit page by page.
  ///
  /// - Returns: the bytes, zero where an access was blocked or nobody answered, and whether all of
  ///   them arrived. Nothing arrives while COMMAND's bus master bit is clear.
  public func read(_ address: UInt64, count: Int) -> (bytes: [UInt8], isComplete: Bool) {
    machine.deviceReads(slot, IOVA(rawValue: address), count: count)
  }

  /// Writes bytes to `address` by DMA, through the remapping unit page by page.
  ///
  /// - Returns: whether all of them arrived.
  public func write(_ bytes: [UInt8], to address: UInt64) -> Bool {
    machine.deviceWrites(slot, bytes, to: IOVA(rawValue: address))
  }

  /// Reads memory as the processor sees it, past the remapping unit; nil where nobody answers.
  public func readPhysical(_ address: UInt64, count: Int) -> [UInt8]? {
    machine.readPhysical(address, count: count)
  }

  /// Whether MSI is the device's way to interrupt.
  public var usesMSI: Bool { machine.functions[slot].configuration.isMSIEnabled }

  /// Sends the MSI message, as a write of 4 bytes that goes through the remapping unit.
  public func sendMSI() { machine.deviceSendsMSI(slot) }

  /// Drives the interrupt pin.
  public func setPin(_ level: Bool) { machine.deviceDrivesPin(slot, level) }

  /// Asks for ``PCIDevice/timerFired(port:)`` at `time`; nil takes it back.
  public func setTimer(at time: UInt64?) { machine.functions[slot].deadline = time }
}
