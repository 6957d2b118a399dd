import QTest

/// Any bytes as a qtest session with a machine that has every device: each request is answered, and
/// the next one is served.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzQTestSession(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let arguments = [
    "-nodefaults", "-m", "64M", "-device", "intel-iommu", "-device", "edu", "-device",
    "iommu-testdev", "-qtest", "stdio",
  ]
  guard let launch = try? Launch(arguments), let configuration = launch.machine,
    let machine = try? Q35Machine(configuration)
  else { preconditionFailure("the machine cannot be made") }
  var session = QTestSession()
  _ = session.consume(bytes, machine)
  let reply = session.consume(Array("\nendianness\n".utf8), machine)
  precondition(
    String(decoding: reply, as: UTF8.self).hasSuffix("OK little\n"), "the session does not go on")
  return 0
}
