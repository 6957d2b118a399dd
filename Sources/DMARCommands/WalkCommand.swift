internal import ArgumentParser
internal import KernelLog
internal import Machine
internal import PCI
internal import Scenario
internal import VTdFormats
internal import VTdUnit

/// `dmar walk`: every step of one translation, and why it ends as it does.
struct WalkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "walk", abstract: "Show every step of one translation.")

  @Argument(help: ArgumentHelp("A scenario file.", valueName: "scenario"))
  var scenario: String

  @Option(help: ArgumentHelp("The requesting function, such as 00:1a.0.", valueName: "bdf"))
  var device: String

  @Option(help: ArgumentHelp("The address that it sends, decimal or 0x.", valueName: "address"))
  var iova: String

  @Flag(help: "The device writes; without it, it reads.")
  var write = false

  @Option(help: "The PASID of the request.")
  var pasid: String?

  @Option(help: "Text, or one JSON document.")
  var format = ReplayCommand.Format.text

  @OptionGroup var options: ScenarioOptions

  func validate() throws {
    guard PCIAddress(device) != nil else {
      throw ValidationError("--device is \"\(device)\"; an address such as 00:1a.0 was expected")
    }
    guard Numbers.unsigned(iova) != nil else {
      throw ValidationError("--iova is \"\(iova)\"; a number such as 0x1000 was expected")
    }
    if let pasid, (Numbers.unsigned(pasid) ?? .max) > 0xf_ffff {
      throw ValidationError("--pasid is \"\(pasid)\"; a number up to 0xfffff was expected")
    }
  }

  func run() throws {
    guard let address = PCIAddress(device), let iova = Numbers.unsigned(iova) else { return }
    let result = try reportingInputErrors { try ScenarioRun.boot(options.load(scenario)) }
    guard case .finished(let run) = result else {
      if case .skipped(let reason) = result {
        StandardError.print("dmar: \(scenario): skipped: \(reason)")
      }
      return
    }
    guard let unit = run.machine.unit(covering: address) else {
      StandardError.print(
        "dmar: no unit covers \(address); a function in a unit's scope was expected")
      throw ExitStatus.badInput
    }
    let request = DMARequest(
      source: address.sourceID, address: IOVA(rawValue: iova), access: write ? .write : .read,
      pasid: pasid.flatMap(Numbers.unsigned).map {
        PASID(rawValue: UInt32(truncatingIfNeeded: $0))
      })
    let report = unit.hardware.explain(request)
    var output = Output()
    switch format {
    case .text: for line in WalkText.lines(of: report, unit: unit.name) { output.print(line) }
    case .json: output.print(WalkJSON.document(of: report, unit: unit.name))
    }
    output.flush()
  }
}

/// Numbers on the command line.
enum Numbers {
  /// Decimal or `0x` hex; nil for anything else.
  static func unsigned(_ text: String) -> UInt64? {
    guard let first = text.first, first.isHexDigit else { return nil }
    if text.hasPrefix("0x") || text.hasPrefix("0X") {
      guard text.dropFirst(2).first?.isHexDigit == true else { return nil }
      return UInt64(text.dropFirst(2), radix: 16)
    }
    return UInt64(text)
  }
}
