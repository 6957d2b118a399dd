internal import ArgumentParser
internal import Diagnosis
internal import Glibc
internal import KernelLog

/// `dmar import`: a scenario from a log.
struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Rebuild a scenario from kernel logs; dmar replay prints their DMAR lines again.")

  @Argument(
    help: ArgumentHelp("Logs, with debugfs files in them or beside them.", valueName: "file"))
  var files: [String]

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The scenario; - is standard output.", valueName: "file"))
  var output = "-"

  func run() throws {
    var collector = LogCollector(keepsTables: true)
    var timeline = FaultTimeline()
    do {
      for path in files {
        var input = try LogInput(path)
        var reader = LogReader()
        collector.begin(file: input.name)
        try input.readAll(&reader) { event in
          collector.take(event)
          timeline.take(event)
        }
      }
    } catch {
      StandardError.print("dmar: \(error)")
      throw error.isMissing ? ExitStatus.noInput : ExitStatus.badInput
    }
    guard !timeline.faults.isEmpty else {
      StandardError.print("dmar: \(files[0]): no fault record; a kernel log with one was expected")
      throw ExitStatus.badInput
    }
    let rebuilt = Rebuild(collector.contents, timeline, from: files.joined(separator: ", "))
    for words in rebuilt.omitted { StandardError.print("dmar: left out: \(words)") }
    if output == "-" {
      Output.write(rebuilt.yaml, to: STDOUT_FILENO)
      return
    }
    let descriptor = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      StandardError.print("dmar: \(output): \(String(cString: strerror(errno)))")
      throw ExitCode(73)
    }
    Output.write(rebuilt.yaml, to: descriptor)
    close(descriptor)
  }
}
