import KernelLog
import VTdFormats

/// Reads a fault record from text that begins at its tag (`[DMA …` or `INTR-REMAP…`).
enum FaultReader {
  struct Result {
    var observation: FaultObservation
    var repairs: [Repair]
    /// Where the record ends in the joined text.
    var end: Int
  }

  static func read(_ text: [UInt8], at start: Int, reasonLine: [UInt8]? = nil) -> Result? {
    var cursor = TextCursor(text, at: start)
    guard let found = FaultForms.read(&cursor) else { return nil }
    let reason = ReasonReader.read(&cursor, elsewhere: reasonLine)
    var observation = FaultObservation(
      request: found.request, source: found.source, segment: found.segment,
      reason: reason.reason, printedReason: reason.printed, reasonText: reason.text,
      system: reason.isXen ? .xen : nil)
    observation.hiddenAddress = found.hiddenAddress
    var repairs = (found.hiddenAddress == nil ? [] : [.hiddenNumber]) + reason.repairs
    if cursor.slips > 0 {
      let words = text[start..<min(start + 48, text.count)].map {
        TextCursor.isBlank($0) ? UInt8(ascii: " ") : $0
      }
      repairs.insert(.misspelt(String(decoding: words, as: UTF8.self)), at: 0)
    } else if !reason.isXen {
      observation.generation = generation(found, reason.hasOwnTag, behind: text[..<start])
    }
    return Result(observation: observation, repairs: repairs, end: cursor.at)
  }

  /// The shape that prints such a line behind `before`.
  private static func generation(
    _ found: FaultForms.Found, _ hasOwnTag: Bool, behind before: ArraySlice<UInt8>
  ) -> FaultLineGeneration? {
    let likely = found.generations.intersection(hasOwnTag ? .twoLines : .oneLine)
    let shapes = likely.isEmpty ? found.generations : likely
    guard shapes.isSubset(of: .twoLines), !shapes.isEmpty else { return shapes.earliest }
    // What differs stands before the tag.
    let own = if case .interrupt = found.request { "" } else { "DMAR:" }
    return [.f3, .f2].first { before.ends(with: ($0.prefix + own).utf8) } ?? .f1
  }
}

extension ArraySlice<UInt8> {
  fileprivate func ends(with text: String.UTF8View) -> Bool {
    suffix(text.count).elementsEqual(text)
  }
}
