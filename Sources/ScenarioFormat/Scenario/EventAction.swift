public import VTdFormats

/// A step that makes the driver meet an event: a queue that stops, a page request, another kernel.
public enum EventAction: Sendable {
  /// A function gets a device TLB.
  case deviceTLB(DeviceTLBStep)
  /// The kernel flushes 2^order pages of a device's TLB.
  case flushDeviceTLB(DeviceFlushStep)
  /// The kernel submits descriptors as they are written.
  case submit(SubmissionStep)
  /// From now on all registers of a unit read as ones.
  case unitStops(String)
  /// The machine goes to sleep.
  case suspend(SuspendStep)
  /// The machine wakes up.
  case resume(ResumeStep)
  /// Another kernel takes the machine over.
  case kexec(KexecDescription)

  /// A device's TLB answers late, twice or not at all.
  public struct DeviceTLBStep: Hashable, Sendable {
    /// The device.
    public var device = DeviceName.first
    /// How many invalidations it leaves unanswered.
    public var unanswered = 0
    /// Whether it answers each one twice.
    public var answersTwice = false

    public init() {}
  }

  /// The driver tells a device to drop a translation.
  public struct DeviceFlushStep: Hashable, Sendable {
    /// The device.
    public var device = DeviceName.first
    /// The page.
    public var address = IOVA(rawValue: 0)
    /// 2^order pages; 52 is all of them.
    public var order = 52
    /// How many invalidations the device can have under way.
    public var queueDepth = 0

    public init() {}
  }

  /// The driver submits descriptors to a queue.
  public struct SubmissionStep: Hashable, Sendable {
    /// The unit whose queue it is.
    public var unit = ""
    /// 64-bit words.
    public var descriptors: [[UInt64]] = []

    public init() {}
  }

  /// The machine goes to sleep.
  public struct SuspendStep: Hashable, Sendable {
    /// The units that lose what is in their registers; nil for all.
    public var losing: [String]?

    public init() {}
  }

  /// The machine wakes up.
  public struct ResumeStep: Hashable, Sendable {
    public init() {}
  }
}

/// Another kernel that takes the machine over.
public struct KexecDescription: Sendable {
  /// Nil where it is the same kernel once more.
  public var kernel: KernelDescription?
  /// The old kernel crashed: nothing was shut down.
  public var isCrash = false
  /// How the new kernel boots.
  public var boot = BootDescription()

  public init() {}
}

extension EventAction {
  /// The steps that are events.
  static func visit(_ field: inout Fields, _ whole: inout StepAction?) {
    /// Of another kind of step there is nothing.
    func event(_ action: StepAction) -> Self? {
      if case .event(let action) = action { action } else { nil }
    }
    field.choice(
      "device_tlb", &whole, { .event(.deviceTLB($0)) },
      { if case .deviceTLB(let it) = event($0) { it } else { nil } }, .section,
      "a function gets a TLB of its own (ATS)")
    field.choice(
      "flush_device_tlb", &whole, { .event(.flushDeviceTLB($0)) },
      { if case .flushDeviceTLB(let it) = event($0) { it } else { nil } }, .section,
      "the kernel has a device drop pages from its TLB; a device without one never answers")
    field.choice(
      "submit", &whole, { .event(.submit($0)) },
      { if case .submit(let it) = event($0) { it } else { nil } }, .section,
      "the kernel submits descriptors as they are written")
    field.choice(
      "unit_stops", &whole, { .event(.unitStops($0)) },
      { if case .unitStops(let it) = event($0) { it } else { nil } }, .name,
      "a unit stops answering: from now on its registers read as all ones", example: "dmar0")
    field.choice(
      "suspend", &whole, { .event(.suspend($0)) },
      { if case .suspend(let it) = event($0) { it } else { nil } }, .section,
      "the machine goes to sleep (S3)")
    field.choice(
      "resume", &whole, { .event(.resume($0)) },
      { if case .resume(let it) = event($0) { it } else { nil } }, .section, "it wakes up")
    field.choice(
      "kexec", &whole, { .event(.kexec($0)) },
      { if case .kexec(let it) = event($0) { it } else { nil } }, .section,
      "another kernel takes the machine over, with units and tables as they are")
  }
}

extension EventAction.DeviceTLBStep: Section {
  package static var sectionName: String { "device_tlb" }

  package mutating func visit(_ field: inout Fields) {
    field.required("device", &device, .device, "the device")
    field(
      "unanswered", &unanswered, .number(0...1_000_000),
      "how many invalidations it leaves unanswered before it answers")
    field(
      "answers_twice", &answersTwice, .flag,
      "it sends a completion too many, which the unit cannot place")
  }
}

extension EventAction.DeviceFlushStep: Section {
  package static var sectionName: String { "flush_device_tlb" }

  package mutating func visit(_ field: inout Fields) {
    field.required("device", &device, .device, "the device")
    field("address", &address, .number(), "the first page")
    field("order", &order, .number(0...52), "2^order pages; 52 is all of them")
    field(
      "queue_depth", &queueDepth, .number(0...31),
      "the device's invalidate queue depth as its ATS capability says; 0 is 32")
  }
}

extension EventAction.SubmissionStep: Section {
  package static var sectionName: String { "submit" }

  package mutating func visit(_ field: inout Fields) {
    field.required("unit", &unit, .name, "the unit's name", example: "dmar0")
    field.required(
      "descriptors", &descriptors, .list(.list(.number(0...(.max), .hex))),
      "the 64-bit words of each; the kernel puts a wait behind them", example: "[[0x1, 0x0]]")
  }
}

extension EventAction.SuspendStep: Section {
  package static var sectionName: String { "suspend" }

  package mutating func visit(_ field: inout Fields) {
    field(
      "loses", &losing, .list(.name),
      "the units that lose registers and caches with their power, all unless given",
      example: "[dmar0]")
  }
}

extension EventAction.ResumeStep: Section {
  package static var sectionName: String { "resume" }
  package mutating func visit(_ field: inout Fields) {}
}

extension KexecDescription: Section {
  package static var sectionName: String { "kexec" }
  package static var isFlow: Bool { false }

  package mutating func visit(_ field: inout Fields) {
    field(
      "crash", &isCrash, .flag, "the old kernel crashed (kdump): it has shut nothing down")
    field("kernel", &kernel, .section, "the new kernel; the same one unless given")
    field.required("boot", &boot, .section, "its boot")
    if boot.pagesPlace.file.isEmpty { field.note(&boot.pagesPlace) }
  }
}
