import KernelLog
import LogReading
import PCI
import Text
import VTdFormats

/// An explanation for people, wrapped to a terminal's width.
public struct ExplanationText: Sendable {
  /// Columns; at least 40.
  public var width: Int
  /// Whether colours are used.
  public var isColoured: Bool

  /// Text of at most `width` columns.
  public init(width: Int = 100, isColoured: Bool = false) {
    self.width = max(width, 40)
    self.isColoured = isColoured
  }

  /// The whole explanation.
  public func render(_ explanation: Explanation) -> String {
    var text = ""
    let contents = explanation.contents
    header(contents, &text)
    for block in explanation.incidents { text += render(block, contents) + "\n" }
    for finding in explanation.findings {
      let title = finding.id == finding.cause.rawValue ? "log-wide" : "message: \(finding.id)"
      text += bold(title) + "\n" + body(finding, contents) + "\n"
    }
    for dump in explanation.dumps { text += render(dump, contents) + "\n" }
    for splat in explanation.splats { text += render(splat, contents) + "\n" }
    if !explanation.remarks.isEmpty {
      text += heading("also")
      for remark in explanation.remarks {
        text += item(remark.text + places(remark.places, contents))
      }
      text += "\n"
    }
    text += units(contents)
    text += summary(explanation) + "\n"
    return text
  }

  /// One fault alone, for a log that is followed.
  public func render(_ fault: Explanation.Fault, _ contents: LogContents) -> String {
    render([fault], contents)
  }

  /// One fault, or several of one kind.
  func render(_ block: [Explanation.Fault], _ contents: LogContents) -> String {
    guard let first = block.first else { return "" }
    var text = bold(Self.title(block.map { $0.group })) + "\n"
    if !first.deviceWords.isEmpty { text += item(first.deviceWords, mark: "device  ") }
    text += item(occurrence(block, contents), mark: "seen    ")
    for repair in Set(block.flatMap({ $0.group.repairs }).map { "\($0.value)" }).sorted() {
      let place = block.flatMap { $0.group.repairs }.filter { "\($0.value)" == repair }.map {
        $0.place
      }
      text += item(repair + places(Array(place.prefix(3)), contents), mark: "repaired: ")
    }
    if let verdict = first.verdict { text += body(verdict, contents) }
    if let advice = first.advice { text += body(advice, id: first.verdict?.id ?? "") }
    for contradiction in first.contradictions {
      text += item(contradiction.text + places(contradiction.places, contents), mark: "beware  ")
    }
    for line in first.decoded {
      text += item(line.text + places([line.place], contents), mark: "decoded ")
    }
    // Below one in ten a possibility is not worth a reader's time.
    for other in first.findings.dropFirst().filter({ $0.confidence >= 10 }).prefix(3) {
      text += item("\(other.certainty): \(other.verdict)", mark: "or      ")
    }
    return text
  }

  private func body(_ finding: Finding, _ contents: LogContents) -> String {
    // A message says itself what it says.
    let isSure = finding.cause == .unknown || finding.id != finding.cause.rawValue
    let trust = isSure ? "" : " (\(finding.certainty), \(finding.confidence) %)"
    var text = item(
      finding.severity.rawValue + ": " + finding.verdict + trust, mark: "verdict ",
      severity: finding.severity)
    if finding.cause != .unknown || finding.confidence > 0 {
      text += item(finding.culprit, mark: "blame   ")
    }
    for why in finding.why {
      text += item(why.text + places(why.places, contents), mark: "why     ")
    }
    for next in finding.next { text += item(next, mark: "next    ") }
    if !finding.missing.isEmpty {
      text += item(finding.missing.joined(separator: "; "), mark: "missing ")
    }
    return text
  }

  private func body(_ advice: Advice, id: String) -> String {
    var text = item(advice.danger, mark: "danger  ")
    if let filter = advice.filter {
      text += item("may be filtered as \(id): by \(filter)", mark: "filter  ")
    }
    for workaround in advice.workarounds {
      text += item("\(workaround.rawValue): \(workaround.price)", mark: "around  ")
    }
    for line in advice.history { text += item(line, mark: "kernel  ") }
    return text
  }

