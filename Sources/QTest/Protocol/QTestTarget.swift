/// The machine as a qtest session sees it: one space of memory and device registers, ports, a
/// clock, and interrupt lines.
///
/// Nothing here fails: where nobody answers, reads give what the bus gives and writes are lost.
public protocol QTestTarget: AnyObject {
  /// Reads as many bytes as the buffer has, by accesses as wide and as aligned as the reached
  /// devices take them.
  func readMemory(_ address: UInt64, into buffer: UnsafeMutableRawBufferPointer)
  /// Writes all bytes, split as ``readMemory(_:into:)`` splits.
  func writeMemory(_ address: UInt64, from bytes: UnsafeRawBufferPointer)
  /// Reads `width` bytes (1, 2 or 4) at a port.
  func readPort(_ port: UInt16, width: Int) -> UInt32
  /// Writes `width` bytes (1, 2 or 4) at a port.
  func writePort(_ port: UInt16, width: Int, value: UInt32)
  /// First byte behind everything that a transfer may cover; longer ones are refused.
  var longestTransfer: UInt64 { get }

  /// The virtual clock in nanoseconds.
  var clock: UInt64 { get }
  /// Moves the clock on to `time`, running timers on the way; never back.
  func advanceClock(to time: UInt64)
  /// When the next timer is due; nil if none is set.
  var nextDeadline: UInt64? { get }

  /// The device that a path names and whose interrupt inputs can be watched; nil if there is none.
  func interruptSink(at path: String) -> InterruptSink?
  /// Drives an input of a sink; false if it has none with this name and number.
  func driveLine(of sink: InterruptSink, named name: String, number: UInt64, level: Bool) -> Bool
  /// Changes of lines since the last ``forgetLineChanges()``, in order.
  var lineChanges: [LineChange] { get }
  /// Empties ``lineChanges``: they were told.
  func forgetLineChanges()
}

/// A device with interrupt inputs that a session can watch.
public enum InterruptSink: Hashable, Sendable {
  /// The I/O APIC: 24 lines.
  case ioapic
  /// The local APICs: a line for each vector, raised and lowered by each message that arrives.
  case lapic
  /// A device without interrupt inputs.
  case other(String)
}

/// An interrupt input that went up or down.
public struct LineChange: Hashable, Sendable {
  /// The controller whose line changed.
  public let sink: InterruptSink
  /// Which of its lines.
  public let number: Int
  /// Whether it is raised now.
  public let level: Bool

  /// A change of a line.
  public init(sink: InterruptSink, number: Int, level: Bool) {
    self.sink = sink
    self.number = number
    self.level = level
  }
}
