/// Text that is not YAML, or more of it than is read.
public struct YAMLSyntaxError: Error, Hashable, Sendable {
  /// What stands there and what was expected.
  public let message: String
  /// The line of the fault, from 1.
  public let line: Int
  /// The column of the fault, from 1.
  public let column: Int

  public init(_ message: String, line: Int, column: Int) {
    self.message = message
    self.line = line
    self.column = column
  }
}
