import Diagnosis
import KernelLog
import LogReading

/// Reads a log and explains it.
func explanation(of bytes: [UInt8], name: String = "log") -> Explanation {
  var reader = LogReader()
  var collector = LogCollector()
  collector.begin(file: name)
  bytes.withUnsafeBytes { reader.read($0) { collector.take($0) } }
  reader.finish { collector.take($0) }
  return Explanation(collector.contents)
}

func explanation(of text: String) -> Explanation { explanation(of: Array(text.utf8)) }
