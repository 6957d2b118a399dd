import KernelLog
import LogReading
import PCI
import Text
import VTdFormats

/// An explanation for programs. The members are described in the document `Explain` beside.
public struct ExplanationJSON: Sendable {
  /// Changes when a member changes its meaning or goes; new members may come without.
  public static let schema = "dmar-explain/1"

  let explanation: Explanation

  /// The JSON of an explanation.
  public init(_ explanation: Explanation) {
    self.explanation = explanation
  }

  /// One document.
  public var document: String {
    JSONValue.object([
      ("schema", .string(Self.schema)),
      ("files", .array(explanation.contents.files.map(JSONValue.string))),
      ("severity", .text(explanation.severity?.rawValue)),
      ("faults", .array(explanation.faults.map { .object(fault($0)) })),
      ("findings", .array(explanation.findings.map { .object(finding($0)) })),
      ("dumps", .array(explanation.dumps.map { .object(dump($0)) })),
      ("lock_reports", .array(explanation.splats.map { .object(splat($0)) })),
      ("remarks", .array(explanation.remarks.map { evidence($0) })),
      ("summary", .object(summary)),
    ]).pretty
  }

  /// One object a line, each with its `type`; the last is the summary.
  public var lines: [String] {
    explanation.faults.map { Self.line("fault", fault($0)) }
      + explanation.findings.map { Self.line("finding", finding($0)) }
      + explanation.dumps.map { Self.line("dump", dump($0)) }
      + explanation.splats.map { Self.line("lock_report", splat($0)) }
      + explanation.remarks.map { Self.line("remark", [("remark", evidence($0))]) }
      + [Self.line("summary", summary)]
  }

  /// One fault as a line, for a log that is followed.
  public func line(_ fault: Explanation.Fault) -> String { Self.line("fault", self.fault(fault)) }

  /// How often a fault has come so far, as a line, for a log that is followed.
  public func countLine(_ group: FaultGroup) -> String { Self.line("count", record(group)) }

  /// How many fault records there are beyond those that are kept apart, as a line of the same kind.
  public var othersLine: String {
    Self.line("remark", [("remark", evidence(Explanation.others(explanation.contents)))])
  }

  private static func line(_ type: String, _ members: [(String, JSONValue)]) -> String {
    JSONValue.object([("type", .string(type)), ("schema", .string(schema))] + members).compact
  }

  private func fault(_ fault: Explanation.Fault) -> [(String, JSONValue)] {
    let group = fault.group
    var members = record(group) + [("device_words", .string(fault.deviceWords))]
    if let verdict = fault.verdict { members += finding(verdict) }
    if let advice = fault.advice {
      members += [
        ("danger", .string(advice.danger)), ("filter", .text(advice.filter)),
        (
          "workarounds",
          .array(
            advice.workarounds.map {
              .object([("option", .string($0.rawValue)), ("price", .string($0.price))])
            })
        ), ("kernels", .array(advice.history.map(JSONValue.string))),
      ]
    }
    members += [
      (
        "others",
        .array(
          fault.findings.dropFirst().map { other in
            .object([
              ("cause", .string(other.cause.rawValue)), ("confidence", .count(other.confidence)),
              ("verdict", .string(other.verdict)),
            ])
          })
      ),
      ("history", AddressHistory(of: group, in: explanation.contents).value),
      ("contradictions", .array(fault.contradictions.map { evidence($0) })),
      (
        "decoded",
        .array(
          fault.decoded.map { .object([("text", .string($0.text)), ("at", place($0.place, nil))]) })
      ),
      (
        "repaired",
        .array(
          group.repairs.map {
            .object([("text", .string("\($0.value)")), ("at", place($0.place, nil))])
          })
      ),
    ]
    return members
  }

  private func record(_ group: FaultGroup) -> [(String, JSONValue)] {
    var members: [(String, JSONValue)] = [("device", .string(group.function.description))]
    switch group.key.request {
    case .dma(let access, let pasid, let address):
      members += [
        ("kind", .string(access == .read ? "dma_read" : "dma_write")),
        ("pasid", pasid.map { .unsigned(UInt64($0.rawValue)) } ?? .null),
        (
          "address",
          group.key.hiddenAddress == nil ? .string("\(address)") : .null
        ), ("index", .null),
      ]
    case .interrupt(let index):
      members += [
        ("kind", .string("interrupt")), ("pasid", .null), ("address", .null),
        ("index", .unsigned(UInt64(index))),
      ]
    }
    members += [
      ("reason", .text(group.key.reason.map { "0x" + hex(UInt64($0), digits: 2) })),
      ("reason_text", .text(group.key.reason.map { FaultReasonTable.scalable.text($0) })),
      (
        "format",
        .text(group.observation.generation?.rawValue ?? group.observation.system?.rawValue)
      ),
      ("count", .count(group.count)), ("suppressed", .count(group.suppressed)),
      ("first", place(group.first, group.firstTime)), ("last", place(group.last, group.lastTime)),
      (
        "lines",
        .array([.count(group.firstLines.lowerBound), .count(group.firstLines.upperBound)])
      ),
    ]
    return members
  }

