internal import ArgumentParser
internal import MemoryImages
internal import PCI
import Text
internal import VTdFormats

/// `dmar tables`: what an image of memory says devices may reach.
struct TablesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tables",
    abstract: "List devices, domains and mapped ranges of an image of memory.",
    discussion: """
      The image is an ELF core (QEMU's dump-guest-memory, kdump's vmcore), a dump that makedumpfile \
      or QEMU packed with zlib or zstd, LiME's form, or the bytes themselves (pmemsave, .vmem). It is mapped, \
      never read whole.

      \(ExitStatus.help([.badInput, .noInput]))
      """)

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case text
    case json
  }

  @Argument(help: ArgumentHelp("An image of memory.", valueName: "image"))
  var image: String

  @OptionGroup var options: ImageOptions

  @Option(help: ArgumentHelp("Only this function, such as 00:1a.0.", valueName: "bdf"))
  var device: String?

  @Option(help: ArgumentHelp("Only this domain-id.", valueName: "number"))
  var domain: Int?

  @Option(
    help: ArgumentHelp("Who can reach this address of memory, and how.", valueName: "address"))
  var physical: String?

  @Option(
    help: ArgumentHelp(
      "Only what differs in another image, with the same root.", valueName: "image"))
  var diff: String?

  @Flag(help: "Look for pages that look like a root table, the best first.")
  var scan = false

  @Option(help: "Text for people, or one JSON document.")
  var format = Format.text

  func validate() throws {
    if let device, PCIAddress(device) == nil {
      throw ValidationError("--device is \"\(device)\"; an address such as 00:1a.0 was expected")
    }
    if let physical, Numbers.unsigned(physical) == nil {
      throw ValidationError("--physical is \"\(physical)\"; a number such as 0x1000 was expected")
    }
    if let domain, !(0...0xffff).contains(domain) {
      throw ValidationError("--domain is \(domain); a number up to 65535 was expected")
    }
    if scan,
      options.root != nil || options.log != nil || device != nil || domain != nil || physical != nil
        || diff != nil
    {
      throw ValidationError("--scan looks for the root; it goes with --base and --format alone")
    }
  }

  func run() throws {
    let memory = try options.open(image)
    var output = Output()
    if scan {
      let candidates = RootScan.find(memory)
      guard !candidates.isEmpty else {
        StandardError.print("dmar: \(image): no page looks like a root table")
        throw ExitStatus.badInput.code
      }
      switch format {
      case .text: for line in ScanText.lines(candidates) { output.print(line) }
      case .json: output.print(ScanText.json(candidates))
      }
      return try output.flush()
    }
    let root = try options.rootAddress(image)
    let report = try report(memory, image, root)
    if let diff {
      let other = try self.report(try options.open(diff), diff, root)
      TableDifference(from: report, to: other).print(to: &output)
      return try output.flush()
    }
    switch (format, physical.flatMap(Numbers.unsigned)) {
    case (.text, let address?): for line in report.lines(reaching: address) { output.print(line) }
    case (.json, let address?): output.print(report.json(reaching: address))
    case (.text, nil): report.print(to: &output)
    case (.json, nil): report.printJSON(to: &output)
    }
    try output.flush()
  }

  private func report(_ memory: MemoryImage, _ path: String, _ root: UInt64) throws -> TableReport {
    let report = TableReport(
      memory, path: path, root: root, device: device.flatMap { PCIAddress($0)?.sourceID },
      domain: domain.map { DomainID(rawValue: UInt16(truncatingIfNeeded: $0)) })
    if report.isEmpty {
      StandardError.print(
        "dmar: \(path): at 0x\(hex(root.pageStart)) there is no root table with "
          + (device == nil && domain == nil ? "a function in it" : "what was asked for")
          + (report.flaws.first.map { "; \($0.words)" } ?? ""))
      throw ExitStatus.badInput.code
    }
    return report
  }
}
