import KernelLog
import LogReading
import PCI
import VTdFormats

/// What `dmar explain` has to say about a set of logs.
public struct Explanation: Sendable {
  /// A fault with what is made of it.
  public struct Fault: Sendable {
    /// The records that are alike.
    public var group: FaultGroup
    /// The most likely finding first. The first is `.unknown` where no rule fits well enough.
    public var findings: [Finding]
    /// What in the log does not go together.
    public var contradictions: [Finding.Evidence]
    /// Dumped entries and values, decoded.
    public var decoded: [(place: LogPlace, text: String)]
    /// What to do about the verdict's cause; nil for an open verdict.
    public var advice: Advice?
    /// What the log calls the device: `Ethernet controller …, driver e1000e`.
    public var deviceWords: String

    /// The finding that fits best; nil where none does.
    public var verdict: Finding? { findings.first }
  }

  /// A dump alone.
  public struct Dump: Sendable {
    /// The lines.
    public var dump: TableDump
    /// Each entry in words.
    public var decoded: [(place: LogPlace, text: String)]
    /// What in it does not go together.
    public var contradictions: [Finding.Evidence]
  }

  /// The faults, in the order of the log.
  public var faults: [Fault]
  /// What the logs show beside fault records: queue errors, broken firmware, panics.
  public var findings: [Finding]
  /// The lock reports, in the order of the log.
  public var splats: [SplatExplanation]
  /// Table dumps whose fault records the log does not have.
  public var dumps: [Dump]
  /// Other things worth a line.
  public var remarks: [Finding.Evidence]
  /// What the explanation is of.
  public var contents: LogContents

  /// The worst severity of all findings. It does not change when a caller removes parts from the
  /// explanation to show them separately.
  public private(set) var severity: Finding.Severity?
  /// How many incidents the faults form; it does not change then either.
  public private(set) var incidentCount = 0

  /// Whether the input was not a kernel's log at all.
  public var isEmpty: Bool {
    // Remarks on files that could not be read do not make the input a log.
    !contents.isLog && faults.isEmpty && findings.isEmpty && splats.isEmpty
      && remarks.count <= Self.unread(contents).count && dumps.isEmpty && contents.eventCount == 0
      && !contents.hasHistory && contents.machine.rowCount == 0
  }

  /// Explains what a log holds.
  public init(_ contents: LogContents) {
    self.contents = contents
    faults = Self.explain(contents.faults, contents)
    let verdicts = faults.compactMap { $0.verdict?.cause }
    // Memory corruption that is the verdict on a fault is not repeated as a finding.
    findings = LogFindings.find(contents).filter {
      $0.cause != .memoryCorruption || !verdicts.contains(.memoryCorruption)
    }
    splats = contents.splats.map { SplatExplanation($0.value, place: $0.place) }
    dumps = contents.looseDumps.map { dump in
      Dump(
        dump: dump, decoded: DumpDecoding.decode(dump),
        contradictions: Contradictions.dumpOfNothing(dump).map { [$0] } ?? [])
    }
    remarks =
      Self.remarks(contents, beside: findings) + MachineWords.remarks(contents)
      + HistoryWords.remarks(contents)
    let all =
      faults.compactMap { $0.verdict?.severity } + findings.map { $0.severity }
      + splats.map { _ in .serious }
    severity = [.serious, .unclear, .harmless].first { all.contains($0) }
    incidentCount = incidents.count
  }

  /// Nothing explained yet, of a log that is still being read: its faults are explained one by one.
  public init(following contents: LogContents) {
    self.contents = contents
    (faults, findings, splats, dumps, remarks) = ([], [], [], [], [])
  }

  /// Explains some of the faults of what is known.
  public static func explain(
    _ groups: [FaultGroup], _ contents: LogContents
  ) -> [Fault] {
    guard !groups.isEmpty else { return [] }
    return explain(groups, contents, FaultIndex(contents))
  }

  static func explain(
    _ groups: [FaultGroup], _ contents: LogContents, _ index: FaultIndex
  ) -> [Fault] {
    groups.map { explain(FaultCase(fault: $0, log: contents, index: index)) }
  }