  private func render(_ splat: SplatExplanation, _ contents: LogContents) -> String {
    var text = bold("lock report: \(splat.splat.kind.rawValue)") + "\n"
    var circumstances = splat.splat.kernel.isEmpty ? [] : ["kernel \(splat.splat.kernel)"]
    if !splat.splat.task.isEmpty { circumstances.append("task \(splat.splat.task)") }
    text += item(
      circumstances.joined(separator: ", ") + places([splat.place], contents), mark: "seen    ")
    text += item(splat.title, mark: "title   ")
    if let corruption = splat.corruption { text += item(corruption, mark: "beware  ") }
    text += item(splat.meaning, mark: "meaning ")
    for line in splat.story { text += item(line, mark: "who     ") }
    text += item(splat.cure, mark: "cure    ")
    return text
  }

  /// A dump whose fault record is not in the log.
  private func render(_ dump: Explanation.Dump, _ contents: LogContents) -> String {
    let unit = dump.dump.unit.map { " of \($0)" } ?? ""
    let end = dump.dump.stop.map(Self.words) ?? "cut off"
    var text = bold("table dump\(unit) without its fault record") + "\n"
    text += item(
      "ends: \(end)" + places(dump.dump.lines.prefix(1).map { $0.place }, contents),
      mark: "seen    ")
    for contradiction in dump.contradictions {
      text += item(contradiction.text + places(contradiction.places, contents), mark: "beware  ")
    }
    for line in dump.decoded {
      text += item(line.text + places([line.place], contents), mark: "decoded ")
    }
    return text
  }

  /// A stop without the wording of one kernel or the other, which count levels differently.
  private static func words(_ stop: DumpStop) -> String {
    if case .entryNotPresent(let level) = stop {
      return "the entry of level \(level) is not present"
    }
    return DumpLine.stop(stop).body(.revised)
  }

  /// The units' capabilities field by field, those with the same ones together.
  private func units(_ contents: LogContents) -> String {
    var names: [[UInt64]: [String]] = [:]
    var order: [Noted<LogContents.Unit>] = []
    for unit in contents.units {
      let key = [unit.value.capability.rawValue, unit.value.extended.rawValue]
      let name = "dmar\(unit.value.number)"
      if names[key] == nil { order.append(unit) }
      if names[key]?.contains(name) != true { names[key, default: []].append(name) }
    }
    guard !order.isEmpty else { return "" }
    var text = heading("units")
    for unit in order {
      let key = [unit.value.capability.rawValue, unit.value.extended.rawValue]
      text += item(
        "\((names[key] ?? []).joined(separator: ", ")): \(unit.value.capability) "
          + "\(unit.value.extended)" + places([unit.place], contents))
    }
    return text + "\n"
  }

  /// `DMA write by 00:1a.0 to 0x0, reason 0x05 PTE Write access is not set`, or of several faults
  /// `DMA reads and writes by 00:1a.0, reason …`.
  public static func title(_ groups: [FaultGroup]) -> String {
    guard let first = groups.first else { return "" }
    let functions = Set(groups.map { $0.function }).sorted()
    let device = functions.map { $0.shortDescription }.joined(separator: ", ")
    let what: String
    switch first.key.request {
    case .dma(let access, let pasid, let address):
      let space = pasid.map { " in PASID \($0)" } ?? ""
      let kinds = Set(groups.compactMap { $0.access })
      let isOne = Set(groups.compactMap { $0.address }).count == 1
      switch (groups.count, kinds.count) {
      case (1, _):
        let place = first.key.hiddenAddress == nil ? "\(address)" : "an address that is hidden"
        what =
          access == .read
          ? "DMA read by \(device) from \(place)\(space)"
          : "DMA write by \(device) to \(place)\(space)"
      case (_, 1):
        what =
          "DMA \(access == .read ? "reads" : "writes") by \(device)"
          + "\(isOne && functions.count > 1 ? " at \(address)" : "")\(space)"
      default:
        what = "DMA reads and writes by \(device)\(isOne ? " at \(address)" : "")\(space)"
      }
    case .interrupt(let index):
      what =
        groups.count == 1
        ? "interrupt by \(device), index 0x\(hex(UInt64(index)))"
        : "interrupts by \(device), \(groups.count) indices"
    }
    let reasons = Set(groups.compactMap { $0.key.reason }).sorted()
    if reasons.count > 1 {
      return what + ", reasons "
        + reasons.map { "0x" + hex(UInt64($0), digits: 2) }.joined(separator: ", ")
    }
    guard let reason = first.key.reason else { return what + ", reason cut off" }
    let words = FaultReasonTable.scalable.text(reason)
    return what + ", reason 0x\(hex(UInt64(reason), digits: 2)) "
      + (words == FaultReasonTable.unknown && !first.observation.reasonText.isEmpty
        ? first.observation.reasonText : words)
  }

