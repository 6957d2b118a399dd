/// What a qtest client of `-machine none` talks to: there is a clock, and nothing else.
///
/// libqtest since QEMU 10.2 opens a qtest connection even where it only asks the monitor which machines
/// there are, and its first request on each connection is `endianness`.
final class EmptyMachine: QTestTarget {
  private(set) var clock: UInt64 = 0

  func readMemory(_ address: UInt64, into buffer: UnsafeMutableRawBufferPointer) {
    buffer.initializeMemory(as: UInt8.self, repeating: 0)
  }

  func writeMemory(_ address: UInt64, from bytes: UnsafeRawBufferPointer) {}
  func readPort(_ port: UInt16, width: Int) -> UInt32 {
    .max >> UInt32(truncatingIfNeeded: 32 - 8 * width)
  }
  func writePort(_ port: UInt16, width: Int, value: UInt32) {}

  /// A transfer may cover as much as with the smallest machine.
  var longestTransfer: UInt64 { 1 << 32 }
  func advanceClock(to time: UInt64) { clock = max(clock, time) }
  var nextDeadline: UInt64? { nil }
  func interruptSink(at path: String) -> InterruptSink? { nil }

  func driveLine(of sink: InterruptSink, named name: String, number: UInt64, level: Bool) -> Bool {
    false
  }

  var lineChanges: [LineChange] { [] }
  func forgetLineChanges() {}
}
