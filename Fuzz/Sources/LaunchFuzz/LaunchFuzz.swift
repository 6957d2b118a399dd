import QTest

/// Any bytes as a command line of QEMU's: words at line ends.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzLaunch(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  let words = text.split(separator: "\n").map(String.init)
  _ = try? Launch(words)
  return 0
}