  private func occurrence(_ block: [Explanation.Fault], _ contents: LogContents) -> String {
    let groups = block.map { $0.group }
    let count = groups.map { $0.count }.reduce(0, +)
    let suppressed = groups.map { $0.suppressed }.reduce(0, +)
    var text = count == 1 ? "once" : "\(count) times"
    if groups.count > 1 {
      let addresses = Set(groups.compactMap { $0.address }).sorted()
      if addresses.count > 1, let low = addresses.first, let high = addresses.last {
        text += " on \(addresses.count) pages, 0x\(hex(low)) to 0x\(hex(high))"
      }
    }
    if suppressed > 0 { text += ", \(suppressed) lines suppressed" }
    let boots = Set(groups.map { [$0.first.file, $0.key.boot] }).count
    if boots > 1, Set(groups.map({ $0.key.boot })).count > 1 { text += " in \(boots) boots" }
    let sightings = groups.flatMap { group in
      [(group.first, group.sightings.first?.time), (group.last, group.lastTime)]
    }
    let first = sightings.min { $0.0 < $1.0 }
    let last = sightings.max { $0.0 < $1.0 }
    if let first, let last {
      text += places(first.0 == last.0 ? [first.0] : [first.0, last.0], contents)
      text += Self.times(groups) ?? ""
    }
    let copies = groups.flatMap { $0.sightings }.filter { sighting in
      contents.files.count > 1 && sighting.place.file != first?.0.file
    }
    if groups.contains(where: { $0.duplicates > 0 }) {
      text += "; the same records also" + places(copies.map { $0.place }, contents)
    }
    return text
  }

  /// From the earliest to the latest time, whatever the order of lines.
  private static func times(_ groups: [FaultGroup]) -> String? {
    let times = groups.flatMap { [$0.firstTime, $0.lastTime] }.compactMap { $0 }
      .filter { $0.uptime != nil }.sorted { ($0.uptime ?? 0) < ($1.uptime ?? 0) }
    if let low = times.first, let high = times.last {
      let from = bothClocks(low)
      return low.uptime == high.uptime ? ", \(from)" : ", \(from) to \(bothClocks(high))"
    }
    guard let from = time(groups.first?.firstTime) else { return nil }
    let to = time(groups.last?.lastTime)
    return to == nil || to == from ? ", \(from)" : ", \(from) to \(to ?? "")"
  }

  /// `10.000100 s (2026-03-02 10:00:10 UTC)`, as far as the line has them.
  private static func bothClocks(_ time: LogTime) -> String {
    let uptime = self.time(LogTime(uptime: time.uptime)) ?? ""
    return time.wallClock.map { "\(uptime) (\($0))" } ?? uptime
  }

  static func time(_ time: LogTime?) -> String? {
    if let uptime = time?.uptime {
      return LogRecord.timestamp(uptime).filter { $0 != "[" && $0 != "]" && $0 != " " } + " s"
    }
    return time?.wallClock
  }

  private func header(_ contents: LogContents, _ text: inout String) {
    var parts: [String] = []
    var kernels: [String] = []
    for kernel in contents.kernels where !kernels.contains(kernel.value) {
      kernels.append(kernel.value)
    }
    if kernels.count > 1 {
      parts.append("\(contents.kernels.count) boots: kernels \(kernels.joined(separator: ", "))")
    } else if let kernel = kernels.last {
      parts.append("kernel \(kernel)")
    }
    if !contents.systems.isEmpty {
      parts.append(
        "printed by " + contents.systems.map { $0.value.rawValue }.joined(separator: ", "))
    }
    if let machine = contents.machines.last { parts.append(machine.value) }
    if !contents.units.isEmpty {
      let count = Set(contents.units.map { $0.value.number }).count
      parts.append("\(count) unit\(count == 1 ? "" : "s")")
    }
    if !parts.isEmpty { text += wrap(parts.joined(separator: "; "), indent: 0) + "\n\n" }
  }

