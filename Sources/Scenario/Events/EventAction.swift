public import VTdFormats

/// A step that makes the driver meet an event: a queue that stops, a page request, another kernel.
public enum EventAction: Sendable {
  /// A function gets a device TLB.
  case deviceTLB(ScenarioDescription.DeviceName, unanswered: Int, answersTwice: Bool)
  /// The kernel flushes 2^order pages of a device's TLB.
  case flushDeviceTLB(ScenarioDescription.DeviceName, IOVA, order: Int, queueDepth: Int)
  /// The kernel submits descriptors as they are written.
  case submit(unit: String, [[UInt64]])
}
