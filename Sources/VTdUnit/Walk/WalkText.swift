internal import Text
package import VTdFormats

extension WalkReport: CustomStringConvertible {
  /// The way of the request, as `dmar walk` prints it.
  public var description: String { lines(through: "the unit").joined(separator: "\n") }

  /// The way of a DMA through its tables, step by step, and how it ends.
  ///
  /// - Parameters:
  ///   - unit: the remapping unit's name, which the first line tells.
  ///   - remark: what is said of a fault besides its meaning, such as what a kernel prints of it.
  package func lines(
    through unit: String, remark: (FaultReason) -> String = { _ in "" }
  ) -> [String] {
    var lines = ["\(WalkText.headline(of: request)) through \(unit)"]
    lines += WalkText.lines(of: notes)
    lines += WalkText.lines(of: steps)
    lines += ["", WalkText.verdict(of: self, remark)]
    if let record { lines.append(WalkText.line(of: record)) }
    return lines
  }
}

extension InterruptReport: CustomStringConvertible {
  /// The way of the interrupt request, as `dmar walk` prints it.
  public var description: String { lines().joined(separator: "\n") }

  /// The way of an interrupt request to its entry, and what becomes of it.
  ///
  /// - Parameter remark: what is said of a fault besides its meaning.
  package func lines(remark: (FaultReason) -> String = { _ in "" }) -> [String] {
    let address = hex(UInt64(request.address))
    var lines = ["interrupt request at 0x\(address), data 0x\(hex(UInt64(request.data)))"]
    lines += WalkText.lines(of: notes)
    lines += message.filter { $0.value != 0 }.map(WalkText.line)
    lines += WalkText.lines(of: steps)
    lines += ["", WalkText.verdict(of: self, remark)]
    if let record { lines.append(WalkText.line(of: record)) }
    return lines
  }
}

/// The parts of a walk's text.
private enum WalkText {
  static func lines(of notes: [String]) -> [String] { notes.map { "   registers \($0)" } }

  static func headline(of request: DMARequest) -> String {
    var words = "\(request.source) "
    let act =
      switch request.access {
      case .read: request.isExecute ? "fetches instructions at" : "reads"
      case .write: "writes"
      case .atomic: "does an AtomicOp at"
      }
    switch request.addressType {
    case .untranslated: words += "\(act) \(request.address)"
    case .translationRequest:
      words += "asks for a translation of \(request.address)"
      if request.writes { words += " to write" }
    case .translated: words += "\(act) \(request.address), a translated address,"
    }
    if let pasid = request.pasid { words += " with PASID \(pasid)" }
    if request.isPrivileged { words += " as supervisor" }
    return words
  }

  // MARK: Steps

  static func lines(of steps: [WalkStep]) -> [String] {
    steps.enumerated().flatMap { number, step in
      ["", "\(number + 1). \(title(of: step)) at 0x\(hex(step.address))\(place(of: step))"]
        + lines(of: step)
    }
  }

  static func lines(of step: WalkStep) -> [String] {
    guard !step.words.isEmpty else {
      return ["   cannot be read: there is no memory"]
        + (step.failed.map { ["   failed    \($0)"] } ?? [])
    }
    var lines = raw(step.words)
    lines += step.fields.filter { $0.value != 0 || isAlwaysShown($0) }.map(line)
    if let accumulated = step.accumulated { lines.append("   allowed   \(accumulated) so far") }
    lines += step.checks.map { "   checked   \($0)" }
    if !step.updates.isEmpty {
      lines.append("   sets      \(step.updates.joined(separator: ", "))")
    }
    if let failed = step.failed { lines.append("   failed    \(failed)") }
    return lines
  }

  /// The words, highest first, four to a line.
  static func raw(_ words: [UInt64]) -> [String] {
    let words = Array(words.reversed())
    return stride(from: 0, to: words.count, by: 4).map { start in
      (start == 0 ? "   raw       " : "             ")
        + words[start..<min(start + 4, words.count)].map { hex($0, digits: 16) }
        .joined(separator: " ")
    }
  }

  static func line(of field: DecodedField) -> String {
    "   \(field.name.padded(to: 9)) \(field.bits.padded(to: 8)) "
      + "0x\(hex(field.address ?? field.value))  \(field.meaning)"
  }

  /// A bit that says "present" matters most when it is clear.
  static func isAlwaysShown(_ field: DecodedField) -> Bool {
    ["P", "R", "W", "LP", "UP"].contains(field.name)
  }

  static func title(of step: WalkStep) -> String {
    step.level == 0 ? step.structure.rawValue : "\(step.structure.rawValue), level \(step.level)"
  }

  /// Which entry of its table it is, and what chose it.
  static func place(of step: WalkStep) -> String {
    guard let index = step.index else { return "" }
    let by: String
    switch step.structure {
    case .rootEntry, .scalableRootEntry: by = "the bus"
    case .contextEntry: by = "device and function"
    case .scalableContextEntry: by = "the low 7 bits of device and function"
    case .pasidDirectoryEntry: by = "bits 19:6 of PASID 0x\(hex(step.input ?? 0))"
    case .pasidTableEntry: by = "bits 5:0 of PASID 0x\(hex(step.input ?? 0))"
    case .firstStageEntry, .secondStageEntry:
      let low = Paging.shift(level: step.level)
      by = "bits \(low + 8):\(low) of 0x\(hex(step.input ?? 0))"
    case .interruptEntry, .postedInterruptEntry: by = "handle and subhandle"
    case .postedInterruptDescriptor: return ""
    }
    return " (entry 0x\(hex(index)), by \(by))"
  }

  // MARK: The end

  static func verdict(of report: WalkReport, _ remark: (FaultReason) -> String) -> String {
    switch report.verdict {
    case .translated(let page) where report.request.addressType == .translationRequest:
      if page.untranslatedOnly { return "answered: untranslated only (U), \(page.permissions)" }
      return page.permissions.isDisjoint(with: [.read, .write])
        ? "answered: no permission (R=W=0), and no fault"
        : "answered: \(page.address), page of \(page.pageSize / 1024) KiB, \(page.permissions)"
    case .translated(let page):
      return "translated: \(report.request.address) -> \(page.address) "
        + "(page of \(page.pageSize / 1024) KiB, \(page.permissions))"
    case .interruptRequest:
      return "an interrupt request: the address lies in 0xfee00000 to 0xfeefffff"
    case .blocked(.fault(let reason), let disposition):
      return blocked(reason, disposition, remark)
    case .blocked(let cause, _):
      return "blocked: \(cause)"
    }
  }

  static func verdict(of report: InterruptReport, _ remark: (FaultReason) -> String) -> String {
    switch report.verdict {
    case .unchanged, .remapped, .posted: "\(report.verdict)"
    case .blocked(let reason, let disposition): blocked(reason, disposition, remark)
    }
  }

  static func blocked(
    _ reason: FaultReason, _ disposition: FaultDisposition, _ remark: (FaultReason) -> String
  ) -> String {
    let silent = disposition == .faultProcessingDisabled ? " (\(disposition))" : ""
    return "blocked: fault reason 0x\(hex(UInt64(reason.rawValue), digits: 2)), "
      + "\(reason.words)\(silent)\(remark(reason))"
  }

  static func line(of record: FaultRecord) -> String {
    var record = record
    record[flag: .fault] = true
    return "recorded as 0x\(hex(record.high, digits: 16)):\(hex(record.low, digits: 16)) "
      + "(see dmar decode frcd)"
  }
}
