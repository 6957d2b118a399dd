package import PCI
import Text

/// The forms of all the driver's lines, fault records aside, by the letter that they begin with.
package enum DriverForms {
  package static let all: [LineForm] = [
    StatusForms.rows, DumpForms.rows, QueueForms.rows, BootForms.rows, PageRequestForms.rows,
    NoteForms.rows, DeathForms.rows,
  ].flatMap { $0 }

  /// The forms of whole lines, and of what follows a device's name.
  private static let lines = Index(all) { $0.voice != .core }
  private static let notes = Index(all) { $0.voice == .core || $0.voice == .device }

  private struct Index: Sendable {
    private let forms: [LineForm]
    /// For each letter the forms that may begin with it, how long the words are that have to stand at
    /// their beginning, and the second letter, 0 where it may be any. Most lines fail at that or at those.
    private var byLetter = [[(form: Int, words: Int, second: UInt8)]](repeating: [], count: 256)

    init(_ forms: [LineForm], where isWanted: (LineForm) -> Bool) {
      self.forms = forms.filter(isWanted)
      for (index, form) in self.forms.enumerated() {
        let words = FormTemplate.certainWords(form.words)
        let second = Self.secondLetter(form, words)
        for letter in Self.letters(form) { byLetter[Int(letter)].append((index, words, second)) }
      }
    }

    /// The letter that stands behind the first one; 0 where a blank may, or a value.
    private static func secondLetter(_ form: LineForm, _ words: Int) -> UInt8 {
      form.words.withUTF8Buffer { bytes in
        guard words > 1, bytes[0] > ASCII.space, bytes[1] > ASCII.space else { return 0 }
        return ASCII.lowercased(bytes[1])
      }
    }

    /// What the words may begin with.
    private static func letters(_ form: LineForm) -> ClosedRange<UInt8> {
      form.words.withUTF8Buffer { bytes in
        var template = FormTemplate(bytes)
        while let piece = template.next() {
          switch piece {
          case .words(let words):
            let letter = ASCII.lowercased(words.first ?? 0)
            return letter...letter
          case .hole(let hole) where hole.letter == UInt8(ascii: "u"):
            return UInt8(ascii: "d")...UInt8(ascii: "d")
          case .hole: return 0...255
          case .mayEnd, .mayLack, .slips: continue
          }
        }
        return 0...255
      }
    }

    func read(
      _ cursor: inout TextCursor, _ values: FormValues, where isWanted: (LineForm) -> Bool
    ) -> (line: DriverLine, form: LineForm)? {
      var ahead = cursor
      ahead.skipBlanks()
      guard let letter = ahead.next.map(ASCII.lowercased) else { return nil }
      // Where a blank stands first the second letter is not looked at.
      let second = cursor.next.map(ASCII.lowercased) == letter ? cursor.secondLetter : 0
      for (index, words, wanted) in byLetter[Int(letter)]
      where (wanted == 0 || second == 0 || wanted == second)
        && cursor.hasWords(forms[index].words, first: words)
      {
        let form = forms[index]
        if isWanted(form), let line = form.read(&cursor, values) { return (line, form) }
      }
      return nil
    }
  }

  /// Reads a line of the driver behind its tag.
  ///
  /// - Parameter isTagged: whether the tag was there; what is said of a device that is not named
  ///   counts with it alone.
  package static func read(
    _ cursor: inout TextCursor, isTagged: Bool
  ) -> (line: DriverLine, form: LineForm)? {
    var trial = cursor
    _ = trial.take(LineForm.firmwareBug)
    if let found = lines.read(&trial, FormValues(), where: { isTagged || $0.voice != .device }) {
      cursor = trial
      return found
    }
    // The kernel's own prefix of an oops.
    guard trial.take("Oops: "),
      let found = lines.read(&trial, FormValues(), where: { $0.voice == .oops })
    else { return nil }
    cursor = trial
    return found
  }

  /// Reads what is said of a device behind its name, `pci 0000:00:02.0: `.
  package static func read(
    _ cursor: inout TextCursor, of device: PCIAddress, driver: String
  ) -> DriverLine? {
    var trial = cursor
    let isTagged = trial.take("DMAR: ")
    let values = FormValues(driver, device)
    guard
      let found = notes.read(
        &trial, values, where: { $0.voice == (isTagged ? .device : .core) })
    else { return nil }
    cursor = trial
    return found.line
  }
}

/// What marks a line as the remapping driver's.
package enum DriverTag: Sendable {
  case none
  case dmar
  case misspelt

  /// Takes `DMAR: `, `dmar: `, `DMAR-IR: `, `ACPI DMAR:`, `[VT-D]`, `DMAR: DMAR:`, `DMAR : `.
  package static func take(_ cursor: inout TextCursor) -> DriverTag {
    var tag = DriverTag.none
    let start = cursor
    cursor.skipBlanksOnLine()
    _ = cursor.take("[VT-D]")
    _ = cursor.take("ACPI DMAR:") || cursor.take("PCI-DMA: ")
    for _ in 0..<2 {
      if cursor.take("DMAR-IR: ") || cursor.take("DMAR:") {
        tag = .dmar
        cursor.skipBlanks()
        continue
      }
      let before = cursor
      if cursor.take("DMAR : ") {
        tag = .misspelt
        continue
      }
      cursor = before
    }
    if tag == .none, cursor.at == start.at { cursor.skipBlanksOnLine() }
    return tag
  }
}
