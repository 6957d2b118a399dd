public import KernelLog
public import Recording
internal import Text

/// What `dmar replay` prints of a run.
public enum ReplayText {
  /// The kernel's lines, or all that was recorded.
  ///
  /// - Parameters:
  ///   - record: what was recorded; nil for the kernel's log alone.
  ///   - log: the kernel's records.
  ///   - isJSON: one JSON object a line, instead of text.
  ///   - timestamps: whether lines begin with their times.
  ///   - glyphs: the characters that pictures are drawn with.
  public static func lines(
    of record: RunRecord?, log: [LogRecord], isJSON: Bool, timestamps: Bool, glyphs: Glyphs
  ) -> [String] {
    switch (isJSON, record) {
    case (false, let record?):
      return TimelineText.lines(of: record, timestamps: timestamps, glyphs: glyphs)
    case (true, let record?): return record.jsonLines
    case (false, nil):
      let style: LogStyle = timestamps ? .console : .bare
      return log.flatMap { $0.lines(style) }
    case (true, nil): return log.map { json(of: $0, timestamps) }
    }
  }

  private static func json(of record: LogRecord, _ timestamps: Bool) -> String {
    var members: [(String, JSONValue)] = [("event", .string("log"))]
    if timestamps { members.append(("time_us", .unsigned(record.microseconds))) }
    members.append(("level", .unsigned(UInt64(record.level.rawValue))))
    members.append(("text", .string(record.text)))
    return JSONValue.object(members).compact
  }
}
