internal import Text

/// A picture in the making: rectangles, lines and texts at places, as SVG.
struct Drawing {
  private(set) var elements: [Element] = []
  private(set) var width = 0
  private(set) var height = 0
  /// What the picture shows, for those who do not see it.
  let title: String
  /// Whether parts of it can be chosen, which makes it more than an image.
  private var hasChoices = false

  /// The width of a character of the monospaced font at its size here.
  static let characterWidth = 7.3

  init(_ title: String) { self.title = title }

  /// - Parameter entry: the address of the table entry that the box stands for, by which a page that
  ///   runs scenarios finds it; nil for none.
  mutating func box(
    _ x: Int, _ y: Int, _ width: Int, _ height: Int, _ style: String, entry: UInt64? = nil
  ) {
    var attributes: [Element.Attribute] = [
      .number("x", x), .number("y", y), .number("width", max(width, 1)),
      .number("height", height), .number("rx", 3), .style(style),
    ]
    if let entry { attributes.append(.init("data-entry", Words.address(entry))) }
    elements.append(.tag("rect", attributes))
    reach(x + width, y + height)
  }

  /// A text that begins there, or ends there, or has its middle there.
  mutating func text(
    _ x: Int, _ y: Int, _ text: String, _ style: String = "", _ anchor: String = "start"
  ) {
    elements.append(
      .tag(
        "text",
        [.number("x", x), .number("y", y), .style(style), .init("text-anchor", anchor)], text))
    let length = Int(Double(text.count) * Self.characterWidth) + 1
    reach(anchor == "start" ? x + length : anchor == "middle" ? x + length / 2 : x, y + 4)
  }

  mutating func line(_ x1: Int, _ y1: Int, _ x2: Int, _ y2: Int, _ style: String = "wire") {
    elements.append(
      .tag(
        "line",
        [
          .number("x1", x1), .number("y1", y1), .number("x2", x2), .number("y2", y2),
          .style(style),
        ]))
    reach(max(x1, x2), max(y1, y2))
  }

  /// A line with a head at its end; the heads of red and amber ones are of their colour.
  mutating func arrow(_ x1: Int, _ y1: Int, _ x2: Int, _ y2: Int, _ style: String = "wire") {
    line(x1, y1, x2, y2, style)
    let isLevel = abs(x2 - x1) >= abs(y2 - y1)
    let back = isLevel ? (x2 >= x1 ? -7 : 7) : (y2 >= y1 ? -7 : 7)
    let points =
      isLevel
      ? "\(x2),\(y2) \(x2 + back),\(y2 - 4) \(x2 + back),\(y2 + 4)"
      : "\(x2),\(y2) \(x2 - 4),\(y2 + back) \(x2 + 4),\(y2 + back)"
    elements.append(.tag("polygon", [.init("points", points), .style(style + " head")]))
  }

  /// A cross: here it stops.
  mutating func cross(_ x: Int, _ y: Int) {
    line(x - 6, y - 6, x + 6, y + 6, "stop")
    line(x - 6, y + 6, x + 6, y - 6, "stop")
  }

  /// A bit of a word that can be chosen: a page that runs scenarios flips it.
  mutating func bit(_ x: Int, _ y: Int, _ width: Int, _ height: Int, _ bit: LiveBit) {
    elements.append(
      .tag(
        "rect",
        [
          .number("x", x), .number("y", y), .number("width", width), .number("height", height),
          .style("bit"), .init("role", "button"),
          .init("tabindex", hasChoices ? "-1" : "0"), .init("aria-label", bit.label),
          .init("data-address", Words.address(bit.address)), .number("data-bit", bit.number),
          .init("data-value", Words.address(bit.word)),
        ], [.tag("title", [], bit.label)]))
    hasChoices = true
  }

  private mutating func reach(_ x: Int, _ y: Int) {
    width = max(width, x)
    height = max(height, y)
  }

  /// The picture for a page.
  var element: Element {
    let (w, h) = (width + 8, height + 8)
    return .tag(
      "div", [.style("picture"), .focusable],
      [
        .tag(
          "svg",
          [
            .init("viewBox", "0 0 \(w) \(h)"), .number("width", w), .number("height", h),
          ]
            + (hasChoices
              ? [.init("role", "group"), .init("aria-label", title)] : [.init("role", "img")]),
          (hasChoices ? [] : [.tag("title", [], title)]) + elements)
      ])
  }

  /// The picture as a document of its own.
  var document: String {
    let (w, h) = (width + 8, height + 8)
    let root = Element.tag(
      "svg",
      [
        .init("xmlns", "http://www.w3.org/2000/svg"), .init("viewBox", "0 0 \(w) \(h)"),
        .number("width", w), .number("height", h),
      ],
      [.tag("title", [], title), .tag("style", [], StyleSheet.pictures)]
        + [.tag("rect", [.number("width", w), .number("height", h), .style("paper")])] + elements)
    return root.markup + "\n"
  }
}
