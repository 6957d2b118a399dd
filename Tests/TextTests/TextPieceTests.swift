import Testing
import Text

@Suite("Escaping, columns, cursors and slips of the keyboard")
struct TextPieceTests {
  static let text = "a\"b\\c\n<&>\u{7}"

  @Test(
    "what a terminal would obey, or show in another order, is escaped",
    arguments: [
      ("plain — text ─ é", "plain — text ─ é"), ("\u{1b}]0;x\u{7}", "\\x1b]0;x\\x07"),
      ("a\nb\tc\rd", "a\\nb\\tc\\rd"), ("\u{7f}\u{9b}31m", "\\x7f\\x9b31m"),
      ("00:\u{202e}1.a0", "00:\\u202e1.a0"),
      ("\u{2066}x\u{2069}\u{200f}", "\\u2066x\\u2069\\u200f"),
      ("a\u{2028}b\u{2029}", "a\\u2028b\\u2029"),
    ])
  func printable(_ text: String, _ shown: String) throws {
    #expect(PrintableText.oneLine(text) == shown)
    let json = Escaping.json(text)
    #expect(!json.unicodeScalars.contains { PrintableText.isControl($0) })
    #expect(try JSONReader.value(Array(json.utf8)).compact == json)
  }

  @Test("Each language gets its own escapes")
  func escaping() {
    #expect(Escaping.json(Self.text) == #""a\"b\\c\n<&>\u0007""#)
    #expect(Escaping.yaml(Self.text) == #""a\"b\\c\x0a<&>\x07""#)
    #expect(Escaping.xml(Self.text) == "a&quot;b\\c&#10;&lt;&amp;&gt;\u{fffd}")
    #expect(Escaping.html(Self.text) == "a&quot;b\\c\n&lt;&amp;&gt;\u{7}")
    #expect(Escaping.dot(Self.text) == "\"a\\\"b\\\\c\\n<&>\u{7}\"")
  }

  @Test("Columns are filled up and never cut")
  func columns() {
    #expect("ab".padded(to: 4) == "ab  ")
    #expect("ab".aligned(to: 4) == "  ab")
    #expect("ab".aligned(to: 4, with: "0") == "00ab")
    #expect("abcde".padded(to: 4) == "abcde")
    #expect("abcde".aligned(to: 4) == "abcde")
  }

  @Test("One thing is counted in the singular, and none in the plural")
  func counts() {
    #expect(counted(1, "column") == "1 column")
    #expect(counted(0, "column") == "0 columns")
    #expect(counted(2, "entry", many: "entries") == "2 entries")
    #expect(counted(1, "entry", many: "entries") == "1 entry")
  }

  @Test("A cursor takes what is there and stays where nothing fits")
  func cursor() {
    var cursor = ByteCursor("IOMMU 12: ff")
    let wrong = cursor.take(word: "iommu")
    let name = cursor.take(word: "IOMMU")
    #expect(!wrong && name)
    #expect(cursor.skipBlanks() == 1)
    let number = cursor.decimal()
    #expect(number?.value == 12 && number?.digits == 2)
    let colon = cursor.take(":")
    #expect(colon)
    cursor.skipBlanks()
    let tooLong = cursor.hexadecimal(digits: 3...4)
    #expect(tooLong == nil)
    let value = cursor.hexadecimal(digits: 1...4)
    #expect(value == 0xff)
    #expect(cursor.isAtEnd && cursor.next == nil)
    cursor.move(to: 99)
    #expect(cursor.position == 12)
  }

  static let distances = [
    ("", "", 0), ("abc", "", 3), ("kitten", "sitting", 3), ("device", "devcie", 2), ("a", "b", 1),
  ]

  @Test("Edit distance", arguments: distances)
  func distance(_ left: String, _ right: String, _ expected: Int) {
    #expect(editDistance(left, right) == expected)
    #expect(editDistance(right, left) == expected)
  }

  @Test("an edit distance up to a limit is the whole one where that is near, and otherwise nil")
  func boundedDistance() {
    let words = [
      "", "a", "ab", "ba", "kitten", "sitting", "device", "devcie", "edivce", "devicedevice",
    ]
    for left in words {
      for right in words {
        let distance = editDistance(left, right)
        for limit in 0...12 {
          let bounded = editDistance(Array(left.utf8)[...], Array(right.utf8), atMost: limit)
          #expect(bounded == (distance <= limit ? distance : nil), "\(left) \(right) \(limit)")
        }
      }
    }
    #expect(editDistance([1][...], [1], atMost: -1) == nil)
  }

  @Test("A near word is found, a far one is not")
  func nearestWord() {
    #expect(nearest(to: "devcie", in: ["function", "device"]) == "device")
    #expect(nearest(to: "zzz", in: ["function", "device"]) == nil)
  }
}
