import Testing

/// Reads a page as a browser does, as far as tags go, and says what does not belong there.
///
/// Text of a page has no `<`, for it is escaped; so each one begins a tag.
struct PageScanner {
  /// Names of elements that a page may have.
  private static let elements: Set<String> = [
    "html", "head", "meta", "title", "style", "body", "main", "header", "nav", "section", "footer",
    "div",
    "span", "p", "a", "h1", "h2", "h3", "ul", "ol", "li", "dl", "dt", "dd", "table", "tr", "th",
    "td",
    "pre", "code", "strong", "br", "hr", "details", "summary", "svg", "rect", "line", "text",
    "polygon",
  ]
  private static let attributes: Set<String> = [
    "class", "id", "href", "lang", "charset", "http-equiv", "content", "name", "viewBox", "width",
    "height", "role", "x", "y", "x1", "y1", "x2", "y2", "rx", "points", "text-anchor", "xmlns",
    // Those by which a page that runs scenarios finds its way in what was drawn.
    "data-event", "data-step", "data-shows", "data-file", "data-line", "data-kind", "data-address",
    "data-bit", "data-value", "data-entry", "aria-label", "tabindex", "open", "scope",
  ]
  private static let void: Set<String> = ["meta", "br", "hr"]

  private(set) var problems: [String] = []
  private(set) var ids: Set<String> = []
  private(set) var links: [String] = []

  init(_ page: String) {
    var open: [String] = []
    let parts = page.split(separator: "<", omittingEmptySubsequences: false).dropFirst()
    for part in parts {
      guard let end = part.firstIndex(of: ">") else {
        problems.append("a tag that does not end: \(part.prefix(60))")
        continue
      }
      let tag = part[..<end]
      if tag == "!DOCTYPE html" { continue }
      if tag.first == "/" {
        let name = String(tag.dropFirst())
        if open.popLast() != name { problems.append("</\(name)> closes nothing that is open") }
        continue
      }
      let name = String(tag.prefix { $0 != " " })
      if !Self.elements.contains(name) { problems.append("an element <\(tag.prefix(80))>") }
      look(at: tag.dropFirst(name.count))
      if !Self.void.contains(name) { open.append(name) }
    }
    if !open.isEmpty { problems.append("open at the end: \(open)") }
    for link in links where !ids.contains(String(link.dropFirst())) {
      problems.append("a link to \(link), which no element is")
    }
  }

  private mutating func look(at text: Substring) {
    var rest = text
    while let first = rest.first {
      guard first == " ", let equals = rest.firstIndex(of: "=") else {
        problems.append("attributes that are none: \(text.prefix(80))")
        return
      }
      let name = String(rest[rest.index(after: rest.startIndex)..<equals])
      let value = rest[rest.index(equals, offsetBy: 2)...].prefix { $0 != "\"" }
      if !Self.attributes.contains(name) { problems.append("an attribute \(name.prefix(40))") }
      if name == "id" { ids.insert(String(value)) }
      if name == "href" {
        if value.first != "#" { problems.append("a link out of the page: \(value.prefix(80))") }
        links.append(String(value))
      }
      rest = rest[rest.index(equals, offsetBy: 2)...].dropFirst(value.count + 1)
    }
  }
}
