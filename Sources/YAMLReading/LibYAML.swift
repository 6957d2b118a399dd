internal import CLibYAML
public import YAMLNodes

/// YAML text to nodes, by libyaml.
public enum LibYAML {
  /// The one document of `text`; nil if there is none.
  ///
  /// - Parameter budget: pays for each node before it is made.
  /// - Throws: `YAMLSyntaxError` at the place of a syntax error, a second document, and where the
  ///   budget ends or values nest too deep.
  public static func document(of text: String, budget: inout ReadingBudget)
    throws(YAMLSyntaxError) -> YAMLNode?
  {
    var text = text
    let result = text.withUTF8 { bytes -> Result<YAMLNode?, YAMLSyntaxError> in
      do throws(YAMLSyntaxError) {
        var events = EventStream(bytes)
        return .success(try document(of: &events, budget: &budget))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private static func document(of events: inout EventStream, budget: inout ReadingBudget)
    throws(YAMLSyntaxError) -> YAMLNode?
  {
    var builder = NodeBuilder()
    var documents = 0
    while true {
      let event = try events.next()
      switch event.kind {
      case .end:
        return builder.root
      case .documentStart:
        documents += 1
        guard documents == 1 else {
          throw YAMLSyntaxError(
            "expected a single document in the stream in line 1: but found another document;"
              + " well-formed YAML was expected",
            line: event.line, column: event.column)
        }
      case .other:
        continue
      default:
        guard budget.spend() else {
          throw YAMLSyntaxError(ReadingBudget.message, line: event.line, column: event.column)
        }
        try builder.take(event)
      }
    }
  }
}
