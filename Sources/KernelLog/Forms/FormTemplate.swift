import PCI
import Text
import VTdFormats

/// The words of a printed line with the places of its values, written much as the kernel's own
/// formats are.
///
/// | piece | printed | read |
/// |---|---|---|
/// | `%d` | a decimal number | a decimal number; a width is the most digits |
/// | `%x` | a hex number | with or without `0x`; a width is the most digits |
/// | `%#x` | with `0x` | with or without it |
/// | `%016x` | padded with zeros to the width, `0x` included where `#` stands | as `%x` |
/// | `%llx` | as `%x` | the digits may go on in the next line |
/// | `%s` | text | one word, up to what follows |
/// | `%S` | text | any words of the line, up to what follows |
/// | `%h` | text | whatever stands in the place of a number |
/// | `%i` | text | a name as C has it |
/// | `%u` | text | `dmar` and a number |
/// | `%b` | `bb:dd.f` | the same |
/// | `%D` | `ssss:bb:dd.f` | the same |
/// | `%p` | not at all | `ssss:bb:dd.f` or `bb:dd.f` |
/// | `%g` | not at all | `bb:dd:ff`, as QEMU names a guest's function |
/// | `%a` | `Read` or `Write` | the same |
/// | `%F` | the firmware's name on a line of its own | the same, or nothing |
/// | `%|` | nothing; the end where the next value is missing | a cut line may end here |
/// | `%?` | nothing | the words before it may be missing |
/// | `%~` | nothing | slips are tolerated in the words from here on, or no longer |
///
/// `%2$x` prints the second value; without a number each piece takes the next one. A line break in
/// the words is printed as one and reads as any white space.
struct FormTemplate {
  /// Where a value stands.
  struct Hole {
    var slot = 0
    var letter: UInt8 = 0
    var width = 0
    var isPadded = false
    var hasPrefix = false
    var isLong = false

    /// `%F` stands for three values.
    var slots: Int { letter == UInt8(ascii: "F") ? 3 : 1 }
    /// The most digits that are read.
    func mostDigits(_ usual: Int) -> Int { isPadded || width == 0 ? usual : width }
  }

  enum Piece {
    case words(UnsafeBufferPointer<UInt8>)
    case hole(Hole)
    case mayEnd
    case mayLack
    case slips
  }

  private let bytes: UnsafeBufferPointer<UInt8>
  /// Where the next piece begins.
  private(set) var at = 0
  private var slot = 0

  /// - Parameter bytes: the words, which have to outlive the template.
  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  /// The next piece; nil at the end.
  mutating func next() -> Piece? {
    guard at < bytes.count else { return nil }
    let start = at
    while at < bytes.count, bytes[at] != UInt8(ascii: "%") { at += 1 }
    if at > start { return .words(UnsafeBufferPointer(rebasing: bytes[start..<at])) }
    at += 1
    if take("|") { return .mayEnd }
    if take("?") { return .mayLack }
    if take("~") { return .slips }
    return .hole(hole())
  }

  /// Where values stand, in the order of the line.
  var holes: [Hole] {
    var (rest, holes) = (self, [Hole]())
    while let piece = rest.next() { if case .hole(let hole) = piece { holes.append(hole) } }
    return holes
  }

  private mutating func hole() -> Hole {
    var hole = Hole(slot: slot)
    let start = at
    let number = digits()
    if number > 0, take("$") {
      hole.slot = number - 1
    } else {
      at = start
    }
    hole.hasPrefix = take("#")
    hole.isPadded = take("0")
    hole.width = digits()
    while take("l") { hole.isLong = true }
    if at < bytes.count { hole.letter = bytes[at] }
    at += 1
    slot = hole.slot + hole.slots
    return hole
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard at < bytes.count, bytes[at] == UInt8(ascii: character) else { return false }
    at += 1
    return true
  }

  private mutating func digits() -> Int {
    var value = 0
    while at < bytes.count, ASCII.isDigit(bytes[at]) {
      value = value * 10 + Int(bytes[at] - UInt8(ascii: "0"))
      at += 1
    }
    return value
  }
}

// MARK: Printing

extension FormTemplate {
  /// The line with its values; nil where one of them is missing that the line cannot do without.
  static func fill(_ words: StaticString, _ values: FormValues) -> String? {
    words.withUTF8Buffer { bytes in
      var template = FormTemplate(bytes)
      var text = ""
      var end: String?
      while let piece = template.next() {
        switch piece {
        case .words(let words): text += String(decoding: words, as: UTF8.self)
        case .hole(let hole):
          guard let value = hole.print(values) else { return end }
          text += value
        case .mayEnd: end = text
        case .mayLack, .slips: break
        }
      }
      return text
    }
  }
}

extension FormTemplate.Hole {
  /// The value as it is printed; nil where it is missing.
  fileprivate func print(_ values: FormValues) -> String? {
    guard values.has(slot) else { return nil }
    let number: UInt64 = values[slot]
    switch letter {
    case UInt8(ascii: "d"): return String(Int64(bitPattern: number)).aligned(to: zeros, with: "0")
    case UInt8(ascii: "x"):
      let prefix = hasPrefix ? "0x" : ""
      return prefix + hex(number, digits: max(zeros - prefix.utf8.count, 1))
    case UInt8(ascii: "b"):
      let source: SourceID = values[slot]
      return hasPrefix
        ? "0x\(hex(UInt64(source.bus), digits: 2)):0x\(hex(UInt64(source.device), digits: 2))."
          + "\(source.function)" : source.description
    case UInt8(ascii: "D"): return (values[slot] as PCIAddress).description
    case UInt8(ascii: "a"): return number == 0 ? "Read" : "Write"
    case UInt8(ascii: "F"):
      return FormTemplate.fill(FirmwareName.words, FormValues(values[slot] as FirmwareName))
    default: return values[slot]
    }
  }

  private var zeros: Int { isPadded ? width : 0 }
}
