/// When and where interrupts were last turned on and off in a task (`struct irqtrace_events`).
public struct IRQTrace: Hashable, Sendable {
  /// One time that interrupts were turned on or off.
  public struct Event: Hashable, Sendable {
    /// Its place in the task's count of events; 0 for one that never happened.
    public var number: UInt32
    /// Where that was.
    public var frame: LockdepFrame

    /// An event; without a number, one that never happened.
    public init(number: UInt32 = 0, at frame: LockdepFrame = .none) {
      self.number = number
      self.frame = frame
    }
  }

  /// The count of events so far.
  public var events: UInt32 = 0
  /// When hard interrupts were last turned on.
  public var hardirqsEnabled = Event()
  /// When hard interrupts were last turned off.
  public var hardirqsDisabled = Event()
  /// When soft interrupts were last turned on.
  public var softirqsEnabled = Event()
  /// When soft interrupts were last turned off.
  public var softirqsDisabled = Event()

  /// No change was seen yet.
  public init() {}

  /// Counts one event more, at that place.
  mutating func next(at frame: LockdepFrame) -> Event {
    events &+= 1
    return Event(number: events, at: frame)
  }
}

#if !hasFeature(Embedded)
  // Here and not in Codable.swift: the compiler writes it in the type's own file only.
  extension IRQTrace.Event: Codable {}
  extension IRQTrace: Codable {}
#endif
