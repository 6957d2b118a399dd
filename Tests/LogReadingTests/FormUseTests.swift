import Diagnosis
import Foundation
import KernelLog
import LogReading
import TestSupport
import Testing

@testable import KernelLog

/// What an explanation makes of each line that the driver prints: `docs/Lines.md`. A line that Diagnosis
/// does nothing with shows there.
@Suite("What Diagnosis makes of every form of a line")
struct FormUseTests {
  /// What a line is good for.
  private enum Use: String {
    /// Alone in a log it is a finding.
    case finding
    /// Beside a fault it changes what is said of the fault.
    case evidence
    /// Nothing: it is read, and that is all.
    case none = "—"
  }

  /// Faults of every class of reasons, at an address that the forms' values name.
  private static let faults = [
    "DMAR: [DMA Read NO_PASID] Request device [00:1f.2] fault addr 0xfed91000 "
      + "[fault reason 0x02] Present bit in context entry is clear",
    "DMAR: [DMA Write NO_PASID] Request device [00:1f.2] fault addr 0xfed91000 "
      + "[fault reason 0x05] PTE Write access is not set",
    "DMAR: [DMA Read NO_PASID] Request device [00:1f.2] fault addr 0xfed91000 "
      + "[fault reason 0x06] PTE Read access is not set",
    "DMAR: [DMA Read NO_PASID] Request device [00:1f.2] fault addr 0xfed91000 "
      + "[fault reason 0x0c] non-zero reserved fields in PTE",
    "DMAR: [INTR-REMAP] Request device [00:1f.2] fault index 0x5a "
      + "[fault reason 0x22] Present field in the IRTE entry is clear",
    "DMAR: [INTR-REMAP] Request device [00:1f.2] fault index 0x0 "
      + "[fault reason 0x25] Blocked a compatibility format interrupt request",
  ]

  private static func explanation(of lines: [String]) -> Explanation {
    var reader = LogReader()
    var collector = LogCollector()
    collector.begin(file: "log")
    Array((lines.joined(separator: "\n") + "\n").utf8).withUnsafeBytes {
      reader.read($0) { collector.take($0) }
    }
    reader.finish { collector.take($0) }
    return Explanation(collector.contents)
  }

  /// Everything that is said of the faults, places aside.
  private static func words(_ explanation: Explanation) -> [String] {
    var words: [String] = []
    for fault in explanation.faults {
      for finding in fault.findings {
        words.append("\(finding.id) \(finding.confidence) \(finding.verdict)")
        words += finding.why.map { $0.text }
      }
      words += fault.contradictions.map { $0.text }
      words += fault.decoded.map { $0.text }
      words.append("\(fault.group.suppressed) more, status \(fault.group.status ?? 0)")
    }
    return words
  }

  /// Why nothing is made of a line: what its words begin with, and the reason.
  private static let reasons: [(words: String, reason: String)] = [
    ("QI HEAD:", "told with the error of the queue that it follows"),
    ("QI PRIOR:", "told with the error of the queue that it follows"),
    ("Invalidation Queue Error (IQE) cleared", "the end of an error that has the finding"),
    ("Invalidation Time-out Error (ITE) cleared", "the end of an error that has the finding"),
    ("Invalidation Completion Error (ICE) cleared", "the end of an error that has the finding"),
    ("IOMMU: %u: PRQ overflow cleared", "the end of an overflow that has the finding"),
    ("Intel-IOMMU: enabled", "what the command line asks for; other lines tell what came of it"),
    ("IOMMU enabled", "what the command line asks for; other lines tell what came of it"),
    ("Intel-IOMMU: disabled", "what the command line asks for: no fault can be behind it"),
    ("IOMMU disabled", "what the command line asks for: no fault can be behind it"),
    ("Intel-IOMMU: disable GFX", "an option's echo; explanations read the command line"),
    ("Disable GFX", "an option's echo; explanations read the command line"),
    ("Disable integrated GPU", "an option's echo; explanations read the command line"),
    ("Intel-IOMMU: disable supported super page", "an option's echo: it makes no fault"),
    ("Disable supported super page", "an option's echo: it makes no fault"),
    ("Enable scalable mode", "an option's echo; import reads it"),
    ("Scalable mode is disallowed", "an option's echo: it makes no fault"),
    ("Intel-IOMMU: Forcing DAC", "an option's echo: addresses tell it"),
    ("Forcing DAC", "an option's echo: addresses tell it"),
    ("Intel-IOMMU: disable batched", "an option's echo: it makes no fault"),
    ("Disable batched", "an option's echo: it makes no fault"),
    ("Any user opt or tboot", "the end of the line before it, which has the finding"),
    ("Host address width", "import reads it; no fault depends on it alone"),
    ("DRHD", "units are known by the line with their capabilities"),
    ("ATSR flags", "what the table has: nothing is wrong with it"),
    ("SATC flags", "what the table has: nothing is wrong with it"),
    ("RHSA base", "what the table has: nothing is wrong with it"),
    ("ANDD device", "what the table has: nothing is wrong with it"),
    ("No %s found", "what the table has not, and need not have"),
    ("ACPI device", "a device of the namespace that was found"),
    ("IOAPIC id", "what the table has; one that is missing has a finding"),
    ("HPET id", "what the table has; one that is missing has a finding"),
    ("Queued invalidation will be enabled", "how it should be; what a unit uses is told of each"),
    ("Use 'intremap=no_x2apic_optout'", "the advice of the line before it, which has the finding"),
    ("dmar%4d does not support EIM", "only x2APIC needs it; the mode that came of it is told"),
    ("IOMMU %4d does not support EIM", "only x2APIC needs it; the mode that came of it is told"),
    ("Not enabling interrupt remapping", "behind what is wrong, which has the finding"),
    ("Using DMAR IOMMU", "how it should be"),
    ("IOMMU batching disallowed", "a guest's unit asks for it (caching mode): nothing is wrong"),
    ("IOMMU: Setting RMRR", "a heading"), ("Setting RMRR", "a heading"),
    ("IOMMU: Prepare 0-16MiB", "a work-around that is on: nothing is wrong"),
    ("Prepare 0-16MiB", "a work-around that is on: nothing is wrong"),
    ("Intel(R) Virtualization Technology", "the last line of a boot in which all is well"),
    ("BUG: ", "a dump that led out of memory has the finding, from lines that stand together"),
    ("#PF: ", "part of an oops"), ("PGD 0", "part of an oops"), ("Oops: ", "part of an oops"),
    ("general protection fault", "as for BUG: above"),
    ("Kernel panic", "what led to it has the finding"),
    ("Kernel Offset", "part of a panic"), ("Rebooting in", "part of a panic"),
    ("---[ end Kernel panic", "part of a panic"),
  ]

