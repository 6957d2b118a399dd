import KernelLog
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
}
