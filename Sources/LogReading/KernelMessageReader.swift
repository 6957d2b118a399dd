import KernelLog
import PCI
import Text
import VTdFormats

/// Finds the messages of `KernelMessageForms`, and the driver's own that say as much, in lines.
struct KernelMessageReader: Sendable {
  private struct Form: Sendable {
    var kind: KernelMessage.Kind
    /// What the form begins with; case counts.
    var anchor: [UInt8]
    var words: ReadingForm
  }

  /// Longer lines hold no message of a kernel.
  private static let longestLine = 2048

  private static let forms: [Form] =
    KernelMessageForms.rows.map { form($0.kind, $0.form) }
    + DriverForms.all.compactMap { own in
      // A form makes the same kind of line of whatever stands in its holes.
      own.make(FormValues()).flatMap(KernelMessage.Kind.init).map { form($0, own.words) }
    }

  private static func form(_ kind: KernelMessage.Kind, _ words: StaticString) -> Form {
    let words = ReadingForm(words, isInside: true)
    // A wrapped line may end inside the words: the first of them finds the place.
    return Form(kind: kind, anchor: Array(words.beginning.prefix(anchorLength)), words: words)
  }

  /// As many bytes of a form have to stand on its first line.
  private static let anchorLength = 8

  /// For each pair of bytes the forms that begin with it; nearly all are empty.
  private static let starts: [UInt16: [Int]] = {
    var starts: [UInt16: [Int]] = [:]
    for (index, form) in forms.enumerated() where form.anchor.count >= 4 {
      starts[UInt16(form.anchor[0]) << 8 | UInt16(form.anchor[1]), default: []].append(index)
    }
    return starts
  }()

  /// A bit for each pair of bytes that a form begins with.
  private static let pairs: [UInt64] = {
    var pairs = [UInt64](repeating: 0, count: 1 << 10)
    for pair in starts.keys { pairs[Int(pair >> 6)] |= 1 << UInt64(pair & 63) }
    return pairs
  }()

  /// Where in `line` a form may begin, with the forms; nil where none does.
  static func candidates(_ line: ArraySlice<UInt8>) -> [(place: Int, form: Int)] {
    guard line.count >= 8, line.count <= longestLine else { return [] }
    var found: [(place: Int, form: Int)] = []
    let start = line.startIndex
    // Most of a line begins nothing: the bytes are looked at without the array's checks.
    line.withUnsafeBufferPointer { bytes in
      Self.pairs.withUnsafeBufferPointer { pairs in
        for at in 0...(bytes.count - 4) {
          let pair = UInt16(bytes[at]) << 8 | UInt16(bytes[at + 1])
          guard pairs[Int(pair >> 6)] >> UInt64(pair & 63) & 1 != 0, let forms = starts[pair] else {
            continue
          }
          for form in forms where bytes[at...].starts(with: Self.forms[form].anchor) {
            found.append((start + at, form))
          }
        }
      }
    }
    return found
  }

  /// Reads the message that begins at `place` of `text`, whose body begins at `body`.
  static func read(
    _ text: [UInt8], _ candidate: (place: Int, form: Int), body: Int
  ) -> KernelMessage? {
    let form = forms[candidate.form]
    guard let values = form.words.read(TextCursor(text, at: candidate.place)) else { return nil }
    var message = KernelMessage(
      kind: form.kind, device: values.device, words: values.words, numbers: values.numbers)
    var line = TextCursor(text, at: body)
    message.text = String(line.restOfLine().prefix(240))
    let speaker = speaker(&line)
    message.driver = speaker.driver
    if message.device == nil { message.device = speaker.device }
    return message
  }

  /// `driver ssss:bb:dd.f: ` at a line's beginning.
  private static func speaker(
    _ cursor: inout TextCursor
  ) -> (driver: String, device: PCIAddress?) {
    let driver = cursor.word()
    guard !driver.isEmpty, driver.utf8.count <= 40 else { return ("", nil) }
    if driver.last == ":" { return (String(driver.dropLast()), nil) }
    guard cursor.next == ASCII.space, let address = cursor.pciAddress() else { return ("", nil) }
    return (driver, address)
  }
}
