extension FaultReason: CustomStringConvertible {
  /// Every code that a unit records, with its meaning in a few words, in order.
  public static let known: [(reason: FaultReason, meaning: String)] = rows.compactMap { row in
    row.meaning.map { (row.reason, $0) }
  }

  /// What the code means in a few words; nil for a code that no unit records.
  public var meaning: String? { row?.meaning }

  /// Whether a structure on the way could not be read.
  public var isReadFailure: Bool { row?.problem == .unreadable }

  /// Whether a translation request that meets this is answered instead of being recorded:
  /// ``FaultReasonRow/isAnswered``.
  public var isAnsweredToDevice: Bool { row?.isAnswered ?? false }

  /// `0x06 (no read permission in the second stage)`.
  public var description: String {
    "0x\(hex(UInt64(rawValue), digits: 2)) (\(words))"
  }

  /// What it says; that it is reserved where the specification does not name it.
  package var words: String { meaning ?? "reserved code" }
}
