internal import Diagnosis

/// A line of a log that is not in the scenario, and why.
public struct LeftOut: Hashable, Sendable, CustomStringConvertible {
  /// The log's name.
  public let file: String
  /// Its first line is 1.
  public let line: Int
  /// The last line that the reason is for.
  public var lastLine: Int
  /// Why it does not come back.
  public let reason: String

  init(_ place: LogPlace, _ reason: String, in files: [String]) {
    file = place.file < files.count ? files[place.file] : "log"
    line = place.line
    lastLine = place.line
    self.reason = reason
  }

  /// `FILE:LINE: reason`, as the command prints it behind `left out:`.
  public var description: String {
    lastLine > line ? "\(file):\(line)-\(lastLine): \(reason)" : "\(file):\(line): \(reason)"
  }
}
