/// Any line of the driver, as a value. What stands for it in a log is its form's matter.
public enum DriverLine: Hashable, Sendable {
  /// A fault record.
  case fault(FaultLine)
  /// The status register, at the head of the records.
  case status(FaultStatusLine)
  /// The limiter says how many lines it held back.
  case suppressed(SuppressedLine)
  /// A line of a table dump.
  case dump(DumpLine)
  /// An error of the invalidation queue.
  case queueError(QueueErrorLine)
  /// A line of page requests.
  case pageRequest(PageRequestLine)
  /// A line of the boot.
  case boot(BootLine)
  /// Something else that the driver says of a device, a domain or a unit.
  case note(DriverNote)
  /// A line of an oops or a panic.
  case death(DeathLine)
}

/// The shapes of one kernel's lines.
public struct LineGenerations: Hashable, Sendable {
  /// Of fault records.
  public var faults: FaultLineGeneration
  /// Of fault reasons.
  public var reasons: FaultReasonTable
  /// Of table dumps.
  public var dump: DumpWording
  /// Of the boot.
  public var boot: BootLineGeneration
  /// A refused descriptor stands as `qw0 = …, qw1 = …`, and not as `low=…, high=…`.
  public var namesQueueWords: Bool
  /// The device stands before a line that is about it, and not in the line.
  public var namesDeviceFirst: Bool
  /// An oops begins with `Oops: ` of its own.
  public var repeatsOops: Bool
  /// Of a panic.
  public var panic: PanicShape

  /// How a panic is printed.
  public struct PanicShape: Hashable, Sendable {
    /// A reason's own line end is printed.
    public var breaksLine: Bool
    /// `]---` closes the last line.
    public var isClosed: Bool

    /// A panic's shape.
    public init(breaksLine: Bool = false, isClosed: Bool = true) {
      self.breaksLine = breaksLine
      self.isClosed = isClosed
    }
  }

  /// The shapes of one kernel; without arguments those of the newest.
  public init(
    faults: FaultLineGeneration = .f7, reasons: FaultReasonTable = .scalable,
    dump: DumpWording = .revised, boot: BootLineGeneration = .current,
    namesQueueWords: Bool = true, namesDeviceFirst: Bool = true, repeatsOops: Bool = true,
    panic: PanicShape = PanicShape()
  ) {
    self.faults = faults
    self.reasons = reasons
    self.dump = dump
    self.boot = boot
    self.namesQueueWords = namesQueueWords
    self.namesDeviceFirst = namesDeviceFirst
    self.repeatsOops = repeatsOops
    self.panic = panic
  }
}
