// What the driver does where the invalidation queue stops, and about page requests.

extension KernelValues {
  /// What `qi_check_fault` prints.
  public enum QueueErrorReport: String, CaseIterable, Hashable, Sendable {
    /// The descriptor alone, as `low=… high=…`; time-outs pass without a word.
    case lowHigh = "low-high"
    /// The descriptor alone, as `qw0 = … qw1 = …`.
    case words
    /// What IQERCD says, the descriptors at the head and before it, and what was cleared.
    case dump
  }

  static let queueErrorsTimeline = Timeline<QueueErrorReport>(
    "queue_errors", "what is printed where the queue stops", oldest: .lowHigh,
    [
      .since(
        "5.0", commit: "5d308fc1ecf5",
        "descriptors may have 256 bits, and bad ones are told as qw0 and qw1", .words),
      .since(
        "5.13", commit: "6ca69e5841f0", "queue errors are told with IQERCD, QI HEAD and QI PRIOR",
        .dump),
    ])

  /// What becomes of a submission whose wait was aborted by a time-out.
  public enum TimeOutRetry: String, CaseIterable, Hashable, Sendable {
    /// It is made again, for ever if the device stays silent.
    case always
    /// It is given up where the unit names a device and that device is gone.
    case presentDevices = "present-devices"
  }

  static let timeOutRetryTimeline = Timeline<TimeOutRetry>(
    "time_out_retry", "whether a timed-out invalidation is tried again", oldest: .always,
    [
      .since(
        "6.9", commit: "80a9b50c0b9e",
        "an invalidation of a device that is gone is not tried again", .presentDevices)
    ])

  /// Which descriptors' statuses a time-out sets to aborted.
  public enum TimeOutAbort: String, CaseIterable, Hashable, Sendable {
    /// Those at odd places, where waits stand as long as descriptors come one at a time.
    case oddWaits = "odd-waits"
    /// All that are left.
    case all
  }

  static let timeOutAbortTimeline = Timeline<TimeOutAbort>(
    "time_out_abort", "which waits a time-out aborts", oldest: .oddWaits,
    [
      .since(
        "7.0", stable: ["5.15.203", "6.1.167", "6.12.78", "6.18.20"], commit: "fe89277c9ceb",
        "a time-out aborts every pending wait", .all)
    ])

  /// The lines about page requests.
  public enum PageRequestLines: String, CaseIterable, Hashable, Sendable {
    /// There are no page requests.
    case none
    /// `%s: Page request without PASID: %08llx %08llx`.
    case long
    /// `IOMMU: %s: Page request without PASID`, then `%s: Invalid page request: …`.
    case short
    /// As `short`, but requests without PASID are served.
    case pasidOptional = "pasid-optional"
  }

  static let pageRequestLinesTimeline = Timeline<PageRequestLines>(
    "page_request_lines", "the lines about page requests that are refused", oldest: .none,
    [
      .since("4.4", "page requests are served", .long),
      .since(
        "5.14", commit: "d5b9e4bfe0d8", "page requests go through the core's fault queue", .short),
      .since(
        "6.13", commit: "9f831c16c69e", "page requests without PASID are served", .pasidOptional),
    ])
}
