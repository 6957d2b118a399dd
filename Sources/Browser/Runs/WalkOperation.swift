internal import Machine
internal import PCI
internal import Scenario
internal import ScenarioFormat
internal import Text
internal import VTdFormats
internal import VTdUnit
internal import Wording

/// `walk`: every step of one translation, as `dmar walk` prints it.
enum WalkOperation {
  static func answer(_ request: Request) throws(Failure) -> ModuleAnswer {
    let question = try ScenarioQuestion(request)
    let dma = try self.request(request)
    let steps = try request.number("steps")
    let data = try number("data", request) ?? 0
    let address = try device(request)
    let scenario = try question.scenario()
    let result = try Failure.ofInput { () throws(InputError) in
      try ScenarioRun.run(scenario, firstSteps: steps ?? scenario.preparingSteps)
    }
    guard case .finished(let run) = result else {
      if case .skipped(let reason) = result { return ModuleAnswer([("skipped", .string(reason))]) }
      return ModuleAnswer()
    }
    guard let unit = run.machine.unit(covering: address) else {
      throw Failure(
        "no unit covers \(address); a function in a unit's scope was expected")
    }
    let report = unit.hardware.explain(dma)
    var interrupt: InterruptReport?
    if report.verdict == .interruptRequest {
      interrupt = unit.hardware.explain(
        InterruptRequest(
          source: dma.source, address: UInt32(truncatingIfNeeded: dma.address.rawValue) & ~3,
          data: UInt32(truncatingIfNeeded: data)))
    }
    var answer = ModuleAnswer()
    answer.add(
      "lines",
      lines: WalkText.lines(of: report, unit: unit.name)
        + (interrupt.map { [""] + WalkText.lines(of: $0) } ?? []))
    answer.add(
      "document",
      .string(WalkJSON.document(of: report, interrupt: interrupt, unit: unit.name)))
    return answer
  }

  private static func device(_ request: Request) throws(Failure) -> PCIAddress {
    let text = try request.wanted("device")
    guard let address = PCIAddress(text) else {
      throw Failure("\"device\" is \"\(text)\"; an address such as 00:1a.0 was expected")
    }
    return address
  }

  /// A number as text, decimal or `0x` hex; nil where it is not there.
  private static func number(_ name: String, _ request: Request) throws(Failure) -> UInt64? {
    guard let text = try request.text(name) else { return nil }
    guard let number = Numbers.unsigned(text) else {
      throw Failure("\"\(name)\" is \"\(text)\"; a number such as 0x1000 was expected")
    }
    return number
  }

  private static func request(_ request: Request) throws(Failure) -> DMARequest {
    guard let iova = try number("address", request) else { throw Failure("\"address\" is missing") }
    let pasid = try number("pasid", request)
    if let pasid, pasid > 0xf_ffff {
      throw Failure("\"pasid\" is \(pasid); a number up to 0xfffff was expected")
    }
    let access = try request.text("access") ?? "read"
    guard let kind = AccessKind(rawValue: access) else {
      throw Failure("\"access\" is \"\(access)\"; read, write, atomic or execute was expected")
    }
    let type = try request.text("type") ?? "untranslated"
    guard let addressType = Self.type(type) else {
      throw Failure(
        "\"type\" is \"\(type)\"; untranslated, translation-request or translated was expected")
    }
    let isPrivileged = try request.flag("privileged")
    if pasid == nil, isPrivileged || kind == .execute {
      throw Failure("execute and \"privileged\" need a \"pasid\": they travel with it")
    }
    return DMARequest(
      source: try device(request).sourceID, address: IOVA(rawValue: iova),
      access: kind.access, isZeroLength: try request.flag("zero_length") && kind == .read,
      pasid: pasid.map { PASID(rawValue: UInt32(truncatingIfNeeded: $0)) },
      isPrivileged: isPrivileged, isExecute: kind == .execute, addressType: addressType)
  }

  private enum AccessKind: String {
    case read, write, atomic, execute

    var access: DMAAccess {
      switch self {
      case .read, .execute: .read
      case .write: .write
      case .atomic: .atomic
      }
    }
  }

  private static func type(_ word: String) -> AddressType? {
    switch word {
    case "untranslated": .untranslated
    case "translation-request": .translationRequest
    case "translated": .translated
    default: nil
    }
  }
}
