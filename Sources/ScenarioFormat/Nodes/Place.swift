/// Where a value of a scenario was written: lines and columns count from 1.
public struct Place: Hashable, Sendable, CustomStringConvertible {
  /// The file as the user named it, or what stands for it (`--set`, `<standard input>`).
  public var file: String
  /// The line, from 1 on.
  public var line: Int
  /// The column, from 1 on.
  public var column: Int

  /// A place in a file.
  public init(file: String, line: Int = 1, column: Int = 1) {
    self.file = file
    self.line = line
    self.column = column
  }

  /// A file as a whole, or an argument of the command line, which has no lines: `line` is 0.
  public init(whole file: String) {
    self.init(file: file, line: 0, column: 0)
  }

  /// Whether the place is an argument of the command line: what it names is seen from where the
  /// program runs.
  public var isArgument: Bool { line == 0 && file.hasPrefix("--") }

  public var description: String { line == 0 ? file : "\(file):\(line):\(column)" }
}

/// Input that is not what it should be: what stands at which place, and what was expected there.
public struct InputError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Decides the exit code: a missing file is another kind of failure than a bad one.
  public enum Kind: Hashable, Sendable {
    /// The input is there and wrong (exit 65).
    case invalid
    /// There is no such input, or it cannot be read (exit 66).
    case notFound
  }

  /// What kind of error it is: it decides the exit code.
  public let kind: Kind
  /// Where it is.
  public let place: Place
  /// What is there, and what was expected.
  public let message: String

  /// An error at a place.
  public init(_ kind: Kind = .invalid, at place: Place, _ message: String) {
    self.kind = kind
    self.place = place
    self.message = message
  }

  public var description: String { "\(place): \(message)" }
}
