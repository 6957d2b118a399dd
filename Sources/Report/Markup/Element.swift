internal import Text

/// A piece of a page: an element, or text. Pages are built of these and of nothing else, and they become
/// text in one place, ``markup``: whatever comes from a scenario or a log is escaped there.
///
/// Names of elements and attributes are written in the program (`StaticString`), so that no input can
/// become one. There is no way to put in a script, an address to load from, or markup as it stands.
public indirect enum Element: Sendable {
  /// Text; it is escaped where it is written.
  case text(String)
  /// An element with its attributes and what is in it.
  case element(StaticString, [Attribute], [Element])
  /// Several pieces, one behind the other.
  case group([Element])

  /// An attribute with its value.
  public struct Attribute: Sendable {
    let name: StaticString
    let value: String

    /// An attribute; its value is escaped where it is written.
    public init(_ name: StaticString, _ value: String) {
      self.name = name
      self.value = value
    }

    /// The class by which the page's style is chosen.
    public static func style(_ name: String) -> Attribute { Attribute("class", name) }
    /// The name by which links find the element.
    public static func id(_ name: String) -> Attribute { Attribute("id", Self.identifier(name)) }
    /// A link to a place of the same page; there are no others.
    public static func place(_ name: String) -> Attribute {
      Attribute("href", "#" + Self.identifier(name))
    }
    /// Makes a place that scrolls one that the keyboard can go to and scroll.
    public static var focusable: Attribute { Attribute("tabindex", "0") }
    /// An attribute with a number.
    public static func number(_ name: StaticString, _ value: Int) -> Attribute {
      Attribute(name, String(value))
    }

    /// Letters, digits and dashes alone.
    private static func identifier(_ name: String) -> String {
      var text = ""
      for scalar in name.unicodeScalars {
        let isPlain =
          scalar.value < 0x80
          && (ASCII.isLetter(UInt8(truncatingIfNeeded: scalar.value))
            || ASCII.isDigit(UInt8(truncatingIfNeeded: scalar.value)))
        text.unicodeScalars.append(isPlain ? scalar : "-")
      }
      return text
    }
  }

  /// An element that holds elements.
  public static func tag(
    _ name: StaticString, _ attributes: [Attribute] = [], _ content: [Element] = []
  ) -> Element {
    .element(name, attributes, content)
  }

  /// An element that holds text.
  public static func tag(
    _ name: StaticString, _ attributes: [Attribute] = [], _ text: String
  ) -> Element {
    .element(name, attributes, [.text(text)])
  }

  /// The piece as HTML, or inside an SVG document as XML: both have the same rules here.
  public var markup: String {
    var text = ""
    write(to: &text)
    return text
  }

  func write(to output: inout String) {
    switch self {
    case .text(let text): Self.escape(text, to: &output)
    case .group(let elements): for element in elements { element.write(to: &output) }
    case .element(let name, let attributes, let content):
      output += "<\(name)"
      for attribute in attributes {
        output += " \(attribute.name)=\""
        Self.escape(attribute.value, to: &output)
        output += "\""
      }
      output += ">"
      if Self.isVoid(name) { return }
      for element in content { element.write(to: &output) }
      output += "</\(name)>"
    }
  }

  /// The one place where text becomes part of a page. Control characters, which pages have no use for,
  /// are shown escaped; line ends and tabs stay.
  private static func escape(_ text: String, to output: inout String) {
    output += Escaping.html(PrintableText.lines(text))
  }

  private static func isVoid(_ name: StaticString) -> Bool {
    let text = "\(name)"
    return text == "meta" || text == "br" || text == "hr"
  }
}

extension [Element] {
  /// The pieces with one between each two.
  func joined(by separator: Element) -> [Element] {
    var result: [Element] = []
    for element in self {
      if !result.isEmpty { result.append(separator) }
      result.append(element)
    }
    return result
  }
}
