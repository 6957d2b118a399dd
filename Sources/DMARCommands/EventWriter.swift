internal import KernelLog
internal import LinuxIOMMU
internal import Machine
internal import PCI
import Text
internal import VTdFormats
internal import VTdUnit
internal import Wording

/// Events of a run as lines.
struct EventWriter {
  let format: ReplayCommand.Format
  let timestamps: Bool
  let includesTrace: Bool

  func write(_ event: MachineEvent, to output: inout Output) {
    if case .log(let record) = event {
      switch format {
      case .text:
        let style: LogStyle = timestamps ? .console : .bare
        for line in record.lines(style) { output.print(line) }
      case .json: output.print(json(of: record))
      }
    } else if includesTrace {
      let (kind, members) = describe(event)
      switch format {
      case .text:
        let text = members.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
        output.print("# \(kind): \(text)")
      case .json:
        output.print(
          JSONValue.object([("event", .string(kind))] + members.map { ($0.0, .string($0.1)) })
            .compact)
      }
    }
  }

  private func json(of record: LogRecord) -> String {
    var members: [(String, JSONValue)] = [("event", .string("log"))]
    if timestamps { members.append(("time_us", .unsigned(record.microseconds))) }
    members.append(("level", .unsigned(UInt64(record.level.rawValue))))
    members.append(("text", .string(record.text)))
    return JSONValue.object(members).compact
  }

  private func describe(_ event: MachineEvent) -> (String, [(String, String)]) {
    switch event {
    case .dma(let unit, let request, let outcome):
      var members = [
        ("unit", unit), ("device", "\(request.source)"), ("access", "\(request.access)"),
        ("address", "\(request.address)"),
      ]
      if let pasid = request.pasid { members.append(("pasid", "\(pasid)")) }
      members.append(("outcome", OutcomeText.describe(outcome)))
      return ("dma", members)
    case .pageRequest(let unit, let request, let outcome):
      return (
        "page request",
        [
          ("unit", unit), ("device", "\(request.source)"), ("address", "\(request.address)"),
          ("outcome", "\(outcome)"),
        ]
      )
    case .interruptRequest(let unit, let request, let outcome):
      return (
        "interrupt request",
        [
          ("unit", unit), ("device", "\(request.source)"),
          ("address", "0x\(hex(UInt64(request.address)))"),
          ("outcome", OutcomeText.describe(outcome)),
        ]
      )
    case .untranslated(let source, let address):
      return ("dma", [("device", "\(source)"), ("address", "\(address)"), ("unit", "none")])
    case .offTheWay(let device, let address, let route):
      return (
        "dma",
        [
          ("device", device.shortDescription), ("address", "\(address)"),
          ("outcome", RouteText.describe(route)),
        ]
      )
    case .message(let unit, let message):
      return (
        "message",
        [
          ("unit", unit), ("event", message.event.rawValue), ("address", "\(message.address)"),
          ("data", "0x\(hex(UInt64(message.data)))"),
        ]
      )
    case .interrupt(let message, let task):
      return (
        "interrupt",
        [("vector", "0x\(hex(UInt64(message.data & 0xff)))"), ("task", "\(task.name)/\(task.pid)")]
      )
    case .spurious(let message):
      return ("spurious interrupt", [("address", "0x\(hex(message.address))")])
    case .hang(let unit):
      return ("hang", [("waits for", unit)])
    case .death(.badRead(let address, let exception)):
      return (
        "panic", [("by", exception.rawValue), ("address", "0x\(hex(address, digits: 16))")]
      )
    case .death(.malfunction(let unit)):
      return ("panic", [("by", "a unit that confirms nothing"), ("unit", unit)])
    case .log:
      return ("log", [])
    }
  }
}
