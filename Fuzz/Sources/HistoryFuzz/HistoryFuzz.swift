import MachineEvidence

/// A history of mappings in whatever state: it is read in pieces, and every life is asked for.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzHistory(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let bytes = UnsafeRawBufferPointer(start: data, count: count)
  let addresses: [UInt64] = [0, 0x1000, 0xffff_d000, 0xffff_e000, .max]
  let focus = AddressFocus(addresses)
  var history = MappingHistory()
  var scanner = HistoryScanner(focus)
  var waiting: [UInt8] = []
  let size = max(1, count / 3)
  var at = 0
  repeat {
    let end = min(at + size, count)
    waiting += bytes[at..<end]
    at = end
    let done = waiting.withUnsafeBytes { buffer in
      scanner.scan(buffer, isLast: at == count) { event in
        history.take(event)
        return history.interest
      }
    }
    waiting.removeFirst(done)
  } while at < count
  history.add(scanner)
  history.finish(focus)
  for address in addresses {
    for life in history.lives(at: address) + history.lives(below: address) {
      _ = history.end(of: life)
      _ = history.flush(after: life)
    }
  }
  return 0
}
