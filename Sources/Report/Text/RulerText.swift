internal import Text
internal import VTdFormats

/// The bits of a value as text of at most 100 columns: each 64-bit word is a ruler of 32 bits a row.
public struct RulerText {
  private let ruler: BitRuler
  private let glyphs: Glyphs

  /// A ruler drawn with these characters.
  public init(_ ruler: BitRuler, glyphs: Glyphs) {
    self.ruler = ruler
    self.glyphs = glyphs
  }

  /// The lines, at most 100 columns wide.
  public var lines: [String] {
    var lines: [String] = []
    for word in ruler.shownWords {
      let top = min(ruler.bitWidth - word * 64, 64)
      let value = ruler.words.indices.contains(word) ? ruler.words[word] : 0
      if !lines.isEmpty { lines.append("") }
      let rows = top > 32 ? [(top - 1, 32), (31, 0)] : [(top - 1, 0)]
      for (high, low) in rows { lines += row(high, low, word: word, value: value) }
    }
    return lines
  }

  /// Three characters a bit: its number, its value, and the fields' names below.
  private func row(_ high: Int, _ low: Int, word: Int, value: UInt64) -> [String] {
    var numbers = ""
    var bits = ""
    for bit in stride(from: high, through: low, by: -1) {
      let isEdge = isStart(bit, of: word) || bit == high
      let number = word * 64 + bit
      let text = isEdge || bit == low || isEnd(bit, of: word) ? "\(number)" : ""
      numbers += text.count > 2 ? text.aligned(to: 3) : text.aligned(to: 2) + " "
      bits += (isEdge ? glyphs.bar : " ") + ((value >> UInt64(bit)) & 1 == 1 ? "1" : "0") + " "
    }
    bits += glyphs.bar
    var names = ""
    for bit in stride(from: high, through: low, by: -1) {
      guard let field = field(bit, of: word) else {
        names += "   "
        continue
      }
      if field.high - word * 64 == bit || bit == high {
        let end = max(field.low - word * 64, low)
        let room = (bit - end + 1) * 3
        let isOpen = names.count > (high - bit) * 3
        let label = (isOpen ? "" : " ") + String(field.name.prefix(max(room - 1, 1)))
        names = names.padded(to: (high - bit) * 3) + label.padded(to: room)
      }
    }
    while names.last == " " { names.removeLast() }
    return [numbers, bits, names]
  }

  private func field(_ bit: Int, of word: Int) -> DecodedField? {
    ruler.fields(ofWord: word).first {
      $0.low - word * 64 <= bit && bit <= $0.high - word * 64
    }
  }

  /// Whether a field begins at a bit, or the bits that none has.
  private func isStart(_ bit: Int, of word: Int) -> Bool {
    let here = field(bit, of: word)
    return here.map { $0.high - word * 64 == bit } ?? (field(bit + 1, of: word) != nil)
  }

  private func isEnd(_ bit: Int, of word: Int) -> Bool {
    field(bit, of: word).map { $0.low - word * 64 == bit && $0.high != $0.low } ?? false
  }
}
