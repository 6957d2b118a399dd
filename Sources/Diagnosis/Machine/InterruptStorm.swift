import LogReading
import VTdFormats

/// Finds fault storms by the units' counts of fault interrupts in `/proc/interrupts`.
///
/// The driver's rate limiter prints at most ten lines in five seconds, but the kernel counts every
/// interrupt. The count therefore shows faults that have no line in the log.
struct InterruptStorm {
  /// One interrupt with each count that was read of it.
  private struct Line {
    var number: Int?
    var units: [Int]
    var readings: [Noted<InterruptCount>]

    var first: UInt64 { readings.first?.value.count ?? 0 }
    var last: UInt64 { readings.last?.value.count ?? 0 }
    var name: String { units.map { "dmar\($0)" }.joined(separator: ", ") }
    var places: [LogPlace] { Array(readings.map { $0.place }.prefix(4)) }
  }

  private let log: LogContents
  private let lines: [Line]

  /// This many faults without a line in the log, or more, are a storm.
  private static let many: UInt64 = 1000

  init(_ log: LogContents) {
    self.log = log
    var lines: [Line] = []
    for row in log.machine.interrupts where row.value.purpose == .faults {
      let known = lines.firstIndex {
        $0.number == row.value.number && $0.units == row.value.units
          && $0.last <= row.value.count
      }
      if let known {
        lines[known].readings.append(row)
      } else {
        lines.append(
          Line(number: row.value.number, units: row.value.units, readings: [row]))
      }
    }
    self.lines = lines
  }

  /// The largest number of interrupts that the lines of the log can account for.
  private var told: UInt64 {
    UInt64(clamping: log.statuses.values.reduce(0, +)).saturatingAdd(
      UInt64(clamping: log.suppressed))
  }

  /// Whether the last reading comes before all faults of the log, and so cannot include them.
  private func isBeforeFaults(_ line: Line) -> Bool {
    guard let place = line.readings.last?.place else { return false }
    return !log.faults.isEmpty
      && log.faults.allSatisfy { $0.first.file == place.file && place < $0.first }
  }

  private var hasSeveralMachines: Bool { log.identities.count > 1 }

  /// The findings: faults that still go on, or faults that the log does not show.
  var findings: [Finding] {
    guard !hasSeveralMachines else { return [] }
    return lines.compactMap { growth($0) ?? unseen($0) }
  }

  private func growth(_ line: Line) -> Finding? {
    let more = line.last - line.first
    guard line.readings.count > 1, more > 0 else { return nil }
    return Finding(
      .message, id: "fault-interrupts-go-on", confidence: 90,
      severity: more >= Self.many ? .serious : .unclear,
      culprit: "the devices that fault; the unit is only the messenger",
      verdict:
        "\(line.name) sent its fault interrupt \(more) times between two readings of /proc/interrupts: "
        + "faults go on, and the limiter of the kernel's log keeps most of them out of it",
      why: [
        Finding.Evidence("the count went from \(line.first) to \(line.last)", line.places), records,
      ], next: next)
  }

  private func unseen(_ line: Line) -> Finding? {
    guard line.last >= told.saturatingAdd(Self.many) else { return nil }
    return Finding(
      .message, id: "fault-interrupts-unseen", confidence: 80, severity: .serious,
      culprit: "the devices that fault; the unit is only the messenger",
      verdict:
        "\(line.name) sent its fault interrupt \(line.last) times since the boot, and the log tells of "
        + "\(told): a storm that the limiter hid, or that has left the log's memory again",
      why: [Finding.Evidence("the count in /proc/interrupts", line.places), records], next: next)
  }

  private var records: Finding.Evidence {
    let count = log.faults.map { $0.count }.reduce(0, +)
    let shown =
      count == 0
      ? "the log shows no fault record"
      : "the log shows \(count) fault record\(count == 1 ? "" : "s")"
    return Finding.Evidence(
      shown
        + (log.suppressed > 0 ? ", and says that \(log.suppressed) lines were suppressed" : ""),
      log.faults.prefix(3).map { $0.first })
  }

  private var next: [String] {
    (log.faults.isEmpty ? [] : ["settle the records that are there first; more devices may follow"])
      + [
        "read /proc/interrupts twice to see whether it still grows",
        "unbind or switch off the devices of the first records one by one until the count stands still: "
          + "no option lifts the limiter of these lines",
      ]
  }

  /// Counts that are not a storm.
  var remarks: [Finding.Evidence] {
    guard !hasSeveralMachines else { return [] }
    return lines.compactMap { line in
      guard growth(line) == nil, unseen(line) == nil, !isBeforeFaults(line) else { return nil }
      if line.last == 0 {
        guard lines.allSatisfy({ $0.last == 0 }), !log.faults.isEmpty,
          line.units == lines.first?.units
        else { return nil }
        return Finding.Evidence(
          "no unit has sent a fault interrupt since the boot that /proc/interrupts is of: the records "
            + "were there when the driver looked at start-up, or are of another boot", line.places)
      }
      return Finding.Evidence(
        "\(line.name) sent its fault interrupt \(line.last) time\(line.last == 1 ? "" : "s") since the "
          + "boot; the log tells of \(told)", line.places)
    }
  }
}
