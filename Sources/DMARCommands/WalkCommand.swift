internal import ArgumentParser
internal import KernelLog
internal import Machine
internal import PCI
internal import Recording
internal import Report
internal import Scenario
internal import ScenarioFormat
import Text
internal import VTdFormats
internal import VTdUnit
internal import Wording

/// `dmar walk`: every step of one translation, and why it ends as it does.
struct WalkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "walk", abstract: "Show every step of one translation.",
    discussion: """
      The tables are those of the booted kernel, or where it makes none, those that the scenario's \
      first steps write; with --steps they are those after so many steps, with --dma those that the \
      DMA meets. Caches are not asked, nothing is recorded, and no accessed or dirty bit is written. \
      A write to 0xfee00000 to 0xfeefffff goes on through interrupt remapping.

      \(ExitStatus.help([.badInput, .noInput]))
      """)

  enum RequestType: String, ExpressibleByArgument, CaseIterable {
    case untranslated
    case translationRequest = "translation-request"
    case translated

    var addressType: AddressType {
      switch self {
      case .untranslated: .untranslated
      case .translationRequest: .translationRequest
      case .translated: .translated
      }
    }
  }

  @Argument(
    help: ArgumentHelp(
      "A scenario file; with --root or --log an image of memory.", valueName: "scenario"))
  var scenario: String

  @Option(help: ArgumentHelp("The requesting function, such as 00:1a.0.", valueName: "bdf"))
  var device: String?

  @Option(help: ArgumentHelp("The address that it sends, decimal or 0x.", valueName: "address"))
  var iova: String?

  @Option(
    help: ArgumentHelp(
      "The request of the scenario's DMA of this number, from 1, with the tables as they are then.",
      valueName: "number"))
  var dma: Int?

  @Flag(help: "The device writes; without it, it reads.")
  var write = false

  @Flag(help: "The device does an AtomicOp.")
  var atomic = false

  @Flag(help: "A read of no bytes, as devices send to flush.")
  var zeroLength = false

  @Option(help: "The PASID of the request.")
  var pasid: String?

  @Flag(help: "An instruction fetch; only with a PASID.")
  var execute = false

  @Flag(help: "Supervisor privilege; only with a PASID.")
  var privileged = false

  @Option(help: "What the address is: untranslated, or of ATS translation-request or translated.")
  var type = RequestType.untranslated

  @Option(help: "What a write to the interrupt range holds, decimal or 0x.")
  var data = "0"

  @Option(
    help: ArgumentHelp(
      "Take so many steps of the scenario first.",
      valueName: "count"))
  var steps: Int?

  @Option(help: "Text, or one JSON document.")
  var format = ReplayCommand.Format.text

  @Flag(
    help: ArgumentHelp(
      "Draw the walk: the address cut into its parts, the chain of entries, where it stops."))
  var picture = false

  @Option(help: ArgumentHelp("CAP of the unit that walks an image.", valueName: "value"))
  var cap: String?

  @Option(help: ArgumentHelp("ECAP of the unit that walks an image.", valueName: "value"))
  var ecap: String?

  @OptionGroup var options: ScenarioOptions

  @OptionGroup var imageOptions: ImageOptions

  func validate() throws {
    for (name, value) in [("cap", cap), ("ecap", ecap)] {
      if let value, Numbers.unsigned(value) == nil {
        throw ValidationError(
          "--\(name) is \"\(value)\"; a number such as 0xd2008c222f0606 was expected")
      }
    }
    if let dma {
      if dma < 1 {
        throw ValidationError("--dma is \(dma); the number of a DMA, from 1, was expected")
      }
      if let other = optionOfRequest {
        throw ValidationError(
          "--dma and \(other) exclude each other: the scenario says what is sent")
      }
    } else {
      guard let device, let iova else {
        throw ValidationError(
          "--device and --iova are missing, or --dma: what is sent was expected")
      }
      guard PCIAddress(device) != nil else {
        throw ValidationError("--device is \"\(device)\"; an address such as 00:1a.0 was expected")
      }
      guard Numbers.unsigned(iova) != nil else {
        throw ValidationError("--iova is \"\(iova)\"; a number such as 0x1000 was expected")
      }
    }
    if let pasid, (Numbers.unsigned(pasid) ?? .max) > 0xf_ffff {
      throw ValidationError("--pasid is \"\(pasid)\"; a number up to 0xfffff was expected")
    }
    if (Numbers.unsigned(data) ?? .max) > UInt64(UInt32.max) {
      throw ValidationError("--data is \"\(data)\"; a number of 32 bits was expected")
    }
    if write && atomic { throw ValidationError("--write and --atomic exclude each other") }
    if zeroLength && (write || atomic) {
      throw ValidationError("--zero-length is a read; it excludes --write and --atomic")
    }
    if pasid == nil && (execute || privileged) {
      throw ValidationError("--execute and --privileged need a --pasid: they travel with it")
    }
    if execute && (write || atomic) {
      throw ValidationError("--execute is a read; it excludes --write and --atomic")
    }
    if picture, format != .text {
      throw ValidationError("--picture is text; it excludes --format \(format.rawValue)")
    }
    if let steps, steps < 0 {
      throw ValidationError("--steps is \(steps); a number of steps was expected")
    }
  }

  /// An option that was given and says what is sent or when, which `--dma` takes from the scenario.
  private var optionOfRequest: String? {
    let given: [(String, Bool)] = [
      ("--device", device != nil), ("--iova", iova != nil), ("--steps", steps != nil),
      ("--write", write), ("--atomic", atomic), ("--zero-length", zeroLength),
      ("--pasid", pasid != nil), ("--execute", execute), ("--privileged", privileged),
      ("--type", type != .untranslated), ("--data", data != "0"),
      ("--root", imageOptions.root != nil), ("--log", imageOptions.log != nil),
    ]
    return given.first { $0.1 }?.0
  }

  func run() throws {
    var sent: (device: PCIAddress, request: DMARequest)?
    if let device = device.flatMap(PCIAddress.init), let iova = iova.flatMap(Numbers.unsigned) {
      sent = (device, request(device, iova))
    }
    if let sent, imageOptions.root != nil || imageOptions.log != nil {
      return try walkImage(sent.request)
    }
    let result = try reportingInputErrors {
      let scenario = try options.load(scenario)
      return try ScenarioRun.run(scenario, firstSteps: firstSteps(of: scenario))
    }
    guard case .finished(let run) = result else {
      if case .skipped(let reason) = result {
        StandardError.print("dmar: \(scenario): skipped: \(reason)")
      }
      throw ExitStatus.badInput.code
    }
    var data = UInt32(truncatingIfNeeded: Numbers.unsigned(data) ?? 0)
    var arrived: (unit: NamedUnit, request: DMARequest)?
    if let sent {
      arrived = run.machine.unit(covering: sent.device).map { ($0, sent.request) }
    } else if let dma = run.nextDMA {
      arrived = run.machine.firstRequest(of: dma)
      data = dma.attributes.data
    }
    guard let (unit, request) = arrived else {
      StandardError.print(
        sent.map {
          "dmar: no unit covers \($0.device); a function in a unit's scope was expected"
        } ?? "dmar: --dma \(dma ?? 0): no unit gets the request: \(wayOfLastDMA(in: run.machine))")
      throw ExitStatus.badInput.code
    }
    let report = unit.hardware.explain(request)
    let interrupt =
      report.verdict == .interruptRequest ? self.interrupt(request, data, unit) : nil
    var output = Output()
    switch format {
    case .text where picture:
      draw(report, interrupt, to: &output)
    case .text:
      for line in WalkText.lines(of: report, unit: unit.name) { output.print(line) }
      if let interrupt {
        for line in [""] + WalkText.lines(of: interrupt) { output.print(line) }
      }
    case .json:
      output.print(WalkJSON.document(of: report, interrupt: interrupt, unit: unit.name))
    }
    try output.flush()
  }

  /// Where a DMA went that reached no unit.
  private func wayOfLastDMA(in machine: Machine) -> String {
    if case .offTheWay(_, _, let route) = machine.events.last { return RouteText.describe(route) }
    return RouteText.untranslated
  }

  /// How many steps the walk's tables need: those that `--steps` says, or all in front of the DMA.
  private func firstSteps(of scenario: ScenarioDescription) throws(InputError) -> Int {
    if let dma {
      let places = scenario.steps.indices.filter {
        if case .dma = scenario.steps[$0].action { true } else { false }
      }
      guard dma <= places.count else {
        throw InputError(
          at: Place(whole: "--dma \(dma)"),
          "the scenario has \(counted(places.count, "DMA")); a number up to that was expected")
      }
      return places[dma - 1]
    }
    if let steps, steps > scenario.steps.count {
      throw InputError(
        at: Place(whole: "--steps \(steps)"),
        "the scenario has \(counted(scenario.steps.count, "step")); a number up to that was expected"
      )
    }
    return steps ?? scenario.preparingSteps
  }

  private func draw(
    _ report: WalkReport, _ interrupt: InterruptReport?, to output: inout Output
  ) {
    if let interrupt {
      output.print("interrupt request: \(interrupt.verdict)")
    }
    let picture = WalkPicture(
      walk: (interrupt?.steps ?? report.steps).map { WalkFact($0) },
      address: report.request.address.rawValue, answer: Answer(report.verdict),
      glyphs: TerminalGlyphs.current)
    for line in picture.lines { output.print(line) }
  }

  private func request(_ address: PCIAddress, _ iova: UInt64) -> DMARequest {
    DMARequest(
      source: address.sourceID, address: IOVA(rawValue: iova),
      access: atomic ? .atomic : write ? .write : .read, isZeroLength: zeroLength,
      pasid: pasid.flatMap(Numbers.unsigned).map {
        PASID(rawValue: UInt32(truncatingIfNeeded: $0))
      },
      isPrivileged: privileged, isExecute: execute, addressType: type.addressType)
  }

  /// The walk through the tables of an image of memory.
  private func walkImage(_ request: DMARequest) throws {
    let image = try imageOptions.open(scenario)
    let root = try imageOptions.rootAddress(scenario)
    let report: WalkReport
    do {
      report = try WalkImage.report(
        image, root: root, request, cap: cap.flatMap(Numbers.unsigned),
        ecap: ecap.flatMap(Numbers.unsigned))
    } catch let error as WalkImage.Failure {
      StandardError.print("dmar: \(scenario): \(error)")
      throw ExitStatus.badInput.code
    }
    var output = Output()
    switch format {
    case .text where picture: draw(report, nil, to: &output)
    case .text: for line in WalkText.lines(of: report, unit: "the image") { output.print(line) }
    case .json: output.print(WalkJSON.document(of: report, interrupt: nil, unit: "image"))
    }
    try output.flush()
  }

  /// What becomes of the write as an interrupt request.
  private func interrupt(
    _ request: DMARequest, _ data: UInt32, _ unit: NamedUnit
  ) -> InterruptReport {
    unit.hardware.explain(
      InterruptRequest(
        source: request.source, address: UInt32(truncatingIfNeeded: request.address.rawValue) & ~3,
        data: data))
  }
}
