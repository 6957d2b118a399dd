import KernelLog
import Testing

@Suite struct LogRecordTests {
  @Test(
    "a time stamp is five columns of seconds and six digits of microseconds",
    arguments: [
      (0, "[    0.000000] "), (32_288_571, "[   32.288571] "),
      (148_794_896_405, "[148794.896405] "), (1_093_704_661, "[ 1093.704661] "),
    ] as [(UInt64, String)])
  func timestamp(microseconds: UInt64, expected: String) {
    #expect(LogRecord.timestamp(microseconds) == expected)
  }

  @Test("every line of a record carries its prefix, and an empty one keeps the blank")
  func severalLines() {
    let record = LogRecord(level: .warning, microseconds: 32_288_589, text: "\nother info\n")
    #expect(
      record.lines() == ["[   32.288589] ", "[   32.288589] other info", "[   32.288589] "])
    #expect(record.lines(.bare) == ["", "other info", ""])
  }

  @Test("dmesg indents the second line of a record by the width of the prefix")
  func indented() {
    let record = LogRecord(level: .error, microseconds: 57_770, text: "one\ntwo")
    #expect(
      record.lines(LogStyle(continuation: .indented)) == [
        "[    0.057770] one", "               two",
      ])
  }

  @Test("the level stands before the time")
  func level() {
    let record = LogRecord(level: .info, microseconds: 3_341_682, text: "x")
    #expect(record.lines(LogStyle(level: true)) == ["<6>[    3.341682] x"])
  }

  @Test("a record is one JSON object on one line, controls and quotes escaped")
  func json() {
    let record = LogRecord(level: .error, microseconds: 1, text: "a\"b\\c\n\u{1}é")
    #expect(record.json == #"{"time_us":1,"level":3,"text":"a\"b\\c\n\u0001é"}"#)
  }
}
