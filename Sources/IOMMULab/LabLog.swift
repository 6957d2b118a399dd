public import Diagnosis
internal import LogReading

/// A log, explained; printing it reads as `dmar explain` does.
public struct LabLog: CustomStringConvertible {
  /// Every fault with its verdict, every lock report, every other finding, as values.
  public let explanation: Explanation

  /// Explains a log: one line or many, in any form that `dmar explain` reads.
  public init(_ text: String) {
    var collector = LogCollector()
    var reader = LogReader()
    collector.begin(file: "log")
    var whole = text
    whole.withUTF8 { bytes in
      reader.read(UnsafeRawBufferPointer(bytes)) { collector.take($0) }
    }
    reader.finish { collector.take($0) }
    collector.noteLog()
    explanation = Explanation(collector.contents)
  }

  public var description: String {
    var text = ExplanationText().render(explanation)
    while text.last == "\n" { text.removeLast() }
    return text
  }
}
