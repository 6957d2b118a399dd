import QTest

/// Any bytes as what a client sends to the monitor of a machine: each answer is a line of JSON, and a
/// client that is not sent away is answered once more.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzMonitor(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let arguments = ["-nodefaults", "-m", "16M", "-device", "intel-iommu", "-device", "edu,id=e0"]
  guard let launch = try? Launch(arguments), let configuration = launch.machine,
    let machine = try? Q35Machine(configuration)
  else { preconditionFailure("the machine cannot be made") }
  let host = MonitorHost(machine: machine, catalog: .standard, isPaused: false)
  var session = MonitorSession()
  var output: [UInt8] = []
  let negotiation = Array(#"{"execute":"qmp_capabilities"}"#.utf8)
  _ = negotiation.withUnsafeBytes { session.consume($0, host, &output) }
  let input = UnsafeRawBufferPointer(start: start, count: count)
  guard session.consume(input, host, &output) else { return 0 }
  for line in output.split(separator: 0x0a) {
    precondition(line.first == UInt8(ascii: "{") && line.suffix(2) == [0x7d, 0x0d], "no JSON")
  }
  return 0
}