  private static func reason(_ form: LineForm) -> (words: String, reason: String)? {
    reasons.first { "\(form.words)".hasPrefix($0.words) }
  }

  private static let alone = faults.map { words(explanation(of: [$0])) }

  /// The use of a line, and the findings that it makes.
  private static func use(_ text: String) -> (use: Use, findings: [String]) {
    let found = explanation(of: [text])
    let ids = (found.findings.map { $0.id } + found.dumps.map { _ in "table-dump" })
    if !ids.isEmpty { return (.finding, ids) }
    let isEvidence = zip(faults, alone).contains { fault, words in
      Self.words(explanation(of: [text, fault])) != words
        || Self.words(explanation(of: [fault, text])) != words
    }
    return (isEvidence ? .evidence : .none, [])
  }

  private static func row(_ form: LineForm) -> String? {
    let values = FormLawTests.values(form)
    guard let line = form.make(values) else { return nil }
    let kernel = FormLawTests.kernels.last { form.era.contains($0) }
    // What no kernel prints stands behind the driver's tag, or behind its device.
    let text =
      kernel.flatMap { line.text($0) }
      ?? FormTemplate.fill(form.words, values).map {
        (form.voice == .core ? "hpsa \(FormLawTests.device): " : "DMAR: ") + $0
      }
    guard let text else { return nil }
    let (use, findings) = use(text)
    let words = "\(form.words)".split(separator: "\n", omittingEmptySubsequences: false)
      .joined(separator: " / ").replacing("|", with: "\\|")
    var told = findings.isEmpty ? use.rawValue : findings.map { "`\($0)`" }.joined(separator: ", ")
    if use == .none, let reason = reason(form) { told += " \(reason.reason)" }
    return "| `\(words)` | \(era(form.era)) | \(told) |"
  }

  private static func era(_ era: LineForm.Era) -> String {
    switch era {
    case .always: "all"
    case .never: "none: reports have it"
    case .boot(let range) where range.lowerBound == range.upperBound:
      "boot lines `\(range.lowerBound)`"
    case .boot(let range): "boot lines `\(range.lowerBound)` to `\(range.upperBound)`"
    case .deviceFirst(let isFirst): isFirst ? "device in front" : "device in the words"
    case .dump(let wording): "dump `\(wording)`"
    case .queue(let namesWords): namesWords ? "words `qw0`, `qw1`" : "words `low`, `high`"
    case .panic(let breaks, let isClosed):
      [breaks.map { $0 ? "line broken" : "line whole" }, isClosed.map { $0 ? "closed" : "open" }]
        .compactMap { $0 }.joined(separator: ", ")
    }
  }

  static let page: String = {
    let rows = DriverForms.all.compactMap(row)
    return """
      # Lines of the driver

      Every line that the driver, the core of IOMMU drivers and a dying kernel print about remapping, as a
      form: words with places for values (`Sources/KernelLog/Forms`), by which lines are printed and read.
      Fault records are put together from parts (`FaultForms`) and are what explanations are about.

      The last column says what `dmar explain` makes of such a line: the findings that it is alone in a log,
      *evidence* where it changes what is said of a fault of the same device and address, and a dash with
      the reason where nothing is made of it.

      Made by the test `FormUseTests`; `DMAR_UPDATE_PAGES=1 swift test --filter FormUseTests` writes it anew.

      | form | kernels that print it | explained as |
      |---|---|---|
      \(rows.joined(separator: "\n"))

      """
  }()

  @Test("what Diagnosis makes of a form is told by docs/Lines.md")
  func page() throws {
    let path = Repository.path("docs/Lines.md")
    if ProcessInfo.processInfo.environment["DMAR_UPDATE_PAGES"] != nil {
      try Self.page.write(toFile: path, atomically: true, encoding: .utf8)
    }
    let committed = try String(contentsOfFile: path, encoding: .utf8)
    #expect(committed == Self.page, "DMAR_UPDATE_PAGES=1 swift test --filter FormUseTests")
  }

  @Test(
    "what Diagnosis makes of a form is nothing only where there is a reason, and every reason has a form"
  )
  func useless() {
    let useless = DriverForms.all.filter { Self.row($0)?.contains("| —") == true }
    for form in useless { #expect(Self.reason(form) != nil, "\(form.words)") }
    let used = Set(useless.compactMap { Self.reason($0)?.words })
    for row in Self.reasons { #expect(used.contains(row.words), "\(row.words)") }
  }

  @Test("docs/Lines.md has a row for every form")
  func rows() {
    #expect(DriverForms.all.allSatisfy { Self.row($0) != nil })
  }
}
