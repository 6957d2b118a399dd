internal import KernelLog

// What the fault handler prints and how it finds the tables that it dumps.

extension KernelChange {
  /// The prefix of table and fault lines.
  static let dmarInFront = KernelChange(
    "3.6", "lines of the table and of faults begin with dmar:")
  /// The prefix of every line.
  static let capitalsInFront = KernelChange(
    "4.2", isEstimated: true, "every line begins with DMAR: or DMAR-IR:")
  /// Scalable mode as fault lines show it.
  static let scalableFaults = KernelChange(
    "5.4", "fault lines have the PASID, and scalable-mode reasons have texts")
  /// The cure of the report's bug.
  static let dumpFromEntry = KernelChange(
    "6.0", commit: "6ad931a23223", "the dump walks from the entry")
}

extension KernelValues {
  static let faultLinesTimeline = Timeline<FaultLineGeneration>(
    "fault_lines", "the shape of fault lines, F1 (2.6) to F8 (7.2 on)", oldest: .f1,
    [
      .by(.dmarInFront, .f2),
      .by(.capitalsInFront, .f3),
      .since("4.7", commit: "a0fe14d7dcf5", "a fault is one line", .f4),
      .by(.scalableFaults, .f5),
      .since(
        "5.14", commit: "719a19335692",
        "fault lines have NO_PASID in the tag, and every number is hexadecimal with 0x", .f6),
      .since("5.15", "fault lines have the device's address without 0x", .f7),
      .since("7.2", "fault lines have the device's PCI segment", .f8),
    ])

  static let faultReasonsTimeline = Timeline<FaultReasonTable>(
    "fault_reasons", "which reasons have texts", oldest: .first,
    [
      .since("3.10", "reason 0x0d has a text", .legacy),
      .by(.scalableFaults, .scalable),
    ])

  /// What one question to the rate limiter of `dmar_fault` covers.
  public enum RateLimit: String, CaseIterable, Hashable, Sendable {
    /// There is no limiter: every record is printed.
    case none
    /// An interrupt: its status line and all its records, or nothing of it.
    case interrupt
    /// The status line, then each round of the record loop, the last one included.
    case round
  }

  static let rateLimitTimeline = Timeline<RateLimit>(
    "rate_limit", "what the limiter of dmar_fault is asked about", oldest: .none,
    [
      .since(
        "4.7", commit: "c43fce4eebae", "a rate limiter is asked once an interrupt", .interrupt),
      .about("4.17", commit: "6c50d79f6638", "the limiter is asked for each record", .round),
    ])

  /// What `dmar_fault` writes to FSTS at its end.
  public enum StatusClear: String, CaseIterable, Hashable, Sendable {
    /// All that it reads there, queue errors included, on every way out.
    case everything
    /// The primary faults' bits, and only where a fault was pending.
    case primaryFaults = "primary-faults"
  }

  // This change and the one of reason 0x0d were looked up in a 3.6 and a 3.10.
  static let statusClearTimeline = Timeline<StatusClear>(
    "status_clear", "what dmar_fault writes to FSTS when it is done", oldest: .everything,
    [
      .since(
        "3.10", "the handler leaves queue errors in FSTS to the queue's own code", .primaryFaults)
    ])

  /// How the dump's page walk finds its table, and how it words what it meets.
  public enum TableWalk: String, CaseIterable, Hashable, Sendable {
    /// There is no dump.
    case none
    /// A search of the driver's own list of devices.
    case driverList = "driver-list"
    /// `pci_get_domain_bus_and_slot`, hence the klist of the PCI bus.
    case busLookup = "bus-lookup"
    /// From the context or PASID entry that was just dumped.
    case entry
    /// From the entry, which is checked before it is followed.
    case checkedEntry = "checked-entry"
    /// No release does it: the device is looked up on the bus before anything is dumped, and then all
    /// goes as with `checkedEntry`. The report's bug, put back into a newer kernel.
    case lookUpFirst = "look-up-first"
  }

  static let tableWalkTimeline = Timeline<TableWalk>(
    "table_walk", "how the dump finds the page table", oldest: .none,
    [
      .since(
        "5.16", commit: "914ff7719e8a",
        "a fault dumps the tables, which are found through the driver's list of devices",
        .driverList),
      .since(
        "6.0-rc1", commit: "8ac0b64b9735", "the dump looks the device up on the PCI bus",
        .busLookup),
      .by(.dumpFromEntry, .entry),
      .since(
        "6.13", stable: ["6.1.120", "6.6.64", "6.12.3"], commit: "6ceb93f952f6",
        "the dump checks entries before it follows them", .checkedEntry),
    ])
}
