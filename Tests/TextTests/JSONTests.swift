import Testing
import Text

@Suite("JSON")
struct JSONTests {
  static let values: [(value: JSONValue, text: String)] = [
    (.null, "null"), (.boolean(true), "true"), (.boolean(false), "false"),
    (.unsigned(.max), "18446744073709551615"), (.signed(.min), "-9223372036854775808"),
    (.string("a\"b\\c\n\t\u{1}é"), #""a\"b\\c\n\t\u0001é""#),
    (.array([]), "[]"), (.object([]), "{}"),
    (
      .object([("b", .array([.unsigned(1), .null])), ("a", .string(""))]),
      #"{"b":[1,null],"a":""}"#
    ),
  ]

  @Test("A value is written on one line and read back to the same text", arguments: values)
  func roundTrip(_ value: JSONValue, _ text: String) throws {
    #expect(value.compact == text)
    #expect(try JSONReader.value(Array(text.utf8)).compact == text)
    #expect(try JSONReader.value(Array(value.pretty.utf8)).compact == text)
  }

  @Test("The long form has two blanks a level")
  func pretty() {
    let value = JSONValue.object([("a", .array([.unsigned(1), .unsigned(2)]))])
    #expect(value.pretty == "{\n  \"a\": [\n    1,\n    2\n  ]\n}")
  }

  @Test("Escapes of UTF-16 units become characters")
  func escapes() throws {
    guard case .string(let text) = try JSONReader.value(Array(#""\u00e9\ud83d\ude00\/""#.utf8))
    else { return #expect(Bool(false), "the text was not read as text") }
    #expect(text == "é😀/")
  }

  static let broken: [(text: String, offset: Int)] = [
    ("", 0), ("[1,]", 3), ("{\"a\" 1}", 5), ("\"a", 2), ("1 2", 2), ("tru", 0), ("\"\\x\"", 3),
    (String(repeating: "[", count: 40), 32),
  ]

  @Test("What is not JSON is refused with its place", arguments: broken)
  func refused(_ text: String, _ offset: Int) {
    #expect {
      try JSONReader.value(Array(text.utf8))
    } throws: {
      ($0 as? JSONReader.Failure)?.offset == offset
    }
  }
}
