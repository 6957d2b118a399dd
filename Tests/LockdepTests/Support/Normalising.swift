/// Makes two printings of a report comparable: addresses and offsets are of one build and boot.
enum Normalising {
  /// `+0x1b/0x160` becomes `+OFF`, sixteen hex digits become `ADDR`.
  static func line(_ line: some StringProtocol) -> String {
    String(line)
      .replacing(#/\+0x[0-9a-f]+\/0x[0-9a-f]+/#, with: "+OFF")
      .replacing(#/[0-9a-f]{16}/#, with: "ADDR")
  }

  /// A frame that the unwinder doubts is what an earlier call left on the stack: no part of the
  /// report, and nothing that a caller without a real stack has.
  static func isDoubtful(_ line: String) -> Bool { line.hasPrefix(" ? ") }

  static func golden(_ lines: some Sequence<Substring>) -> [String] {
    lines.map { line($0) }.filter { !isDoubtful($0) }
  }

  /// Records as lines.
  static func records(_ records: [String]) -> [String] {
    records.flatMap { $0.split(separator: "\n", omittingEmptySubsequences: false) }.map { line($0) }
  }
}

/// What differs between two lists of lines, one a line: `-` expected and missing, `+` too many.
func differences(_ got: [String], from expected: [String]) -> [String] {
  got.difference(from: expected).map { change in
    switch change {
    case .insert(let offset, let element, _): "+\(offset): \(element)"
    case .remove(let offset, let element, _): "-\(offset): \(element)"
    }
  }
}
