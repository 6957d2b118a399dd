import Browser

/// Bytes as the questions of one page, in order, a line each: every one has an answer, which is one JSON
/// object on a line.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPageCalls(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  var module = Module()
  for question in UnsafeBufferPointer(start: start, count: count).split(separator: 10) {
    let answer = module.answer(Array(question))
    precondition(
      answer.starts(with: #"{"ok":"#.utf8) && answer.last == UInt8(ascii: "}"), "no answer")
    precondition(!answer.contains { $0 < 0x20 }, "a control character in an answer")
  }
  return 0
}
