/// A bit of a word in memory, as a picture offers it to be flipped.
struct LiveBit {
  /// Where the 64-bit word lies.
  let address: UInt64
  /// The word as it is.
  let word: UInt64
  /// The bit's number in the word, from 0.
  let number: Int
  /// The field that it belongs to; nil for a bit of none.
  let field: String?

  /// The bit's description, for screen readers and as a tooltip.
  var label: String {
    let name = field.map { ", \($0)" } ?? ", in no field"
    let isSet = (word >> UInt64(truncatingIfNeeded: number)) & 1 == 1
    return "bit \(number)\(name), is \(isSet ? 1 : 0); choose it to flip it"
  }
}
