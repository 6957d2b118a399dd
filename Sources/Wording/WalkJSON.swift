internal import KernelLog
internal import Text
internal import VTdFormats
package import VTdUnit

/// A walk for programs.
package enum WalkJSON {
  /// One JSON document.
  ///
  /// - Parameters:
  ///   - report: the walk of a request.
  ///   - interrupt: what became of it as an interrupt request, where it was one.
  ///   - unit: the name of the unit that walked.
  package static func document(
    of report: WalkReport, interrupt: InterruptReport?, unit: String
  ) -> String {
    var members: [(String, JSONValue)] = [
      ("unit", .string(unit)),
      ("device", .string("\(report.request.source)")),
      ("access", .string("\(report.request.access)")),
      ("type", .string("\(report.request.addressType)")),
      ("iova", .string("\(report.request.address)")),
      ("pasid", report.request.pasid.map { .string("\($0)") } ?? .null),
      ("privileged", .boolean(report.request.isPrivileged)),
      ("execute", .boolean(report.request.isExecute)),
      ("registers", .array(report.notes.map { .string($0) })),
      ("steps", .array(report.steps.map(step))),
      ("verdict", verdict(report.verdict, report.record)),
    ]
    if let interrupt { members.append(("interrupt", document(of: interrupt))) }
    return JSONValue.object(members).pretty
  }

  private static func document(of report: InterruptReport) -> JSONValue {
    var verdict: [(String, JSONValue)] = []
    switch report.verdict {
    case .unchanged(let interrupt):
      verdict = [("outcome", .string("unchanged"))] + members(of: interrupt)
    case .remapped(let interrupt, let index):
      verdict =
        [("outcome", .string("remapped")), ("index", .unsigned(UInt64(index)))]
        + members(of: interrupt)
    case .posted(let vector, let descriptor, let notification):
      verdict = [
        ("outcome", .string("posted")), ("vector", .unsigned(UInt64(vector))),
        ("descriptor", .string("\(descriptor)")),
        ("notification", notification.map { .object(members(of: $0)) } ?? .null),
      ]
    case .blocked(let reason, let disposition):
      verdict = blocked(reason, disposition, report.record)
    }
    return .object([
      ("address", .string("0x\(hex(UInt64(report.request.address)))")),
      ("data", .string("0x\(hex(UInt64(report.request.data)))")),
      ("registers", .array(report.notes.map { .string($0) })),
      ("fields", .array(report.message.map(field))),
      ("steps", .array(report.steps.map(step))),
      ("verdict", .object(verdict)),
    ])
  }

  private static func members(of interrupt: DeliveredInterrupt) -> [(String, JSONValue)] {
    [
      ("vector", .unsigned(UInt64(interrupt.vector))),
      ("destination", .unsigned(UInt64(interrupt.destination))),
      ("delivery_mode", .unsigned(UInt64(interrupt.deliveryMode))),
      ("logical", .boolean(interrupt.isLogical)),
      ("level", .boolean(interrupt.isLevelTriggered)),
    ]
  }

  private static func step(_ step: WalkStep) -> JSONValue {
    .object([
      ("structure", .string(step.structure.rawValue)),
      ("level", .unsigned(UInt64(step.level))),
      ("address", .string("0x\(hex(step.address))")),
      ("table", step.table.map { .string("0x\(hex($0))") } ?? .null),
      ("index", step.index.map { .unsigned($0) } ?? .null),
      (
        "slice",
        step.slice.map { slice in
          .object([
            ("high", .unsigned(UInt64(slice.high))), ("low", .unsigned(UInt64(slice.low))),
          ])
        } ?? .null
      ),
      ("parent", step.parent.map { .unsigned(UInt64($0)) } ?? .null),
      ("input", step.input.map { .string("0x\(hex($0))") } ?? .null),
      ("words", .array(step.words.map { .string("0x\(hex($0, digits: 16))") })),
      ("fields", .array(step.fields.map(field))),
      ("checks", .array(step.checks.map { .string($0) })),
      ("allowed", step.accumulated.map { .string($0) } ?? .null),
      ("sets", .array(step.updates.map { .string($0) })),
      ("failed", step.failed.map { .string($0) } ?? .null),
    ])
  }

  private static func field(_ field: DecodedField) -> JSONValue {
    .object(DecodedValue.members(of: field))
  }

  private static func verdict(_ outcome: TranslationOutcome, _ record: FaultRecord?) -> JSONValue {
    switch outcome {
    case .translated(let page):
      .object([
        ("outcome", .string("translated")), ("address", .string("\(page.address)")),
        ("page_size", .unsigned(page.pageSize)),
        ("permissions", .string("\(page.permissions)")),
        ("snoop", .boolean(page.snoop)),
      ])
    case .interruptRequest:
      .object([("outcome", .string("interrupt request"))])
    case .blocked(.fault(let reason), let disposition):
      .object(blocked(reason, disposition, record))
    case .blocked(let cause, _):
      .object([("outcome", .string("blocked")), ("cause", .string("\(cause)"))])
    }
  }

  private static func blocked(
    _ reason: FaultReason, _ disposition: FaultDisposition, _ record: FaultRecord?
  ) -> [(String, JSONValue)] {
    [
      ("outcome", .string("blocked")),
      ("reason", .unsigned(UInt64(reason.rawValue))),
      ("meaning", .string(reason.words)),
      ("linux", .string(FaultReasonTable.scalable.text(reason.rawValue))),
      ("recorded", .boolean(disposition != .faultProcessingDisabled)),
      (
        "record",
        record.map { record in
          var record = record
          record[flag: .fault] = true
          return .array(record.words.map { .string("0x\(hex($0, digits: 16))") })
        } ?? .null
      ),
    ]
  }
}