  private func finding(_ finding: Finding) -> [(String, JSONValue)] {
    [
      ("id", .string(finding.id)), ("cause", .string(finding.cause.rawValue)),
      ("cause_number", .count(finding.cause.number)),
      ("confidence", .count(finding.confidence)), ("severity", .string(finding.severity.rawValue)),
      ("culprit", .string(finding.culprit)), ("verdict", .string(finding.verdict)),
      ("why", .array(finding.why.map { evidence($0) })),
      (
        "clues",
        .array(
          finding.clues.map {
            .object([
              ("clue", .string($0.weight.rawValue)), ("decibans", .signed(Int64($0.decibans))),
            ])
          })
      ),
      ("next", .array(finding.next.map(JSONValue.string))),
      ("missing", .array(finding.missing.map(JSONValue.string))),
    ]
  }

  private func dump(_ dump: Explanation.Dump) -> [(String, JSONValue)] {
    [
      ("unit", .text(dump.dump.unit)),
      ("stop", .text(dump.dump.stop.map { DumpLine.stop($0).body(.revised) })),
      ("at", .array(dump.dump.lines.prefix(1).map { place($0.place, nil) })),
      ("contradictions", .array(dump.contradictions.map { evidence($0) })),
      (
        "decoded",
        .array(
          dump.decoded.map { .object([("text", .string($0.text)), ("at", place($0.place, nil))]) })
      ),
    ]
  }

  private func splat(_ splat: SplatExplanation) -> [(String, JSONValue)] {
    func lock(_ lock: LockSplat.Lock) -> JSONValue {
      .object([
        ("class", .string(lock.name)), ("usage", .string(lock.usage)),
        ("wait_types", .string(lock.waitTypes)), ("at", .string(lock.function)),
      ])
    }
    return [
      ("kind", .string(splat.splat.kind.rawValue)), ("title", .string(splat.title)),
      ("corrupted", .text(splat.corruption)), ("at", place(splat.place, nil)),
      ("kernel", .string(splat.splat.kernel)), ("task", .string(splat.splat.task)),
      ("wanted", splat.splat.wanted.map(lock) ?? .null),
      ("blocker", splat.splat.blocker.map(lock) ?? .null),
      ("other", splat.splat.other.map(lock) ?? .null), ("detail", .string(splat.splat.detail)),
      ("held", .array(splat.splat.held.map(lock))),
      ("old_state", .string(splat.splat.oldState)), ("new_state", .string(splat.splat.newState)),
      ("registered_stack", .array(splat.splat.registeredStack.map(JSONValue.string))),
      ("stack", .array(splat.splat.stack.map(JSONValue.string))),
      ("meaning", .string(splat.meaning)), ("story", .array(splat.story.map(JSONValue.string))),
      ("cure", .string(splat.cure)),
    ]
  }

  private func evidence(_ evidence: Finding.Evidence) -> JSONValue {
    .object([
      ("text", .string(evidence.text)), ("at", .array(evidence.places.map { place($0, nil) })),
    ])
  }

  private func place(_ place: LogPlace, _ time: LogTime?) -> JSONValue {
    var members: [(String, JSONValue)] = [("line", .count(place.line))]
    if explanation.contents.files.indices.contains(place.file) {
      members.insert(("file", .string(explanation.contents.files[place.file])), at: 0)
    }
    if let uptime = time?.uptime { members.append(("time_us", .unsigned(uptime))) }
    if let wall = time?.wallClock { members.append(("time", .string(wall))) }
    return .object(members)
  }

  private var summary: [(String, JSONValue)] {
    let contents = explanation.contents
    return [
      (
        "fault_records",
        .count(contents.faults.map { $0.count }.reduce(0, +) + contents.faultsNotKept)
      ),
      ("distinct_faults", .count(contents.faults.count)),
      ("incidents", .count(explanation.incidentCount)),
      ("suppressed", .count(contents.suppressed)),
      ("lock_reports", .count(contents.splats.count)),
      ("kernel", .text(contents.kernels.last?.value)),
      ("machine", .text(contents.machines.last?.value)),
      (
        "units",
        .array(
          contents.units.map { unit in
            .object([
              ("name", .string("dmar\(unit.value.number)")),
              ("base", .string("\(unit.value.base)")),
              ("cap", .string("\(unit.value.capability)")),
              ("ecap", .string("\(unit.value.extended)")), ("at", place(unit.place, nil)),
            ])
          })
      ),
    ]
  }
}
