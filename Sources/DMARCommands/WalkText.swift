internal import KernelLog
internal import VTdFormats
internal import VTdUnit

/// A walk for people.
enum WalkText {
  static func lines(of report: WalkReport, unit: String) -> [String] {
    let request = report.request
    let pasid = request.pasid.map { " with PASID \($0)" } ?? ""
    var lines = ["\(request.source) \(request.access)s \(request.address)\(pasid) through \(unit)"]
    for (index, step) in report.steps.enumerated() {
      lines.append("")
      lines.append("\(index + 1). \(title(of: step)) at 0x\(hex(step.address))")
      guard !step.words.isEmpty else {
        lines.append("   cannot be read: there is no memory")
        continue
      }
      let words = step.words.reversed().map { hex($0, digits: 16) }.joined(separator: " ")
      lines.append("   raw       \(words)")
      for field in step.fields where field.value != 0 || isAlwaysShown(field) {
        lines.append(
          "   \(padded(field.name, 9)) \(padded(bits(of: field), 8)) \(value(of: field))")
      }
      for check in step.checks { lines.append("   checked   \(check)") }
      if let accumulated = step.accumulated {
        lines.append("   allowed   \(accumulated) so far")
      }
    }
    lines.append("")
    lines.append(verdict(of: report))
    return lines
  }

  /// A bit that says "present" matters most when it is clear.
  private static func isAlwaysShown(_ field: DecodedField) -> Bool {
    ["P", "R", "W", "LP", "UP"].contains(field.name)
  }

  private static func title(of step: WalkStep) -> String {
    step.level == 0 ? step.structure.rawValue : "\(step.structure.rawValue), level \(step.level)"
  }

  private static func bits(of field: DecodedField) -> String {
    field.high == field.low ? "\(field.high)" : "\(field.high):\(field.low)"
  }

  private static func value(of field: DecodedField) -> String {
    "0x\(hex(field.value))  \(field.meaning)"
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  private static func verdict(of report: WalkReport) -> String {
    switch report.verdict {
    case .translated(let page):
      return "translated: \(report.request.address) -> \(page.address) "
        + "(page of \(page.pageSize / 1024) KiB, \(page.permissions))"
    case .interruptRequest:
      return "an interrupt request: the address lies in 0xfee00000 to 0xfeefffff"
    case .blocked(.fault(let reason), let disposition):
      let silent = disposition == .faultProcessingDisabled ? " (not recorded: FPD is set)" : ""
      return "blocked: fault reason 0x\(hex(UInt64(reason.rawValue), digits: 2)), "
        + "\(OutcomeText.meaning(of: reason))\(silent); Linux prints "
        + "\"\(FaultReasonTable.scalable.text(reason.rawValue))\""
    case .blocked(let cause, _):
      return "blocked: \(OutcomeText.describe(cause))"
    }
  }
}

/// A walk for programs.
enum WalkJSON {
  static func document(of report: WalkReport, unit: String) -> String {
    JSONValue.object([
      ("unit", .string(unit)),
      ("device", .string("\(report.request.source)")),
      ("access", .string("\(report.request.access)")),
      ("iova", .string("\(report.request.address)")),
      ("pasid", report.request.pasid.map { .string("\($0)") } ?? .null),
      ("steps", .array(report.steps.map(step))),
      ("verdict", verdict(report.verdict)),
    ]).pretty
  }

  private static func step(_ step: WalkStep) -> JSONValue {
    .object([
      ("structure", .string(step.structure.rawValue)),
      ("level", .unsigned(UInt64(step.level))),
      ("address", .string("0x\(hex(step.address))")),
      ("words", .array(step.words.map { .string("0x\(hex($0, digits: 16))") })),
      (
        "fields",
        .array(
          step.fields.map {
            .object([
              ("name", .string($0.name)), ("high", .unsigned(UInt64($0.high))),
              ("low", .unsigned(UInt64($0.low))), ("value", .string("0x\(hex($0.value))")),
              ("meaning", .string($0.meaning)),
            ])
          })
      ),
      ("checks", .array(step.checks.map { .string($0) })),
      ("allowed", step.accumulated.map { .string($0) } ?? .null),
    ])
  }

  private static func verdict(_ outcome: TranslationOutcome) -> JSONValue {
    switch outcome {
    case .translated(let page):
      .object([
        ("outcome", .string("translated")), ("address", .string("\(page.address)")),
        ("page_size", .unsigned(page.pageSize)),
        ("permissions", .string("\(page.permissions)")),
      ])
    case .interruptRequest:
      .object([("outcome", .string("interrupt request"))])
    case .blocked(.fault(let reason), let disposition):
      .object([
        ("outcome", .string("blocked")),
        ("reason", .unsigned(UInt64(reason.rawValue))),
        ("meaning", .string(OutcomeText.meaning(of: reason))),
        ("recorded", .boolean(disposition != .faultProcessingDisabled)),
      ])
    case .blocked(let cause, _):
      .object([("outcome", .string("blocked")), ("cause", .string(OutcomeText.describe(cause)))])
    }
  }
}
