public import VTdFormats

/// What a device reaches of the machine while one of its methods runs; not to be kept.
public struct DevicePort {
  let host: any DeviceHost
  let slot: Int

  /// The source-id of the device's requests.
  public var sourceID: SourceID { host.deviceSource(slot) }

  /// The virtual clock in nanoseconds.
  public var clock: UInt64 { host.clock }

  /// Reads `count` bytes from `address` by DMA, through the remapping unit page by page.
  ///
  /// - Returns: the bytes, zero where an access was blocked or nobody answered, and whether all of
  ///   them arrived. Nothing arrives while COMMAND's bus master bit is clear.
  public func read(_ address: UInt64, count: Int) -> (bytes: [UInt8], isComplete: Bool) {
    host.deviceReads(slot, IOVA(rawValue: address), count: count)
  }

  /// Writes bytes to `address` by DMA, through the remapping unit page by page.
  ///
  /// - Returns: whether all of them arrived.
  public func write(_ bytes: [UInt8], to address: UInt64) -> Bool {
    host.deviceWrites(slot, bytes, to: IOVA(rawValue: address), isMessage: false)
  }

  /// Reads memory as the processor sees it, past the remapping unit; nil where nobody answers.
  public func readPhysical(_ address: UInt64, count: Int) -> [UInt8]? {
    host.readPhysical(address, count: count)
  }

  /// Whether MSI is the device's way to interrupt.
  public var usesMSI: Bool { host.deviceUsesMSI(slot) }

  /// Sends the MSI message, as a write of 4 bytes that goes through the remapping unit.
  public func sendMSI() { host.deviceSendsMSI(slot) }

  /// Drives the interrupt pin.
  public func setPin(_ level: Bool) { host.deviceDrivesPin(slot, level) }

  /// Asks for ``PCIDevice/timerFired(port:)`` at `time`; nil takes it back.
  public func setTimer(at time: UInt64?) { host.deviceSetsTimer(slot, at: time) }
}

/// What a machine does for the devices on its bus, each named by its slot.
protocol DeviceHost: AnyObject {
  /// The virtual clock in nanoseconds.
  var clock: UInt64 { get }

  func deviceSource(_ slot: Int) -> SourceID
  func deviceReads(_ slot: Int, _ address: IOVA, count: Int) -> (bytes: [UInt8], isComplete: Bool)
  /// - Parameter isMessage: the write is the device's interrupt.
  func deviceWrites(_ slot: Int, _ bytes: [UInt8], to address: IOVA, isMessage: Bool) -> Bool
  /// Memory as the processor sees it.
  func readPhysical(_ address: UInt64, count: Int) -> [UInt8]?
  func deviceUsesMSI(_ slot: Int) -> Bool
  func deviceSendsMSI(_ slot: Int)
  func deviceDrivesPin(_ slot: Int, _ level: Bool)
  func deviceSetsTimer(_ slot: Int, at time: UInt64?)
}
