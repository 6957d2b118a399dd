import Diagnosis
import KernelLog
import LogReading
import MachineEvidence

/// The mapping history of some addresses in several inputs.
func history(of inputs: [[UInt8]], _ addresses: [UInt64]) -> MappingHistory {
  let focus = AddressFocus(addresses)
  var history = MappingHistory()
  for (index, bytes) in inputs.enumerated() {
    var scanner = HistoryScanner(focus, file: index)
    _ = bytes.withUnsafeBytes { buffer in
      scanner.scan(buffer, isLast: true) { event in
        history.take(event)
        return history.interest
      }
    }
    history.add(scanner)
  }
  history.finish(focus)
  return history
}

/// Reads a log and explains it.
func explanation(of bytes: [UInt8], name: String = "log") -> Explanation {
  var reader = LogReader()
  var collector = LogCollector()
  collector.begin(file: name)
  bytes.withUnsafeBytes { reader.read($0) { collector.take($0) } }
  reader.finish { collector.take($0) }
  collector.take(history(of: [bytes], collector.contents.faultAddresses))
  return Explanation(collector.contents)
}

func explanation(of text: String) -> Explanation { explanation(of: Array(text.utf8)) }
