import Synchronization

/// What a program of a page printed.
final class Printed: Sendable {
  private let text = Mutex("")

  var lines: [String] {
    var lines = text.withLock { $0 }.split(separator: "\n", omittingEmptySubsequences: false)
    if lines.last == "" { lines.removeLast() }
    return lines.map(String.init)
  }

  func append(_ words: String) { text.withLock { $0 += words } }

  /// What the programs that run now print to; nil where none is run for a page.
  @TaskLocal static var now: Printed?
}

/// Stands in the place of the library's `print` for the programs of this folder, which are compiled as
/// they stand on their pages.
func print(_ items: Any..., separator: String = " ", terminator: String = "\n") {
  Printed.now?.append(items.map { "\($0)" }.joined(separator: separator) + terminator)
}
