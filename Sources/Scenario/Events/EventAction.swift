public import LinuxIOMMU
public import VTdFormats

/// A step that makes the driver meet an event: a queue that stops, a page request, another kernel.
public enum EventAction: Sendable {
  /// A function gets a device TLB.
  case deviceTLB(ScenarioDescription.DeviceName, unanswered: Int, answersTwice: Bool)
  /// The kernel flushes 2^order pages of a device's TLB.
  case flushDeviceTLB(ScenarioDescription.DeviceName, IOVA, order: Int, queueDepth: Int)
  /// The kernel submits descriptors as they are written.
  case submit(unit: String, [[UInt64]])
  /// From now on all registers of a unit read as ones.
  case unitStops(String)
  /// The machine goes to sleep; the named units, or all, lose what is in their registers.
  case suspend(losing: [String]?)
  case resume
  /// Another kernel takes the machine over.
  case kexec(KexecDescription)
}

/// Another kernel that takes the machine over.
public struct KexecDescription: Sendable {
  /// Nil where it is the same kernel once more.
  public var build: KernelBuild?
  /// The old kernel crashed: nothing was shut down.
  public var isCrash: Bool
  public var boot: ScenarioDescription.BootDescription
}
