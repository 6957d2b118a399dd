/// A page of its own: one file, without a script and without anything to load.
public enum Document {
  /// A whole page with its style.
  ///
  /// - Parameters:
  ///   - title: what the browser's tab shows.
  ///   - body: the content.
  public static func html(title: String, _ body: [Element]) -> String {
    let head = Element.tag(
      "head", [],
      [
        .tag("meta", [.init("charset", "utf-8")]),
        .tag(
          "meta",
          [
            .init("http-equiv", "Content-Security-Policy"),
            .init("content", "default-src 'none'; style-src 'unsafe-inline'"),
          ]),
        .tag(
          "meta",
          [.init("name", "viewport"), .init("content", "width=device-width, initial-scale=1")]),
        .tag("title", [], title),
        // The style sheet is the program's own text and has no character that is escaped.
        .tag("style", [], StyleSheet.page),
      ])
    let root = Element.tag("html", [.init("lang", "en")], [head, .tag("body", [], body)])
    return "<!DOCTYPE html>\n" + root.markup + "\n"
  }
}
