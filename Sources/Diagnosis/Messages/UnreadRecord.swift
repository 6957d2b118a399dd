import Text

/// A line of the driver that reports a fault in a form that no kernel prints: typed by hand, read
/// off a picture, or printed by a changed kernel. The log must not pass for one without faults.
enum UnreadRecord {
  /// Whether a number stands behind the words `fault addr`.
  static func isOne(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard let place = ByteSearch.find("fault addr", in: bytes) else { return false }
    let words = bytes[(place + 10)...].prefix(32).split {
      !ASCII.isLetter($0) && !ASCII.isDigit($0)
    }
    return words.prefix(3).contains { word in
      let number = word.starts(with: "0x".utf8) ? word.dropFirst(2) : word
      return number.count >= 3 && number.contains(where: ASCII.isDigit)
        && number.allSatisfy { Hexadecimal.digit($0) != nil }
    }
  }

  static func finding(_ log: LogContents) -> Finding? {
    let count = log.unreadRecordCount
    guard count > 0 else { return nil }
    return Finding(
      .message, id: "record-not-readable", confidence: 80, severity: .unclear,
      culprit: "open: nothing is made of it",
      verdict: count == 1
        ? "a line tells of a fault and is no record that can be read"
        : "\(count) lines tell of faults and are no records that can be read",
      why: [
        Finding.Evidence(
          "the words of a record are there, and its marks or numbers are not as any kernel prints them",
          log.unreadRecords)
      ],
      next: [
        "give the log as it is, or type the line as the kernel prints it: DMAR: [DMA Write NO_PASID] "
          + "Request device [03:00.0] fault addr 0xfffb2000 [fault reason 0x05] PTE Write access is "
          + "not set"
      ])
  }
}
