import Diagnosis
import LogReading
import Recording
import Report

/// Any bytes as a log, and as the JSON of a record: the pages made of them have no element and no
/// attribute that the program did not write.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPage(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let text = String(decoding: bytes, as: UTF8.self)
  var collector = LogCollector()
  collector.begin(file: text)
  var reader = LogReader()
  bytes.withUnsafeBytes { buffer in reader.read(buffer) { collector.take($0) } }
  reader.finish { collector.take($0) }
  let explanation = Explanation(collector.contents)
  check(ExplanationPage.html(explanation, producer: text) { _ in text })
  if let record = try? RunRecord(json: bytes) {
    check(
      RunPage(record, explanation: explanation, sources: [(text, text)], producer: text).html)
    for line in TimelineText.lines(of: record, timestamps: true, glyphs: .unicode) {
      precondition(!line.contains("\u{1b}"))
    }
  }
  return 0
}

/// Text of a page is escaped, so each `<` begins one of the program's own tags.
private func check(_ page: String) {
  for part in page.utf8.split(separator: UInt8(ascii: "<"), omittingEmptySubsequences: false)
    .dropFirst()
  {
    let name = part.drop { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "!") }
      .prefix { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: ">") }
    precondition(elements.contains(String(decoding: name, as: UTF8.self)), "a foreign element")
    precondition(part.contains(UInt8(ascii: ">")), "a tag that does not end")
  }
}

private let elements: Set<String> = [
  "DOCTYPE", "html", "head", "meta", "title", "style", "body", "main", "header", "nav", "section",
  "footer",
  "div", "span", "p", "a", "h1", "h2", "h3", "ul", "ol", "li", "dl", "dt", "dd", "table", "tr",
  "th",
  "td", "pre", "code", "strong", "br", "hr", "details", "summary", "svg", "rect", "line", "text",
  "polygon",
]
