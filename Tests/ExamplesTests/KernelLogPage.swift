import KernelLog
import VTdFormats

func kernelLog() throws {
  let record = FaultRecord(low: 0x4000_0000, high: 0x8000_0005_0000_0018)
  print(record)
  let line = FaultLine(
    reason: record.reason.rawValue, isRead: record[flag: .type1], pasid: record.pasid,
    source: record.source, faultInfo: record.low)
  for generation in [FaultLineGeneration.f4, .f7, .f8] { print(line.text(generation)) }

  let printed = LogRecord(level: .error, microseconds: 32_288_571, text: line.text(.f7))
  print(printed.lines().joined())
}
