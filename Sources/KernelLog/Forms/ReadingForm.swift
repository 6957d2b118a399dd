package import PCI
import Text

/// A line that is read and never printed here, as other parts of the kernel and other systems print
/// it: words with holes as a `LineForm` has them.
package struct ReadingForm: Sendable {
  /// What stood in the holes, each kind in the order of its places.
  package struct Values: Sendable {
    package var numbers: [UInt64] = []
    package var words: [String] = []
    package var device: PCIAddress?
  }

  package let words: StaticString
  /// Where in the words a message begins that may begin anywhere in a line.
  private let start: Int
  /// What the message begins with, up to its first hole behind that.
  package let beginning: [UInt8]

  /// - Parameter isInside: whether a message begins with its first words, and a hole before those, as a
  ///   unit's or a function's name, is left to what stands before it.
  package init(_ words: StaticString, isInside: Bool = false) {
    self.words = words
    (start, beginning) = words.withUTF8Buffer { bytes in
      var template = FormTemplate(bytes)
      var isBehindHole = false
      while let piece = template.next() {
        if case .words(let words) = piece {
          // The colon behind a name is not a beginning.
          let first = isBehindHole ? words.firstIndex { ASCII.isLetter($0) } : words.startIndex
          if let first { return (template.at - words.count + first, Array(words[first...])) }
        }
        if !isInside { return (0, []) }
        isBehindHole = true
      }
      return (0, [])
    }
  }

  /// The longest words without a hole, up to where the line may be cut: what the line is known by.
  package var mark: [UInt8] {
    words.withUTF8Buffer { bytes in
      var (template, longest) = (FormTemplate(bytes), [UInt8]())
      while let piece = template.next() {
        if case .mayEnd = piece { break }
        if case .words(let words) = piece, words.count > longest.count { longest = Array(words) }
      }
      return longest
    }
  }

  /// The texts in the places of the line at `cursor`, as they stand there and in their order; nil where the
  /// words are others.
  package func texts(_ cursor: TextCursor) -> [String]? {
    words.withUTF8Buffer { bytes in
      let template = FormTemplate(bytes)
      var (cursor, found) = (cursor, FormValues())
      guard template.read(&cursor, &found) else { return nil }
      return template.holes.map { found[$0.slot] }
    }
  }

  /// Reads the line at `cursor`; nil where the words are others.
  package func read(_ cursor: TextCursor) -> Values? {
    words.withUTF8Buffer { bytes in
      let template = FormTemplate(UnsafeBufferPointer(rebasing: bytes[start...]))
      var (cursor, found) = (cursor, FormValues())
      guard template.read(&cursor, &found) else { return nil }
      var values = Values()
      for hole in template.holes.sorted(by: { $0.slot < $1.slot }) where found.has(hole.slot) {
        switch hole.letter {
        case UInt8(ascii: "d"), UInt8(ascii: "x"): values.numbers.append(found[hole.slot])
        case UInt8(ascii: "p"), UInt8(ascii: "g"), UInt8(ascii: "D"):
          values.device = found[hole.slot]
        case UInt8(ascii: "b"): values.device = PCIAddress(sourceID: found[hole.slot])
        case UInt8(ascii: "F"): continue
        default: values.words.append(Self.trimmed(found[hole.slot]))
        }
      }
      return values
    }
  }

  /// Without the marks that end a sentence or a bracket around it.
  private static func trimmed(_ words: String) -> String {
    var words = words
    while words.count > 1, let last = words.last, ",:;)".contains(last) { words.removeLast() }
    return words
  }
}
