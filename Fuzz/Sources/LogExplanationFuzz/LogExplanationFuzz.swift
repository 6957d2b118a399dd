import Diagnosis
import KernelLog
import LogReading
import Rebuild

/// Any bytes as a log that is explained, printed in every format, and rebuilt as a scenario. That it is
/// read alike in pieces is LogReaderFuzz's, which is much faster.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzLogExplanation(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = UnsafeRawBufferPointer(start: start, count: count)
  var collector = LogCollector(keepsTables: true)
  var timeline = FaultTimeline()
  collector.begin(file: "log")
  var reader = LogReader()
  func take(_ event: LogEvent) {
    collector.take(event)
    timeline.take(event)
  }
  reader.read(bytes, emit: take)
  reader.finish(emit: take)
  // Without an event there is nothing to explain.
  guard collector.contents.eventCount > 0 else { return 0 }
  let explanation = Explanation(collector.contents)
  _ = ExplanationText(width: 40 + Int(bytes.last ?? 0) % 100).render(explanation)
  _ = ExplanationJSON(explanation).document
  if !timeline.faults.isEmpty {
    _ = RebuiltScenario(collector.contents, timeline, from: "log").yaml
  }
  return 0
}