  /// How many fault records there are beyond those that are kept apart, of a log that is followed.
  public static func others(_ contents: LogContents) -> String {
    Explanation.others(contents).text
  }

  private func summary(_ explanation: Explanation) -> String {
    let count =
      explanation.contents.faults.map { $0.count }.reduce(0, +)
      + explanation.contents.faultsNotKept
    let incidents = explanation.incidentCount
    var text =
      count == 0
      ? noFaultRecord(explanation)
      : "\(count) fault record\(count == 1 ? "" : "s"), \(incidents) incident\(incidents == 1 ? "" : "s")"
    let splats = explanation.splats.count
    if splats > 0 { text += ", \(splats) lock report\(splats == 1 ? "" : "s")" }
    if let severity = explanation.severity { text += ": \(severity.rawValue)" }
    return wrap(text, indent: 0)
  }

  private func noFaultRecord(_ explanation: Explanation) -> String {
    let events = explanation.contents.eventCount
    if events == 0, explanation.contents.hasHistory {
      return "no fault record that the mapping history could be joined with"
    }
    if events == 0, explanation.contents.machine.rowCount > 0 {
      return "no fault record; the machine's own files were read alone"
    }
    return events == 0
      ? "no fault record, and nothing else about remapping"
      : "no fault record in \(counted(events, "line")) about devices and remapping"
  }

  private func places(_ places: [LogPlace], _ contents: LogContents) -> String {
    guard !places.isEmpty else { return "" }
    let several = contents.namesFiles
    var seen: Set<LogPlace> = []
    let names = places.sorted().filter { seen.insert($0).inserted }.prefix(6).map { place in
      guard several, contents.files.indices.contains(place.file) else { return "\(place.line)" }
      let name = contents.files[place.file]
      return place.line == LogPlace.wholeFile ? name : "\(name):\(place.line)"
    }
    return several
      ? " (\(names.joined(separator: ", ")))"
      : names.count == 1 ? " (line \(names[0]))" : " (lines \(names.joined(separator: ", ")))"
  }

  private func heading(_ words: String) -> String { bold(words) + "\n" }

  /// - Parameter severity: the first word, which is then shown in its colour.
  private func item(
    _ words: String, mark: String = "- ", severity: Finding.Severity? = nil
  ) -> String {
    let indent = 2 + mark.utf8.count
    var wrapped = wrap(words, indent: indent)
    if let severity {
      let word = severity.rawValue
      wrapped = colour(severity, word) + wrapped.dropFirst(word.count)
    }
    return "  " + mark + wrapped + "\n"
  }

  /// Breaks at blanks; a word longer than the line is left whole. Control characters of the log, of
  /// names and of other inputs are shown escaped; colours are added afterwards.
  private func wrap(_ words: String, indent: Int) -> String {
    let words = PrintableText.oneLine(words)
    var lines: [String] = [""]
    var column = indent
    for word in words.split(separator: " ", omittingEmptySubsequences: true) {
      let length = word.count
      let isEmpty = lines[lines.count - 1].isEmpty
      if !isEmpty, column + 1 + length > width {
        lines.append(String(word))
        column = indent + length
      } else {
        lines[lines.count - 1] += (isEmpty ? "" : " ") + word
        column += length + (isEmpty ? 0 : 1)
      }
    }
    return lines.joined(separator: "\n" + String(repeating: " ", count: indent))
  }

  private func bold(_ text: String) -> String {
    let wrapped = wrap(text, indent: 0)
    return isColoured ? "\u{1b}[1m\(wrapped)\u{1b}[0m" : wrapped
  }

  private func colour(_ severity: Finding.Severity, _ text: String) -> String {
    guard isColoured else { return text }
    let code =
      switch severity {
      case .serious: "31"
      case .unclear: "33"
      case .harmless: "32"
      }
    return "\u{1b}[\(code)m\(text)\u{1b}[0m"
  }
}
