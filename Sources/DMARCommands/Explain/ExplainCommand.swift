internal import ArgumentParser
internal import Diagnosis
internal import Glibc
internal import KernelLog
internal import LogReading
internal import Report
import Text

/// `dmar explain`: what the faults in a kernel log mean.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Say what the DMA faults in a kernel log mean, whose they are and what to do.",
    discussion: """
      Reads dmesg, syslog, journalctl in any of its outputs, mails and bug reports, also packed \
      (gzip, xz, zstd, lz4, bzip2, zip, tar, one in the other) and in folders, such as a sosreport. \
      Lines may be quoted, broken or typed by hand; what was repaired is said. A file may also be \
      the machine's DMAR table (as dmar acpi reads it) or a snapshot of its bus (dmar pci \
      snapshot): what they say is joined with the logs. So is the history of mappings: traces of \
      the events iommu, dma and intel_iommu (ftrace, trace-cmd report, perf script), and \
      /sys/kernel/debug/dma-api/dump.

      \(ExitStatus.help([.badInput, .noInput], failure: "--fail-on found what it names"))
      """)

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case text
    case json
    case ndjson
    case report
  }

  enum FailOn: String, CaseIterable, ExpressibleByArgument {
    case serious
    case any
  }

  @Argument(
    help: ArgumentHelp(
      "Logs, archives, folders; - or nothing is standard input.", valueName: "file"))
  var files: [String] = []

  @Option(
    help:
      "Text for people, one JSON document, one JSON object a line, or a report to send to a list.")
  var format = Format.text

  @Flag(
    help:
      "Wait for more lines, and explain each new fault at once; Ctrl-C ends it with the summary.")
  var follow = false

  @Option(
    help: ArgumentHelp(
      "Exit with 1 if a fault is serious, or if there is any.", valueName: "severity"))
  var failOn: FailOn?

  @Option(
    help: ArgumentHelp(
      "Write the explanation as one HTML file too; - is standard output, and then nothing else is.",
      valueName: "file"))
  var html: String?

  @Option(help: ArgumentHelp("Columns of text.", valueName: "columns"))
  var width: Int?

  @Flag(help: "Print the words that make a line worth reading in a long log, and nothing else.")
  var printLiterals = false

  @Option(
    help: ArgumentHelp(
      "Print the life of this DMA address instead: when it was mapped and unmapped, for whom, by "
        + "which task.", valueName: "address"))
  var history: String?

  func validate() throws {
    if let history, Numbers.unsigned(history) == nil {
      throw ValidationError("--history is \"\(history)\"; a number such as 0xffffd000 was expected")
    }
    if let width, width < 40 {
      throw ValidationError("--width: \(counted(width, "column")); at least 40 were expected")
    }
    if html != nil, follow {
      throw ValidationError("--html is for logs that end, without --follow")
    }
  }

  func run() throws {
    if printLiterals {
      var output = Output()
      for word in Telltale.words { output.print(word) }
      return try output.flush()
    }
    if let html { try OutputFile.check(html, isNoneOf: files) }
    var session = ExplainSession(
      format: format, text: ExplanationText(width: columns, isColoured: isColoured),
      asked: history.flatMap(Numbers.unsigned))
    let inputs = files.isEmpty ? ["-"] : files
    do {
      if follow {
        try session.follow(inputs)
      } else {
        for path in inputs { try session.read(path) }
      }
    } catch let error as LogInputError {
      StandardError.print("dmar: \(error)")
      throw (error.isMissing ? ExitStatus.noInput : .badInput).code
    }
    let explanation = try session.finish(isSilent: html == "-")
    if explanation.isEmpty {
      StandardError.print("dmar: \(session.complaint(inputs))")
      throw ExitStatus.badInput.code
    }
    if let html {
      let lines = LogLines(of: explanation.contents.files)
      try OutputFile.write(
        ExplanationPage.html(
          explanation, producer: RunSources.producer, line: { lines[$0] }), to: html)
    }
    let isIncomplete = session.tellUnread()
    switch failOn {
    case .serious where explanation.severity == .serious: throw ExitStatus.expectationNotMet.code
    case .any where !explanation.faults.isEmpty: throw ExitStatus.expectationNotMet.code
    default: break
    }
    // What was not read may hold a fault: no all-clear.
    if isIncomplete { throw ExitStatus.badInput.code }
  }

  private var columns: Int { width ?? Terminal.columns }

  private var isColoured: Bool { format == .text && Terminal.isColoured }
}
