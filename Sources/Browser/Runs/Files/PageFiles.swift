internal import Scenario
internal import ScenarioFormat
internal import Text
internal import YAMLNodes

/// The files that a question brings with it.
struct PageFiles: Sendable {
  /// A file with its path.
  struct File: Sendable {
    var path: String
    var content: ScenarioSource.Content
  }

  /// In the order in which they were given.
  private(set) var files: [File] = []
  private var places: [String: Int] = [:]

  /// The files of `{"path": {"text": …}}`, or of `[{"name": "path", "text": …}]`.
  ///
  /// - Throws: `Failure` where something else stands there.
  init(_ value: JSONValue?) throws(Failure) {
    switch value {
    case nil: break
    case .object(let members):
      for (path, file) in members { add(path, try Self.content(file, path)) }
    case .array(let values):
      for file in values {
        guard case .string(let path) = Self.member("name", of: file) else {
          throw Failure("a file has no \"name\"")
        }
        add(path, try Self.content(file, path))
      }
    default: throw Failure("\"files\" is neither an object nor a list")
    }
  }

  private mutating func add(_ path: String, _ content: ScenarioSource.Content) {
    if let place = places[path] {
      files[place].content = content
    } else {
      places[path] = files.count
      files.append(File(path: path, content: content))
    }
  }

  subscript(path: String) -> ScenarioSource.Content? { places[path].map { files[$0].content } }

  /// The text of a file, where it was given.
  func text(_ path: String) -> String? {
    self[path]?.bytes.map { String(decoding: $0, as: UTF8.self) }
  }

  /// The files as scenarios are read from them.
  var source: ScenarioSource {
    ScenarioSource(
      content: { (path, place) throws(InputError) in
        if let content = self[path] { return content }
        // The same words as the operating system's, which the command-line program prints.
        let reason = "No such file or directory"
        guard let place else { throw InputError(.notFound, at: Place(whole: path), reason) }
        throw InputError(at: place, "\(path): \(reason); a readable file was expected")
      },
      parse: { (_, _) throws(YAMLSyntaxError) in
        throw YAMLSyntaxError(
          "only text is here, which this build cannot parse; its nodes were expected", line: 1,
          column: 1)
      },
      isThere: { self[$0] != nil })
  }

  // MARK: Reading

  private static func member(_ name: String, of value: JSONValue) -> JSONValue? {
    guard case .object(let members) = value else { return nil }
    return members.first { $0.0 == name }?.1
  }

  private static func content(_ value: JSONValue, _ path: String) throws(Failure)
    -> ScenarioSource.Content
  {
    var content = ScenarioSource.Content(bytes: nil)
    if case .string(let text) = member("text", of: value) { content.bytes = Array(text.utf8) }
    if case .string(let text) = member("base64", of: value) {
      var decoder = Base64.Decoder()
      content.bytes = text.utf8.compactMap { decoder.take($0) }
    }
    if let error = member("error", of: value) {
      content.document = .failure(try syntaxError(error, path))
    } else if let nodes = member("nodes", of: value) {
      content.document = try document(nodes, path)
    }
    guard content.bytes != nil || content.document != nil else {
      throw Failure("the file \"\(path)\" has no \"text\", \"base64\", \"nodes\" or \"error\"")
    }
    return content
  }

  private static func document(_ value: JSONValue, _ path: String) throws(Failure)
    -> ScenarioSource.Content.Document
  {
    if case .null = value { return .success(nil) }
    do throws(NodeFailure) {
      return .success(try NodeReader.node(value))
    } catch {
      switch error {
      case .document(let error): return .failure(error)
      case .form: throw Failure("\"nodes\" of \"\(path)\" has something that is not a node")
      }
    }
  }

  private static func syntaxError(_ value: JSONValue, _ path: String) throws(Failure)
    -> YAMLSyntaxError
  {
    guard case .string(let message) = member("message", of: value) else {
      throw Failure("\"error\" of \"\(path)\" has no \"message\"")
    }
    return YAMLSyntaxError(
      message, line: member("line", of: value).flatMap(NodeReader.number) ?? 1,
      column: member("column", of: value).flatMap(NodeReader.number) ?? 1)
  }
}
