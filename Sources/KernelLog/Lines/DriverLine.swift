/// Any line of the driver, as a value. What stands for it in a log is its form's matter.
public enum DriverLine: Hashable, Sendable {
  case fault(FaultLine)
  case status(FaultStatusLine)
  case suppressed(SuppressedLine)
  case dump(DumpLine)
  case queueError(QueueErrorLine)
  case pageRequest(PageRequestLine)
  case boot(BootLine)
  case note(DriverNote)
  case death(DeathLine)
}

/// The shapes of one kernel's lines.
public struct LineGenerations: Hashable, Sendable {
  public var faults: FaultLineGeneration
  public var reasons: FaultReasonTable
  public var dump: DumpWording
  public var boot: BootLineGeneration
  /// A refused descriptor stands as `qw0 = …, qw1 = …`, and not as `low=…, high=…`.
  public var namesQueueWords: Bool
  /// The device stands before a line that is about it, and not in the line.
  public var namesDeviceFirst: Bool
  /// An oops begins with `Oops: ` of its own.
  public var repeatsOops: Bool
  public var panic: PanicShape

  /// How a panic is printed.
  public struct PanicShape: Hashable, Sendable {
    /// A reason's own line end is printed.
    public var breaksLine: Bool
    /// `]---` closes the last line.
    public var isClosed: Bool

    public init(breaksLine: Bool = false, isClosed: Bool = true) {
      self.breaksLine = breaksLine
      self.isClosed = isClosed
    }
  }

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
