import Diagnosis
import LogReading

func diagnosis() throws {
  var log = """
    DMAR: [DMA Read NO_PASID] Request device [03:00.0] fault addr 0xffffc000 [fault reason 0x06] PTE Read access is not set
    """
  var collector = LogCollector()
  var reader = LogReader()
  collector.begin(file: "log")
  log.withUTF8 { bytes in
    reader.read(UnsafeRawBufferPointer(bytes)) { collector.take($0) }
  }
  reader.finish { collector.take($0) }
  collector.noteLog()

  let explanation = Explanation(collector.contents)
  for fault in explanation.faults {
    if let verdict = fault.verdict { print(verdict.certainty, verdict.verdict) }
  }
  print(ExplanationText().render(explanation), terminator: "")
}