  private static func explain(_ fault: FaultCase) -> Fault {
    let group = fault.fault
    let system = group.observation.system
    var findings = Judgement.rank(
      Rule.settle(Rule.all.compactMap { $0.judge(fault) }), under: system)
    if (findings.first?.confidence ?? 0) < 50 {
      findings.insert(OpenVerdict.make(fault, others: findings), at: 0)
    }
    var decoded = group.dump.map(DumpDecoding.decode) ?? []
    if let status = group.status {
      decoded.insert((place: group.first, text: DumpDecoding.status(status)), at: 0)
    }
    if let unit = fault.unit, group.dump != nil {
      decoded.append(
        (place: unit.place, text: "dmar\(unit.value.number) \(unit.value.capability)"))
      decoded.append((place: unit.place, text: "dmar\(unit.value.number) \(unit.value.extended)"))
    }
    var advice = findings.first.flatMap { Advice.on($0.cause, kernel: fault.kernel) }
    // Pass-through is no advice where it is on already.
    if fault.log.passesThrough == true { advice?.workarounds.removeAll { $0 == .passThrough } }
    if let system {
      for index in findings.indices {
        findings[index].next += SystemAdvice.steps(system)
        findings[index].missing += SystemAdvice.missing(system)
      }
      advice = advice.map(SystemAdvice.translate)
    }
    return Fault(
      group: group, findings: findings, contradictions: Contradictions.find(fault),
      decoded: decoded,
      advice: advice,
      deviceWords: words(fault))
  }

  private static func words(_ fault: FaultCase) -> String {
    var parts: [String] = []
    if fault.log.identities.count > 1, let name = fault.log.machineName(fault.fault.key.machine) {
      parts.append("of \(name)")
    }
    guard let function = fault.function else { return parts.joined() }
    if !function.words.isEmpty {
      parts.append(function.words)
    } else if !function.name.isEmpty {
      parts.append(function.name)
    }
    if let vendor = function.vendor, let device = function.device {
      parts.append("[\(hex(UInt64(vendor), digits: 4)):\(hex(UInt64(device), digits: 4))]")
    }
    if let code = function.classCode { parts.append("class 0x\(hex(UInt64(code), digits: 6))") }
    if !function.driver.isEmpty { parts.append("driver \(function.driver)") }
    if let group = function.group {
      let kind = fault.log.machine.groupTypes[group].map { " (\($0.value.rawValue))" } ?? ""
      parts.append("IOMMU group \(group)\(kind)")
    }
    parts += MachineWords.state(of: fault.fault.function, fault.log)
    if fault.log.table != nil, let unit = fault.unit {
      parts.append("unit dmar\(unit.value.number)")
    }
    return parts.joined(separator: ", ")
  }

  /// Where logs of several machines were given: which.
  private static func severalMachines(_ contents: LogContents) -> [Finding.Evidence] {
    let names = contents.identities.indices.compactMap(contents.machineName)
    guard contents.identities.count > 1 else { return [] }
    return [
      Finding.Evidence(
        "\(names.count) machines speak here: \(names.joined(separator: "; ")). Their faults are told "
          + "apart; boot lines, units and devices are not: explain each machine's files alone")
    ]
  }

  /// How many files that were not read are named.
  private static let mostUnread = 8

  private static func unread(_ contents: LogContents) -> [Finding.Evidence] {
    let named = contents.unread.prefix(mostUnread).map {
      Finding.Evidence("not read: \($0.path): \($0.words)")
    }
    let rest = contents.unread.count - named.count
    return rest > 0 ? named + [Finding.Evidence("not read: \(rest) further files")] : Array(named)
  }

  private static func remarks(
    _ contents: LogContents, beside findings: [Finding]
  ) -> [Finding.Evidence] {
    var remarks: [Finding.Evidence] = []
    let told = Set(findings.flatMap { $0.why }.flatMap { $0.places })
    for defect in contents.defects where !told.contains(defect.place) {
      remarks.append(Finding.Evidence("the kernel stumbled: \(defect.value)", [defect.place]))
    }
    let quiet = contents.statuses.filter { value, _ in
      let status = FaultStatus(rawValue: value)
      return value != .max && !status[flag: .primaryPendingFault]
        && !status[flag: .invalidationQueueError]
        && !status[flag: .invalidationCompletionError] && !status[flag: .invalidationTimeOutError]
    }
    let count = quiet.values.reduce(0, +)
    if count > 0 {
      remarks.append(
        Finding.Evidence(
          "\(count) status line\(count == 1 ? "" : "s") without a pending fault: an interrupt whose "
            + "record was read already; normal"))
    }
    for repair in contents.reportRepairs {
      remarks.append(Finding.Evidence("repaired: \(repair)"))
    }
    remarks += severalMachines(contents) + unread(contents)
    if contents.suppressed > 0 {
      remarks.append(
        Finding.Evidence(
          "the rate limiter left out \(contents.suppressed) lines; other devices may be among them")
      )
    }
    if contents.faultsNotKept > 0 { remarks.append(Self.others(contents)) }
    return remarks
  }

  /// How many records there are beyond those that are kept apart.
  static func others(_ contents: LogContents) -> Finding.Evidence {
    Finding.Evidence("\(contents.faultsNotKept) further fault records were not kept apart")
  }
}
