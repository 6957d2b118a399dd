import KernelLog
import PCI
import VTdFormats

/// A report to send to a mailing list or a vendor: the machine's facts, each record decoded, what it
/// was taken for and why, and what is missing.
public struct ReportText: Sendable {
  private let explanation: Explanation

  /// The report on an explanation.
  public init(_ explanation: Explanation) {
    self.explanation = explanation
  }

  /// The whole report; empty where there is nothing to report.
  public var text: String {
    guard !explanation.faults.isEmpty || !explanation.findings.isEmpty else { return "" }
    var lines = ["To: " + recipients.joined(separator: ", "), "Subject: " + subject, ""]
    lines += machine + [""]
    for incident in explanation.incidents { lines += self.incident(incident) + [""] }
    for finding in explanation.findings { lines += self.finding(finding) + [""] }
    let missing = unique(explanation.faults.flatMap { $0.verdict?.missing ?? [] })
    if !missing.isEmpty {
      lines.append("Not in this report, and asked for as a rule:")
      lines += missing.map { "- " + $0 }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Who reads such reports.
  private var recipients: [String] {
    var lists: [String] = []
    for fault in explanation.faults { lists += Self.lists(fault.verdict?.cause ?? .unknown) }
    for finding in explanation.findings { lists += Self.lists(finding.cause) }
    let found = unique(lists)
    return found.isEmpty ? ["iommu@lists.linux.dev"] : found
  }

  private static func lists(_ cause: Finding.Cause) -> [String] {
    switch cause {
    case .firmwareTable, .firmwareOwnDMA: ["the machine's vendor", "iommu@lists.linux.dev"]
    case .phantomFunction, .bridgeAlias, .removedAndFound, .detached:
      ["linux-pci@vger.kernel.org", "iommu@lists.linux.dev"]
    case .unsetAddress, .unmappedTooEarly, .rawPhysicalAddress, .wrongDirection, .writeOnlyMapping,
      .overRead, .mappedForAnother, .neverMapped:
      ["the driver's list (scripts/get_maintainer.pl)", "iommu@lists.linux.dev"]
    case .garbageDescriptors: ["the driver's list (scripts/get_maintainer.pl)"]
    case .guestInterrupt, .guestMapping: ["kvm@vger.kernel.org"]
    case .memoryCorruption, .inherited, .latchedBeforeLinux, .ioapicAtBoot, .displayRefresh,
      .interruptWithoutAddress, .kernelBefore:
      []
    default: ["iommu@lists.linux.dev"]
    }
  }

  private var subject: String {
    let first = explanation.incidents.first.map { ExplanationText.title($0.map { $0.group }) }
    let kernel = explanation.contents.kernels.last.map { " (\($0.value))" } ?? ""
    return "DMAR: " + (first ?? explanation.findings.first?.verdict ?? "") + kernel
  }

  private var machine: [String] {
    let contents = explanation.contents
    var lines: [String] = []
    for kernel in unique(contents.kernels.map({ $0.value })) { lines.append("Kernel:   " + kernel) }
    for machine in unique(contents.machines.map({ $0.value })) {
      lines.append("Machine:  " + machine)
    }
    for line in unique(contents.commandLines.map({ $0.value })) {
      lines.append("Options:  " + line)
    }
    for unit in contents.units.prefix(16) {
      lines.append(
        "Unit:     dmar\(unit.value.number) at \(unit.value.base) cap "
          + hex(unit.value.capability.rawValue) + " ecap " + hex(unit.value.extended.rawValue))
    }
    for region in contents.regions where region.value.function == nil {
      lines.append("RMRR:     0x\(hex(region.value.start))-0x\(hex(region.value.end))")
    }
    return lines.isEmpty ? ["(the log names neither kernel nor machine)"] : lines
  }

  private func incident(_ faults: [Explanation.Fault]) -> [String] {
    guard let first = faults.first else { return [] }
    let count = faults.map { $0.group.count }.reduce(0, +)
    var lines = [ExplanationText.title(faults.map { $0.group }), "  seen \(count) times"]
    if !first.deviceWords.isEmpty { lines.append("  device: " + first.deviceWords) }
    if let verdict = first.verdict { lines += body(verdict) }
    for contradiction in first.contradictions { lines.append("  beware: " + contradiction.text) }
    for decoded in first.decoded { lines.append("  decoded: " + decoded.text) }
    return lines
  }

  private func finding(_ finding: Finding) -> [String] {
    [finding.verdict] + body(finding).dropFirst()
  }

  private func body(_ finding: Finding) -> [String] {
    let sure = finding.confidence > 0 ? " (\(finding.confidence) %)" : ""
    return ["  taken for: " + finding.verdict + sure]
      + finding.why.map { "  because: " + $0.text }
  }

  private func unique(_ words: [String]) -> [String] {
    var seen: Set<String> = []
    return words.filter { seen.insert($0).inserted }
  }
}
