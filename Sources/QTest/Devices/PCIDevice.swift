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
