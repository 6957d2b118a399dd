import KernelLog
import LogReading
import TestSupport
import Testing
import VTdFormats

/// All events of a log, read in one piece or in pieces of a given size.
func events(in bytes: [UInt8], piece: Int = .max) -> [LogEvent] {
  var reader = LogReader()
  var events: [LogEvent] = []
  var start = 0
  while start < bytes.count {
    let end = piece == .max ? bytes.count : min(start + piece, bytes.count)
    bytes[start..<end].withUnsafeBytes { reader.read($0) { events.append($0) } }
    start = end
  }
  reader.finish { events.append($0) }
  return events
}

func events(in text: String) -> [LogEvent] { events(in: Array(text.utf8)) }

/// `Read 02:00.0 bdf83000 0x06`, the notation of the corpus's index.
func notation(_ fault: FaultObservation) -> String {
  let reason = fault.reason.map { "0x" + hex(UInt64($0), digits: 2) } ?? "?"
  switch fault.request {
  case .dma(let access, _, let address):
    return "\(access == .read ? "Read" : "Write") \(fault.source) "
      + "\(hex(address.rawValue)) \(reason)"
  case .interrupt(let index): return "INTR \(fault.source) \(hex(UInt64(index))) \(reason)"
  }
}

func faults(_ events: [LogEvent]) -> [FaultObservation] {
  events.compactMap {
    if case .fault(let fault) = $0.kind { return fault }
    return nil
  }
}

@Suite("Real reports", .enabled(if: Shared.isHere, "the corpus is not beside this repository"))
struct CorpusTests {
  struct Row: CustomTestStringConvertible {
    let file: String
    let count: Int
    let faults: [String]
    var testDescription: String { file }
  }

  static let index: [Row] = {
    guard let bytes = Shared.bytes("corpus/index.tsv") else { return [] }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").dropFirst().map { line in
      let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      return Row(
        file: cells[0], count: Int(cells[4]) ?? 0,
        faults: cells[5].split(separator: ";").map { $0.drop { $0 == " " } }.map(String.init))
    }
  }()

  @Test("every fault record of the mailing-list reports is found, and no other", arguments: index)
  func found(_ row: Row) throws {
    let bytes = try #require(Shared.bytes("corpus/" + row.file))
    let found = faults(events(in: bytes)).map(notation)
    #expect(found.count == row.count, "\(found)")
    #expect(Set(found) == Set(row.faults))
  }

  @Test(
    "every fault record of the other reports and of the golden logs is found",
    arguments: [
      ("corpus/other-E02.log", ["Write 00:1a.0 0 0x05"]),
      ("corpus/other-E03.log", ["Read 15:00.0 ffff1000 0x06"]),
      ("corpus/other-E04.log", ["Write 80:1f.6 1aba8d000 0x39", "Read 80:14.0 e8a356000 0x39"]),
      ("corpus/other-E06.log", ["Write 07:00.1 fffe0000 0x02"]),
      ("corpus/other-E09.log", ["INTR f0:1f.0 0 0x25"]),
      ("corpus/other-E10.log", []), ("corpus/other-E13.log", []),
      ("seed/report.log", ["Write 00:1a.0 0 0x05"]),
      ("golden/klist-splat.log", ["Write 00:1a.0 0 0x05", "Read 00:1a.0 1000 0x06"]),
      (
        "golden/legacy.log",
        [
          "Write 00:1a.0 1000000 0x05", "Read 00:1a.0 fff000 0x06", "Write 00:1a.0 7ffffff000 0x05",
          "Read 00:1a.0 8000000000 0x04", "INTR ff:1f.7 80 0x22", "Write 00:1f.4 1000000 0x05",
          "Read 00:1f.4 1000000 0x06", "Write 00:1f.4 7ffffff000 0x05",
          "Read 00:1f.4 8000000000 0x04", "INTR ff:1f.7 80 0x22",
        ]
      ),
    ] as [(String, [String])])
  func others(file: String, expected: [String]) throws {
    let bytes = try #require(Shared.bytes(file))
    #expect(faults(events(in: bytes)).map(notation) == expected)
  }

  @Test("reading a report in pieces gives the same events", arguments: index)
  func pieces(_ row: Row) throws {
    let bytes = try #require(Shared.bytes("corpus/" + row.file))
    #expect(events(in: bytes, piece: 1009) == events(in: bytes))
  }

  @Test("a fault line that a kernel could print is printed back as it stands", arguments: index)
  func printedBack(_ row: Row) throws {
    let bytes = try #require(Shared.bytes("corpus/" + row.file))
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    for event in events(in: bytes) {
      guard case .fault(let fault) = event.kind, let generation = fault.generation,
        let line = fault.line, event.repairs.isEmpty, event.lines.count == 1
      else { continue }
      let printed = lines.filter { $0.hasSuffix(line.text(generation)) }
      #expect(!printed.isEmpty, "\(line.text(generation))")
    }
  }
}
