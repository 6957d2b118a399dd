import KernelLog
import LogReading
public import MachineEvidence
import PCI
import Text
import VTdFormats

/// Mappings and moments in the words of explanations.
enum HistoryWords {
  static func place(_ moment: MappingEvent.Moment) -> LogPlace {
    LogPlace(file: moment.file, line: moment.line)
  }

  /// `04:00.0`, the name of a device that is not on PCI, or `some device`.
  static func owner(_ life: MappingLife) -> String {
    if let device = life.device { return device.shortDescription }
    return life.name.isEmpty ? "some device" : life.name
  }

  /// `0xffffd000 to 0xffffdfff`
  static func range(_ life: MappingLife) -> String {
    "0x\(hex(life.start)) to 0x\(hex(life.end &- 1))"
  }

  /// `64 ms`, `12 s`; nil for less than clocks can tell.
  static func time(_ microseconds: UInt64) -> String? {
    switch microseconds {
    case ..<HistoryCase.slack: nil
    case ..<10_000_000: "\(microseconds / 1000) ms"
    default: "\(microseconds / 1_000_000) s"
    }
  }

  /// ` (by dd-123)`, or nothing.
  static func task(_ moment: MappingEvent.Moment) -> String {
    moment.task.isEmpty ? "" : " (by the task \(moment.task))"
  }

  /// `9.000000 to 9.500000 s`
  static func span(_ counts: HistoryCounts) -> String? {
    guard let first = counts.first, let last = counts.last else { return nil }
    return "\(seconds(first)) to \(seconds(last)) s"
  }

  static func seconds(_ microseconds: UInt64) -> String {
    "\(microseconds / 1_000_000)." + "\(microseconds % 1_000_000)".aligned(to: 6, with: "0")
  }

  /// What was read of a history, for the end of an explanation.
  static func remarks(_ contents: LogContents) -> [Finding.Evidence] {
    let errors = BusErrorWords.remarks(contents)
    return errors + history(contents)
  }

  /// How much there is of a history, and from when to when; nil where there is none.
  static func summary(_ history: MappingHistory) -> String? {
    let counts = history.counts
    guard !history.isEmpty else { return nil }
    var parts: [String] = []
    let tables = counts.tableMaps + counts.tableUnmaps
    if tables > 0 {
      parts.append(
        "\(counted(counts.tableMaps, "mapping")) and \(counted(counts.tableUnmaps, "unmapping")) of the "
          + "tables")
    }
    if counts.maps + counts.unmaps + counts.allocations + counts.frees > 0 {
      parts.append(
        "\(counted(counts.maps + counts.allocations, "mapping")) and "
          + "\(counted(counts.unmaps + counts.frees, "unmapping")) by drivers")
    }
    if counts.alive > 0 { parts.append("\(counted(counts.alive, "live mapping")) in a dump") }
    if counts.flushes > 0 {
      parts.append("\(counts.flushes) flush\(counts.flushes == 1 ? "" : "es")")
    }
    if parts.isEmpty { parts.append(counted(counts.total, "event")) }
    var text = "mapping history: " + parts.joined(separator: ", ")
    if let span = span(counts) { text += ", from \(span)" }
    return text
  }

  private static func history(_ contents: LogContents) -> [Finding.Evidence] {
    guard var text = summary(contents.history) else { return [] }
    let counts = contents.history.counts
    if contents.history.clock == .own {
      text += "; its clock is not the log's, so times order its events among themselves alone"
    }
    if contents.faults.isEmpty { text += "; no fault record to join them with" }
    var remarks = [Finding.Evidence(text)]
    if counts.lost > 0 {
      remarks.append(
        Finding.Evidence(
          "the trace lost \(counted(Int(clamping: counts.lost), "event")); a mapping may be among them (a larger buffer: "
            + "buffer_size_kb, trace_buf_size=)"))
    }
    if contents.history.forgotten > 0 {
      remarks.append(
        Finding.Evidence("\(contents.history.forgotten) mappings were not kept apart"))
    }
    return remarks
  }
}

extension LogCollector {
  /// Takes the history of the mappings that touch the addresses of the faults.
  public mutating func take(_ history: MappingHistory) { contents.history = history }
}

extension LogContents {
  /// `mapping history: 12 mappings and 11 unmappings by drivers, from 9.000000 to 9.500000 s`: how much was
  /// read of it; nil where no history was given along.
  public var historySummary: String? { HistoryWords.summary(history) }

  /// Whether a mapping history was given along.
  public var hasHistory: Bool { !history.isEmpty }

  /// The addresses that the faults tell, for looking through a history.
  public var faultAddresses: [UInt64] { faults.compactMap { $0.address } }
}
