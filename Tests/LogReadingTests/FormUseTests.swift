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

  private static func row(_ form: Form) -> String? {
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
    let told = findings.isEmpty ? use.rawValue : findings.map { "`\($0)`" }.joined(separator: ", ")
    return "| `\(words)` | \(era(form.era)) | \(told) |"
  }

  private static func era(_ era: Form.Era) -> String {
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
      *evidence* where it changes what is said of a fault of the same device and address, and a dash where
      nothing is made of it.

      Made by the test `FormUseTests`; `DMAR_UPDATE_PAGES=1 swift test --filter FormUseTests` writes it anew.

      | form | kernels that print it | explained as |
      |---|---|---|
      \(rows.joined(separator: "\n"))

      """
  }()

  @Test("is told by docs/Lines.md")
  func page() throws {
    let path = Repository.path("docs/Lines.md")
    if ProcessInfo.processInfo.environment["DMAR_UPDATE_PAGES"] != nil {
      try Self.page.write(toFile: path, atomically: true, encoding: .utf8)
    }
    let committed = try String(contentsOfFile: path, encoding: .utf8)
    #expect(committed == Self.page, "DMAR_UPDATE_PAGES=1 swift test --filter FormUseTests")
  }

  @Test("has a row for every form")
  func rows() {
    #expect(DriverForms.all.allSatisfy { Self.row($0) != nil })
  }
}
