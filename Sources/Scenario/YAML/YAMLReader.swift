internal import ScenarioFormat
internal import YAMLNodes
internal import YAMLReading

/// Text to `YAMLValue`: the one place where scenarios meet a YAML library.
enum YAMLReader {
  /// The one document of `text`.
  ///
  /// - Parameter budget: pays for the values, those that aliases repeat included.
  /// - Throws: `InputError` at the place of a syntax error, a duplicate key or a second document.
  static func value(of text: String, file: String, budget: inout ReadingBudget)
    throws(InputError) -> YAMLValue
  {
    let root: YAMLNode?
    do throws(YAMLSyntaxError) {
      root = try LibYAML.document(of: text, budget: &budget)
    } catch {
      throw InputError(
        at: Place(file: file, line: error.line, column: error.column), error.message)
    }
    guard let root else {
      throw InputError(at: Place(file: file), "the file is empty; a mapping was expected")
    }
    var resolver = NodeResolver(file: file, budget: budget)
    defer { budget = resolver.budget }
    return try resolver.value(of: root)
  }

  /// The one document of a text that stands alone.
  static func value(of text: String, file: String) throws(InputError) -> YAMLValue {
    var budget = ReadingBudget()
    return try value(of: text, file: file, budget: &budget)
  }
}
