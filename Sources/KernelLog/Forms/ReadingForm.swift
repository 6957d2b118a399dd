package import PCI
import Text

/// A line that is read and never printed here, as other parts of the kernel and other systems print
/// it: words with holes as a `Form` has them.
package struct ReadingForm: Sendable {
  /// What stood in the holes, each kind in the order of the line.
  package struct Values: Sendable {
    package var numbers: [UInt64] = []
    package var words: [String] = []
    package var device: PCIAddress?
  }

  package let words: StaticString

  package init(_ words: StaticString) { self.words = words }

  /// What the line begins with, up to its first hole.
  package var beginning: [UInt8] {
    words.withUTF8Buffer { bytes in
      var template = FormTemplate(bytes)
      guard case .words(let words)? = template.next() else { return [] }
      return Array(words)
    }
  }

  /// Reads the line at `cursor`; nil where the words are others.
  package func read(_ cursor: TextCursor) -> Values? {
    var (cursor, found) = (cursor, FormValues())
    guard FormTemplate.read(words, &cursor, &found) else { return nil }
    var values = Values()
    words.withUTF8Buffer { bytes in
      var template = FormTemplate(bytes)
      while let piece = template.next() {
        guard case .hole(let hole) = piece, found.has(hole.slot) else { continue }
        switch hole.letter {
        case UInt8(ascii: "d"), UInt8(ascii: "x"): values.numbers.append(found[hole.slot])
        case UInt8(ascii: "p"), UInt8(ascii: "g"), UInt8(ascii: "D"):
          values.device = found[hole.slot]
        case UInt8(ascii: "b"): values.device = PCIAddress(sourceID: found[hole.slot])
        case UInt8(ascii: "F"): continue
        default: values.words.append(Self.trimmed(found[hole.slot]))
        }
      }
    }
    return values
  }

  /// Without the marks that end a sentence or a bracket around it.
  private static func trimmed(_ words: String) -> String {
    var words = words
    while words.count > 1, let last = words.last, ",:;)".contains(last) { words.removeLast() }
    return words
  }
}
