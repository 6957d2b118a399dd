import Unpacking

/// Any bytes as packed input, given in one piece and in pieces: the same comes out, every member that
/// begins ends, and no more than the bounds allow.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzUnpacker(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let whole = unpack(bytes, piece: max(count, 1))
  let pieces = unpack(bytes, piece: Int(bytes.last ?? 0) + 1)
  // What may come out is counted against what went in so far, which the pieces decide.
  // zstd and lz4 do not say what came out before damage in the same call.
  let isCut = (whole.failures + pieces.failures).contains {
    $0.contains("unfolds") || $0.contains("zstd") || $0.contains("lz4")
  }
  precondition(isCut || whole == pieces, "an input in pieces unpacks differently")
  _ = InputKind(head: bytes)
  return 0
}

/// What came out, with a sum in the place of the bytes.
private struct Outcome: Equatable {
  var members: [String] = []
  var failures: [String] = []
  var count = 0
  var sum: UInt64 = 0
}

private func unpack(_ bytes: [UInt8], piece: Int) -> Outcome {
  var unpacker = Unpacker(path: "input")
  var outcome = Outcome()
  var isOpen = false
  func take(_ piece: UnpackedPiece) {
    switch piece {
    case .begin(let path):
      precondition(!isOpen, "a member begins inside another")
      isOpen = true
      outcome.members.append(path)
    case .bytes(let bytes):
      precondition(isOpen, "bytes of no member")
      outcome.count += bytes.count
      for byte in bytes { outcome.sum = outcome.sum &* 31 &+ UInt64(byte) }
    case .end:
      precondition(isOpen, "a member ends twice")
      isOpen = false
    case .failure(let path, let failure): outcome.failures.append("\(path): \(failure)")
    }
  }
  var at = 0
  while at < bytes.count {
    let end = min(at + piece, bytes.count)
    bytes[at..<end].withUnsafeBytes { unpacker.take($0, take) }
    at = end
  }
  unpacker.finish(take)
  precondition(!isOpen, "a member without an end")
  return outcome
}
