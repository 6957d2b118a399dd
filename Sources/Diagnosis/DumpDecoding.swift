import KernelLog
import LogReading
import VTdFormats

/// Raw values of a log, field by field, through the layouts of VTdFormats.
enum DumpDecoding {
  /// One line for each dumped entry: what was printed and what it says.
  static func decode(_ dump: TableDump) -> [(place: LogPlace, text: String)] {
    let isScalable = dump.scalableRoot != nil || dump.pasidEntry != nil
    let isFirstStage = dump.pasidEntry.map { $0.translationType == .firstStage } ?? false
    var decoded = dump.lines.compactMap { line -> (LogPlace, String)? in
      switch line.value {
      case .rootEntry(let low): (line.place, "\(RootEntry(low: low, high: 0))")
      case .scalableRootEntry(let high, let low):
        (line.place, "\(ScalableRootEntry(low: low, high: high))")
      case .contextEntry(let high, let low):
        isScalable
          ? (line.place, "\(ScalableContextEntry(words: [low, high]))")
          : (line.place, "\(ContextEntry(low: low, high: high))")
      case .pasidDirectoryEntry(let value):
        (line.place, "\(PASIDDirectoryEntry(rawValue: value))")
      case .pageTableEntry(let level, let value):
        isFirstStage
          ? (line.place, "level \(level): \(FirstStageEntry(rawValue: value))")
          : (line.place, "level \(level): \(SecondStageEntry(rawValue: value))")
      case .header, .pasidTableEntry, .stop: nil
      }
    }
    if let entry = dump.pasidEntry,
      let first = dump.lines.first(where: {
        if case .pasidTableEntry = $0.value { true } else { false }
      })
    {
      decoded.append((first.place, "\(entry)"))
      decoded.sort { $0.0 < $1.0 }
    }
    return decoded.map { (place: $0.0, text: $0.1) }
  }

  static func status(_ value: UInt32) -> String {
    let status = FaultStatus(rawValue: value)
    let lost =
      status[flag: .primaryFaultOverflow] ? ": a fault found its record in use, and is lost" : ""
    return "status 0x\(hex(UInt64(value))) is \(status)\(lost)"
  }

  /// An invalidation descriptor by its type, or its header where the type is unknown.
  static func descriptor(_ qw0: UInt64, _ qw1: UInt64) -> String {
    let header = DescriptorHeader(rawValue: qw0)
    guard let type = DescriptorType(rawValue: header.typeCode) else { return "\(header)" }
    return Layouts.descriptor(type).describe([qw0, qw1])
  }
}
