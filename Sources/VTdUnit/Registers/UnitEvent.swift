public import VTdFormats

/// Something that happened inside a unit, for traces: nothing depends on anybody listening.
public enum UnitEvent: Hashable, Sendable {
  /// An access that reaches no register: it reads 0 and writes nothing.
  case registerAccessRefused(offset: Int, width: Int, isWrite: Bool)
  /// A register was written, by name, with the value it holds now.
  case registerWritten(name: String, value: UInt64)
  /// A fault is in the record with that index.
  case faultRecorded(FaultRecord, index: Int)
  /// A fault was not recorded, and why.
  case faultDropped(FaultRecord, FaultDisposition)
  /// An event wants to be signalled; `masked` if IM holds the message back.
  case eventRaised(InterruptMessage.Event, masked: Bool)
  /// The unit sent a message of its own.
  case messageSent(InterruptMessage)
  /// A descriptor of the invalidation queue is carried out.
  case descriptor(DescriptorType, low: UInt64, high: UInt64)
  /// IQE was set.
  case queueStopped(QueueErrorInformation)
  /// ITE was set.
  case deviceTimedOut(SourceID)
}

/// What a change to the unit's state leads to, done once the state's lock is free again: whoever
/// receives a message may call the unit.
struct Effects {
  /// Nil while there are none: mostly there are none, and a nil costs nothing to drop.
  private(set) var messages: [InterruptMessage]?
  private(set) var events: [UnitEvent]?
  /// Whether anybody wants `events`.
  let isTraced: Bool

  init(isTraced: Bool) { self.isTraced = isTraced }

  var isEmpty: Bool { messages == nil && events == nil }

  @inline(__always)
  mutating func trace(_ event: @autoclosure () -> UnitEvent) {
    if isTraced { append(event()) }
  }

  private mutating func append(_ event: UnitEvent) {
    if events == nil { events = [] }
    events?.append(event)
  }

  mutating func send(_ message: InterruptMessage) {
    if messages == nil { messages = [] }
    messages?.append(message)
    trace(.messageSent(message))
  }
}
