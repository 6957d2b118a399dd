import Text

/// Several documents of JUnit XML as one: the suites of all, with their counts added.
struct JUnitMerge {
  /// What is wrong with a document, and where.
  struct Problem: Error {
    let line: Int
    let what: String
  }

  /// Results of all suites.
  struct Counts: Hashable {
    var tests = 0
    var failures = 0
    var errors = 0
    var skipped = 0

    static func + (left: Counts, right: Counts) -> Counts {
      Counts(
        tests: left.tests &+ right.tests, failures: left.failures &+ right.failures,
        errors: left.errors &+ right.errors, skipped: left.skipped &+ right.skipped)
    }

    /// As `dmar test` ends.
    var summary: String {
      let failed = failures + errors
      return "\(tests - failed - skipped) passed, \(failed) failed"
        + (skipped > 0 ? ", \(skipped) skipped" : "")
    }
  }

  private(set) var counts = Counts()
  /// The `testsuite` elements, as they stand in their documents.
  private var suites: [String] = []

  /// Adds the suites of a document.
  ///
  /// - Throws: `Problem` where the text is not JUnit XML.
  mutating func add(_ text: String) throws(Problem) {
    var scanner = XMLScanner(text)
    var depth = 0
    var start: Int?
    var found = Counts()
    var hasRoot = false
    while let tag = try scanner.nextTag() {
      switch tag.name {
      case "testsuites": hasRoot = true
      case "testsuite":
        hasRoot = true
        if tag.isEnd {
          depth -= 1
          if depth == 0, let begin = start {
            suites.append(scanner.text(begin..<tag.range.upperBound))
            start = nil
          }
          if depth < 0 { throw scanner.problem("a testsuite ends that never began", at: tag.range) }
        } else if tag.isEmpty {
          if depth == 0 { suites.append(scanner.text(tag.range)) }
        } else {
          if depth == 0 { start = tag.range.lowerBound }
          depth += 1
        }
      // Counts come from the tests themselves: writers differ in what their attributes mean.
      case "testcase" where !tag.isEnd: found.tests += 1
      case "failure" where !tag.isEnd: found.failures += 1
      case "error" where !tag.isEnd: found.errors += 1
      case "skipped" where !tag.isEnd: found.skipped += 1
      default: break
      }
      if !hasRoot {
        throw scanner.problem(
          "<\(tag.name)>; <testsuites> or <testsuite> was expected", at: tag.range)
      }
    }
    guard hasRoot else { throw Problem(line: 1, what: "no XML; JUnit's was expected") }
    guard depth == 0 else {
      throw Problem(line: scanner.lineCount, what: "the document ends within a testsuite")
    }
    counts = counts + found
  }

  /// The one document.
  var text: String {
    let attributes = [
      ("tests", counts.tests), ("failures", counts.failures), ("errors", counts.errors),
      ("skipped", counts.skipped),
    ].map { #"\#($0.0)="\#($0.1)""# }.joined(separator: " ")
    let lines =
      [
        #"<?xml version="1.0" encoding="UTF-8"?>"#,
        #"<testsuites name="dmar test" \#(attributes)>"#,
      ] + suites.map { "  " + $0 } + ["</testsuites>", ""]
    return lines.joined(separator: "\n")
  }
}

/// Finds the tags of an XML document; comments, CDATA and processing instructions are passed over.
private struct XMLScanner {
  struct Tag {
    let name: String
    let isEnd: Bool
    let isEmpty: Bool
    let range: Range<Int>
  }

  private let bytes: [UInt8]
  private var position = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  var lineCount: Int { line(at: bytes.count) }

  func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  func problem(_ what: String, at range: Range<Int>) -> JUnitMerge.Problem {
    JUnitMerge.Problem(line: line(at: range.lowerBound), what: what)
  }

  private func line(at offset: Int) -> Int {
    1 + bytes[..<offset].count { $0 == UInt8(ascii: "\n") }
  }

  private func has(_ word: StaticString, at place: Int) -> Bool {
    let count = word.utf8CodeUnitCount
    guard place + count <= bytes.count else { return false }
    return word.withUTF8Buffer { buffer in bytes[place..<place + count].elementsEqual(buffer) }
  }

  /// The place behind the next `word`.
  private func end(of word: StaticString, from place: Int, in what: String)
    throws(JUnitMerge.Problem) -> Int
  {
    var place = place
    while place < bytes.count {
      if has(word, at: place) { return place + word.utf8CodeUnitCount }
      place += 1
    }
    throw JUnitMerge.Problem(line: lineCount, what: "the document ends within \(what)")
  }

  mutating func nextTag() throws(JUnitMerge.Problem) -> Tag? {
    while let start = bytes[position...].firstIndex(of: UInt8(ascii: "<")) {
      if has("<!--", at: start) {
        position = try end(of: "-->", from: start + 4, in: "a comment")
      } else if has("<![CDATA[", at: start) {
        position = try end(of: "]]>", from: start + 9, in: "a CDATA section")
      } else if has("<?", at: start) {
        position = try end(of: "?>", from: start + 2, in: "a processing instruction")
      } else if has("<!", at: start) {
        position = try end(of: ">", from: start + 2, in: "a declaration")
      } else {
        return try tag(from: start)
      }
    }
    position = bytes.count
    return nil
  }

  /// The tag that begins at `opening`; a > within quotation marks does not end it.
  private mutating func tag(from opening: Int) throws(JUnitMerge.Problem) -> Tag {
    var quote: UInt8?
    var place = opening + 1
    while place < bytes.count {
      let byte = bytes[place]
      if let mark = quote {
        if byte == mark { quote = nil }
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        quote = byte
      } else if byte == UInt8(ascii: ">") {
        break
      }
      place += 1
    }
    guard place < bytes.count else {
      throw JUnitMerge.Problem(line: lineCount, what: "the document ends within a tag")
    }
    let isEnd = bytes[opening + 1] == UInt8(ascii: "/")
    let name = bytes[(opening + (isEnd ? 2 : 1))..<place].prefix {
      !ASCII.isWhiteSpace($0) && $0 != UInt8(ascii: "/")
    }
    position = place + 1
    return Tag(
      name: String(decoding: name, as: UTF8.self), isEnd: isEnd,
      isEmpty: bytes[place - 1] == UInt8(ascii: "/"), range: opening..<place + 1)
  }
}
