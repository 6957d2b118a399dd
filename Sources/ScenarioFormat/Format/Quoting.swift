internal import Text

/// `text` as it is where every reader of YAML takes it as that text; else in quotation marks.
package func plainOrQuoted(_ text: String) -> String {
  let isPlain =
    text.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f: true
      default: false
      }
    }
  let begins = text.utf8.first.map { $0 >= 0x41 } ?? false
  let isWord = [
    "true", "false", "yes", "no", "on", "off", "y", "n", "null",
  ].contains(text.lowercased())
  return isPlain && begins && !isWord ? text : Escaping.yaml(text)
}
