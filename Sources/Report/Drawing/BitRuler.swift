public import VTdFormats

/// Draws the bits of an entry or a register as rulers: a row for each 64-bit word, the highest
/// first.
public struct BitRuler {
  let name: String
  let words: [UInt64]
  let bitWidth: Int
  /// The fields, the highest first.
  let fields: [DecodedField]
  /// The address of the value in memory where the reader can flip its bits; nil in any other
  /// picture.
  var liveAddress: UInt64?

  /// A ruler over all bits of a value.
  ///
  /// - Parameters:
  ///   - name: what the value is.
  ///   - words: lowest first.
  ///   - bitWidth: width in bits.
  ///   - fields: the fields, lowest first.
  public init(name: String, words: [UInt64], bitWidth: Int, fields: [DecodedField]) {
    self.name = name
    self.words = words
    self.bitWidth = bitWidth
    self.fields = fields.sorted { $0.high > $1.high }
  }

  /// The address of an interrupt's message, in the one or the other format.
  init(message address: UInt64) {
    let image = RemappableAddress(rawValue: UInt32(truncatingIfNeeded: address))
    let layout = image[flag: .format] ? Layout.remappableAddress : .compatibilityAddress
    self.init(
      name: layout.name, words: [address], bitWidth: layout.bitWidth,
      fields: layout.decode([address]))
  }

  /// The fields of one 64-bit word.
  func fields(ofWord word: Int) -> [DecodedField] { fields.filter { $0.low / 64 == word } }

  /// The words that are drawn, the highest first: all of up to two, else the lowest and those that
  /// are not zero.
  var shownWords: [Int] {
    let last = max(bitWidth, 1) - 1
    let all = Array((0...last / 64).reversed())
    if all.count <= 2 { return all }
    return all.filter { $0 == 0 || words.indices.contains($0) && words[$0] != 0 }
  }

  /// The ruler with a table of the fields below.
  var element: Element {
    var parts: [Element] = []
    for word in shownWords { parts.append(bar(word).element) }
    var rows: [Element] = [
      .tag(
        "tr", [],
        ["bits", "field", "value", "meaning"].map { .tag("th", [.init("scope", "col")], $0) })
    ]
    for field in fields where field.value != 0 || Self.isTelling(field) {
      rows.append(
        .tag(
          "tr", [],
          [
            .tag("td", [.style("m")], field.bits), .tag("td", [.style("m")], field.name),
            .tag("td", [.style("m")], "0x\(hex(field.address ?? field.value))"),
            .tag("td", [], Self.meaning(field)),
          ]))
    }
    parts.append(
      .tag("div", [.style("scroll"), .focusable], [.tag("table", [], rows)]))
    return .group(parts)
  }

  /// The meaning of a field's value; for a bit that is clear, what it would mean if it were set.
  private static func meaning(_ field: DecodedField) -> String {
    let isClear = field.high == field.low && field.value == 0
    return isClear && !field.meaning.isEmpty ? "clear (set: \(field.meaning))" : field.meaning
  }

  /// A bit that says "present" or "allowed" matters most where it is clear.
  static func isTelling(_ field: DecodedField) -> Bool {
    ["P", "R", "W", "R/W", "FPD", "F"].contains(field.name)
  }

  private func bar(_ word: Int) -> Drawing {
    var picture = Drawing("Bits \(word * 64 + 63) to \(word * 64) of the \(name)")
    let unit = 16
    let value = words.indices.contains(word) ? words[word] : 0
    let top = min(bitWidth - word * 64, 64)
    var next = top - 1
    func x(_ bit: Int) -> Int { 4 + (top - 1 - bit) * unit }
    func gap(_ high: Int, _ low: Int) {
      if high < low { return }
      picture.box(x(high), 18, (high - low + 1) * unit - 1, 24, "cell")
    }
    for field in fields(ofWord: word) {
      let (high, low) = (field.high - word * 64, field.low - word * 64)
      gap(next, high + 1)
      let width = (high - low + 1) * unit - 1
      let isSet = field.value != 0
      picture.box(x(high), 18, width, 24, isSet ? "t-l1" : "cell")
      let isWide = width > field.name.count * 8 + 4
      let label = isWide ? field.name : high == low ? (isSet ? "1" : "0") : ""
      picture.text(x(high) + width / 2, 35, label, isSet ? "on" : "dim", "middle")
      if high - low > 2 || high % 8 == 7 {
        picture.text(x(high) + 2, 12, "\(field.high)", "dim s")
      }
      if high - low > 5 { picture.text(x(low) + unit - 2, 12, "\(field.low)", "dim s", "end") }
      next = low - 1
    }
    gap(next, 0)
    if let liveAddress {
      for number in (0..<max(top, 0)).reversed() {
        let bit = LiveBit(
          address: liveAddress &+ UInt64(word) &* 8, word: value, number: number,
          field: fields.first { $0.low <= word * 64 + number && word * 64 + number <= $0.high }?
            .name)
        picture.bit(x(number), 18, unit - 1, 24, bit)
      }
    }
    picture.text(4, 60, "0x\(hex(value, digits: top / 4))", "b")
    return picture
  }
}
