import KernelLog
import LogReading

/// Any bytes as a log: read whole and in pieces, which has to give the same. What a kernel could have
/// printed has to be printed back as it was read.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzLogReader(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let events = read(bytes, piece: max(count, 1))
  // The first byte chooses the pieces, so that the fuzzer finds the interesting ones.
  let pieces = read(bytes, piece: Int(bytes.first ?? 0) + 1)
  precondition(pieces == events, "a log in pieces reads differently")
  var printed: Set<FaultObservation> = []
  for event in events {
    precondition(event.lines.lowerBound >= 1, "a line before the first")
    if case .fault(let fault) = event.kind, printed.insert(fault).inserted { printAgain(fault) }
  }
  return 0
}

private func read(_ bytes: [UInt8], piece: Int) -> [LogEvent] {
  var reader = LogReader()
  var events: [LogEvent] = []
  var start = 0
  while start < bytes.count {
    let end = min(start + piece, bytes.count)
    bytes[start..<end].withUnsafeBytes { reader.read($0) { events.append($0) } }
    start = end
  }
  reader.finish { events.append($0) }
  return events
}

private func printAgain(_ fault: FaultObservation) {
  guard let generation = fault.generation, let line = fault.line else { return }
  let again = read(Array(line.text(generation).utf8), piece: 1 << 16)
  guard case .fault(let second)? = again.first?.kind, again.count == 1 else {
    preconditionFailure("a printed fault line is not read")
  }
  precondition(second.line == line, "a printed fault line reads differently")
}
