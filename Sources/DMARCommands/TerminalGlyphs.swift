internal import Glibc
internal import Report

/// What the terminal's locale can show.
enum TerminalGlyphs {
  /// UTF-8 where the locale has it, or else ASCII.
  static var current: Glyphs {
    for name in ["LC_ALL", "LC_CTYPE", "LANG"] {
      guard let text = getenv(name).map({ String(cString: $0) }), !text.isEmpty else { continue }
      // The first of them that is set decides, as setlocale has it.
      let plain = text.lowercased()
      return plain.contains("utf-8") || plain.contains("utf8") ? .unicode : .ascii
    }
    return .ascii
  }
}
