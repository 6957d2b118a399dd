import Text

/// Tells the events of a trace (ftrace, trace-cmd, perf) from lines of a log: they hold the same words,
/// come by the million, and are read by those who look for the history of an address.
enum TraceEvent {
  /// Words of events, each from its telling word on: the search itself passes them over
  /// (`CWordScan`), which takes eight, of 28 bytes at most.
  static let words: [StaticString] = [
    // `map: IOMMU: iova=0x…`, as the event's own text has it, and its name as perf prints it.
    "IOMMU: iova=0x", "iommu:map:", "iommu:unmap:", "iommu:qi_submit:", "iommu:prq_report:",
    "iommu:cache_tag_",
  ]
  /// Names of events that come before a unit's name or a PASID, which are the telling words.
  private static let names: [StaticString] = ["qi_submit: ", "prq_report: ", "cache_tag_"]
  /// As far before them stands the event's name at most.
  private static let reach = 160

  /// As `Telltale.find`, for words that are not of an event: a trace has millions, and none of them is
  /// a line of the log.
  static func findBeside(
    _ base: UnsafeRawPointer, _ start: Int, _ count: Int
  ) -> (position: Int?, newlines: Int) {
    var found = Telltale.find(base, start, count)
    while let hit = found.position, let end = end(base, hit, start, count) {
      let next = Telltale.find(base, end, count)
      found = (next.position, found.newlines + next.newlines)
    }
    return found
  }

  /// Where the search goes on, if the word at `place` is one of an event; nil for any other word.
  ///
  /// - Parameters:
  ///   - base: the text.
  ///   - place: where the word begins.
  ///   - start: before it nothing belongs to the text.
  ///   - count: where the text ends.
  private static func end(_ base: UnsafeRawPointer, _ place: Int, _ start: Int, _ count: Int)
    -> Int?
  {
    let first = base.load(fromByteOffset: place, as: UInt8.self)
    guard first == UInt8(ascii: "d") || first == UInt8(ascii: "p"),
      has("dmar", base, place, count) || has("pasid", base, place, count)
    else { return nil }
    var at = place
    while at > max(start, place - reach) {
      at -= 1
      if base.load(fromByteOffset: at, as: UInt8.self) == ASCII.newline { return nil }
      if names.contains(where: { has($0, base, at, place) }) { return place + 4 }
    }
    return nil
  }

  private static func has(
    _ word: StaticString, _ base: UnsafeRawPointer, _ place: Int, _ end: Int
  ) -> Bool {
    guard end - place >= word.utf8CodeUnitCount else { return false }
    return word.withUTF8Buffer { bytes in
      for (index, byte) in bytes.enumerated()
      where base.load(fromByteOffset: place + index, as: UInt8.self) != byte {
        return false
      }
      return true
    }
  }
}
