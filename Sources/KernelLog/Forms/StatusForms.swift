import Text

/// The fault handler's status line, and the limiter's.
package enum StatusForms {
  static let rows: [LineForm] = [
    LineForm(.fault, "DRHD: %?%~handling fault status reg%~ %8x", level: .error) {
      .status(FaultStatusLine(status: $0[0]))
    },
    // The colon gets lost where the line is typed.
    LineForm(.bare, "%i:%? %d callbacks suppressed", level: .warning) {
      .suppressed(SuppressedLine(function: $0[0], count: $0[1]))
    },
  ]

  /// Reads a status line, which may have slips.
  package static func readStatus(_ cursor: inout TextCursor) -> UInt32? {
    // A slip may have taken the first letter, but looking for slips in every line costs time.
    switch cursor.next.map(ASCII.lowercased) {
    case UInt8(ascii: "d"), UInt8(ascii: "h"), UInt8(ascii: "a"): break
    default: return nil
    }
    var (trial, values) = (cursor, FormValues())
    guard FormTemplate.read(rows[0].words, &trial, &values, hasSlips: true) else { return nil }
    cursor = trial
    return values[0]
  }
}
