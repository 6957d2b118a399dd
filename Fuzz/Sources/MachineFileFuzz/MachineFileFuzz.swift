import Diagnosis
import LogReading

/// Files of a machine by their paths: the first line is the path, the rest is what stands in the file. Two
/// readings follow each other, as of one that grows, and all of it is explained.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzMachineFiles(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let bytes = UnsafeBufferPointer(start: data, count: count)
  let path = bytes.prefix { $0 != 10 }
  let content = bytes.dropFirst(path.count)
  var collector = LogCollector()
  for name in [String(decoding: path, as: UTF8.self), "later"] {
    collector.begin(file: name)
    var reader = LogReader(path: name)
    Array(content).withUnsafeBytes { reader.read($0) { collector.take($0) } }
    reader.finish { collector.take($0) }
  }
  collector.nameFaultingFunctions { _, _ in "a device" }
  _ = ExplanationText().render(Explanation(collector.contents))
  return 0
}
