internal import Yams

/// Text to `YAMLValue`. Yams does the parsing; what it reports is given our form of place.
enum YAMLReader {
  /// More nodes than any scenario has: a file beyond it is an alias bomb or no scenario.
  static let nodeLimit = 1_000_000

  /// The one document of `text`.
  ///
  /// - Throws: `InputError` at the place of a syntax error, a duplicate key or a second document.
  static func value(of text: String, file: String) throws -> YAMLValue {
    let root: Node?
    do {
      // What a word means is the schema's business; the default resolver would compile seven regular
      // expressions and try them on each word first, a fifth of what a short run takes.
      root = try Yams.compose(yaml: text, .basic)
    } catch let error as YamlError {
      throw inputError(for: error, file: file)
    }
    guard let root else {
      throw InputError(at: Place(file: file), "the file is empty; a mapping was expected")
    }
    var budget = nodeLimit
    return try value(of: root, file: file, budget: &budget)
  }

  private static func value(of node: Node, file: String, budget: inout Int) throws -> YAMLValue {
    let place = Place(file: file, line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
    budget -= 1
    guard budget > 0 else {
      throw InputError(
        at: place, "more than \(nodeLimit) values once aliases are followed; fewer were expected")
    }
    switch node {
    case .scalar(let scalar):
      // A plain `~` or `null` is YAML's way to write nothing.
      let isNothing = scalar.style == .plain && (scalar.string == "~" || scalar.string == "null")
      return YAMLValue(.scalar(isNothing ? "" : scalar.string), at: place)
    case .sequence(let sequence):
      var values: [YAMLValue] = []
      for element in sequence {
        values.append(try value(of: element, file: file, budget: &budget))
      }
      return YAMLValue(.sequence(values), at: place)
    case .mapping(let mapping):
      var entries: [YAMLValue.Entry] = []
      for (key, element) in mapping {
        let keyPlace = Place(file: file, line: key.mark?.line ?? 1, column: key.mark?.column ?? 1)
        guard case .scalar(let name) = key else {
          throw InputError(at: keyPlace, "a key that is itself a structure; a word was expected")
        }
        entries.append(
          YAMLValue.Entry(
            key: name.string, keyPlace: keyPlace,
            value: try value(of: element, file: file, budget: &budget)))
      }
      return YAMLValue(.mapping(entries), at: place)
    case .alias:
      throw InputError(at: place, "an alias that names no anchor before it")
    }
  }

  private static func inputError(for error: YamlError, file: String) -> InputError {
    func located(_ mark: Mark, _ message: String) -> InputError {
      InputError(at: Place(file: file, line: mark.line, column: mark.column), message)
    }
    switch error {
    case .scanner(let context, let problem, let mark, _),
      .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let prefix = context.map { "\($0.text) in line \($0.mark.line): " } ?? ""
      return located(mark, "\(prefix)\(problem); well-formed YAML was expected")
    case .duplicatedKeysInMapping(let duplicates, let context):
      return located(
        context.mark,
        "the key \(duplicates.map { "\"\($0)\"" }.joined(separator: ", ")) stands twice"
          + " in one mapping; once was expected")
    case .reader(let problem, let offset, _, let yaml):
      let before = yaml.utf8.prefix(offset ?? 0)
      let line = before.reduce(into: 1) { count, byte in count += byte == 0x0a ? 1 : 0 }
      return InputError(
        at: Place(file: file, line: line), "\(problem); text in UTF-8 was expected")
    default:
      return InputError(at: Place(file: file), "\(error); well-formed YAML was expected")
    }
  }
}
