import QTest
import SessionRecording
import VTdUnit

/// What an emulator wrote of its unit, in whatever state: a trace becomes a scenario, and a session is played
/// on a machine.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzEmulatorLog(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: data, count: count))
  var trace = EmulatorTrace()
  var transcript = SessionTranscript()
  for line in bytes.split(separator: 10) {
    Array(line).withUnsafeBytes { line in
      transcript.take(line)
      if let event = EmulatorEvent(line) { trace.take(event) }
    }
  }
  guard let launch = try? Launch(["-nodefaults", "-m", "16M", "-device", "intel-iommu"]),
    let configuration = launch.machine, let unit = configuration.unit
  else { return 0 }
  _ = trace.scenario(
    unit: unit, memorySize: 1 << 24, tables: [0x1000: 1, 0x1008: 2, 0x3000: 3])
  _ = transcript.devices
  if let machine = try? Q35Machine(configuration) { _ = transcript.play(on: machine) }
  return 0
}
