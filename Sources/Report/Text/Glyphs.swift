/// The characters that text pictures are drawn with: those of UTF-8, or of ASCII alone.
public struct Glyphs: Sendable {
  let bar: String
  let corner: String
  let arrow: String
  let cross: String
  let line: String
  let marker: String
  /// The multiplication sign before a count of repetitions.
  let times: String

  /// For a locale with UTF-8.
  public static let unicode = Glyphs(
    bar: "\u{2502}", corner: "\u{2514}\u{25BA}", arrow: "\u{2500}\u{25BA}", cross: "\u{2717}",
    line: "\u{2500}", marker: "\u{25C4}", times: "\u{d7}")

  /// For a locale without UTF-8.
  public static let ascii = Glyphs(
    bar: "|", corner: "`>", arrow: "->", cross: "X", line: "-", marker: "<", times: "x")
}
