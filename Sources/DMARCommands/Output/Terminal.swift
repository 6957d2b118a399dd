internal import Glibc
import Text

/// What standard output can show.
enum Terminal {
  /// Whether results may be coloured: on a terminal that can, unless `NO_COLOR` says otherwise.
  static var isColoured: Bool {
    isatty(STDOUT_FILENO) == 1 && variable("NO_COLOR").isEmpty && variable("TERM") != "dumb"
  }

  /// Whether somebody watches.
  static var isWatched: Bool { isatty(STDOUT_FILENO) == 1 }

  /// The columns of the terminal, or what `COLUMNS` says, or 100.
  static var columns: Int {
    var size = winsize()
    if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col >= 40 {
      return Int(size.ws_col)
    }
    if let columns = Int(variable("COLUMNS")), columns >= 40 { return columns }
    return 100
  }

  private static func variable(_ name: String) -> String {
    getenv(name).map { String(cString: $0) } ?? ""
  }
}
