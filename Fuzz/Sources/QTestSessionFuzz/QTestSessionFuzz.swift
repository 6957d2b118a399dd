import QTest

/// Replies that are longer together are those of a client that goes away while it is answered.
private let mostOutput = 1 << 24

/// Any bytes as a qtest session with a machine that has every device: each request is answered, and
/// the next one is served.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzQTestSession(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let arguments = [
    "-nodefaults", "-m", "64M", "-device", "intel-iommu", "-device", "edu", "-device",
    "iommu-testdev", "-qtest", "stdio",
  ]
  guard let launch = try? Launch(arguments), let configuration = launch.machine,
    let machine = try? Q35Machine(configuration)
  else { preconditionFailure("the machine cannot be made") }
  var session = QTestSession()
  let bytes =
    Array(UnsafeBufferPointer(start: start, count: count)) + Array("\nendianness\n".utf8)
  // A reply may be twice as long as the machine's memory: it is taken as a server takes it.
  var output: [UInt8] = []
  var written = 0
  var taken = 0
  repeat {
    output.removeFirst(max(0, output.count - 64))
    let before = output.count
    taken += bytes.withUnsafeBytes {
      session.consume(UnsafeRawBufferPointer(rebasing: $0[taken...]), machine, &output)
    }
    written += output.count - before
    if written > mostOutput { return 0 }
  } while taken < bytes.count || session.isReplying
  precondition(
    String(decoding: output, as: UTF8.self).hasSuffix("OK little\n"), "the session does not go on")
  return 0
}
