internal import ArgumentParser
internal import Glibc
internal import LogReading
internal import PCI
internal import PCIHost
internal import Scenario

/// `dmar collect`: what a machine in trouble knows, in one file.
struct CollectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "collect",
    abstract: "Gather what this machine tells about its IOMMU and its faults into one tar file.",
    discussion: """
      Reads the kernel's log, the firmware's table, the bus, interrupts, the memory map, the units' \
      registers and tables (debugfs), groups and their regions. dmar explain reads the file. Without \
      --trace nothing is changed. Host and user names, serial numbers, MAC and IP addresses, UUIDs \
      and secrets of the command line are replaced by pseudonyms, the same value by the same.

      \(ExitStatus.help([.cannotCreate], failure: "a signal ended the tracing; the file is whole"))
      """)

  @Option(
    name: [.short, .customLong("output")],
    help: ArgumentHelp("The tar file to make; it must not exist yet.", valueName: "file"))
  var output = "dmar-bundle.tar"

  @Flag(help: "Keep names, addresses and numbers as they are.")
  var raw = false

  @Option(
    help: ArgumentHelp(
      "Trace mappings for so long, or until a fault comes, in a tracing instance of its own.",
      valueName: "seconds"))
  var trace: Int?

  @Option(
    help: ArgumentHelp(
      "A folder that stands for the machine's root, such as a copy of its files.",
      valueName: "folder"))
  var systemRoot = ""

  func validate() throws {
    if let trace, !(1...86_400).contains(trace) {
      throw ValidationError("--trace is \(trace); a number of seconds up to 86400 was expected")
    }
  }

  func run() throws {
    var collector = BundleCollector(SystemFiles(root: systemRoot), isRaw: raw)
    var signal: Int32?
    do {
      let tar = try TarWriter(output)
      if let trace { signal = try collector.trace(seconds: trace, into: tar) }
      try collector.files(into: tar)
      if systemRoot.isEmpty {
        try collector.bus(into: tar)
        collector.waitForCounts(seconds: 2)
      }
      try collector.interruptsAgain(into: tar)
      try collector.manifest(into: tar)
      try tar.finish()
    } catch {
      StandardError.print("dmar: \(error)")
      throw error.status.code
    }
    var text = Output()
    for line in collector.lines(for: output) { text.print(line) }
    try text.flush()
    if signal != nil { throw ExitStatus.expectationNotMet.code }
  }
}
