internal import Text

/// Markdown as lessons are written in it, as elements: headings, paragraphs, lists, code by four blanks
/// or by fences, words in backquotes and in double asterisks. Everything else is text.
public enum Markdown {
  /// The markup of a text.
  ///
  /// - Parameter lines: the text's lines.
  public static func html(_ lines: [String]) -> String { Element.group(elements(lines)).markup }

  static func elements(_ lines: [String]) -> [Element] {
    var reader = BlockReader()
    for line in lines { reader.take(line) }
    reader.endBlock()
    return reader.elements
  }

  /// Puts lines together to blocks.
  private struct BlockReader {
    private enum Block {
      case none
      case paragraph([String])
      case list([[String]])
      /// By four blanks, or by fences.
      case code([String], isFenced: Bool)
    }

    private(set) var elements: [Element] = []
    private var block = Block.none
    private static let headings: [StaticString] = ["h2", "h3", "h4"]

    mutating func take(_ line: String) {
      if case .code(let code, isFenced: true) = block {
        if line.hasPrefix("```") { return endBlock() }
        block = .code(code + [line], isFenced: true)
        return
      }
      if line.hasPrefix("```") {
        endBlock()
        block = .code([], isFenced: true)
        return
      }
      let isBlank = !line.utf8.contains { $0 != ASCII.space }
      if isBlank {
        // An empty line stays in code that goes on behind it.
        if case .code(let code, _) = block {
          block = .code(code + [""], isFenced: false)
        } else {
          endBlock()
        }
        return
      }
      takeText(line)
    }

    private mutating func takeText(_ line: String) {
      switch block {
      case .list(var items) where line.hasPrefix("  "):
        items[items.count - 1].append(String(line.drop { $0 == " " }))
        block = .list(items)
      case .list(let items) where line.hasPrefix("- "):
        block = .list(items + [[String(line.dropFirst(2))]])
      case .code(let code, _) where line.hasPrefix("    "):
        block = .code(code + [String(line.dropFirst(4))], isFenced: false)
      case .paragraph(let text) where !line.hasPrefix("- ") && !line.hasPrefix("#"):
        block = .paragraph(text + [line])
      default:
        endBlock()
        if line.hasPrefix("    ") {
          block = .code([String(line.dropFirst(4))], isFenced: false)
        } else if line.hasPrefix("- ") {
          block = .list([[String(line.dropFirst(2))]])
        } else if line.hasPrefix("#") {
          let depth = line.prefix { $0 == "#" }.count
          let text = String(line.dropFirst(depth).drop { $0 == " " })
          elements.append(
            .tag(Self.headings[min(depth, Self.headings.count) - 1], [], Markdown.inline(text)))
        } else {
          block = .paragraph([line])
        }
      }
    }

    mutating func endBlock() {
      switch block {
      case .none: break
      case .paragraph(let lines):
        elements.append(.tag("p", [], Markdown.inline(lines.joined(separator: "\n"))))
      case .list(let items):
        elements.append(
          .tag(
            "ul", [],
            items.map { .tag("li", [], Markdown.inline($0.joined(separator: "\n"))) }))
      case .code(var lines, _):
        while lines.last == "" { lines.removeLast() }
        elements.append(.tag("pre", [.focusable], lines.joined(separator: "\n")))
      }
      block = .none
    }
  }

  /// The words of a block: what stands in backquotes is code, what stands between double asterisks is
  /// strong. A mark without its other one is text.
  private static func inline(_ text: String) -> [Element] {
    var elements: [Element] = []
    var plain = ""
    var rest = text[...]
    while let character = rest.first {
      let mark = character == "`" ? "`" : rest.hasPrefix("**") ? "**" : ""
      let inside = rest.dropFirst(mark.utf8.count)
      if !mark.isEmpty, let close = inside.firstRange(of: mark),
        close.lowerBound > inside.startIndex
      {
        if !plain.isEmpty { elements.append(.text(plain)) }
        plain = ""
        let words = String(inside[..<close.lowerBound])
        elements.append(mark == "`" ? .tag("code", [], words) : .tag("strong", [], words))
        rest = inside[close.upperBound...]
      } else {
        plain.append(character)
        rest = rest.dropFirst()
      }
    }
    if !plain.isEmpty { elements.append(.text(plain)) }
    return elements
  }
}
