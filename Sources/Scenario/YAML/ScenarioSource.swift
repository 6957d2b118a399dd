public import ScenarioFormat
public import YAMLNodes

/// Where scenarios and the files that they name are read from: the machine's disk, or what a web page has
/// at hand. It is the one seam between this room and whatever holds it.
public struct ScenarioSource: Sendable {
  /// What stands in a file: its bytes, the document that a parser made of them, or both.
  public struct Content: Sendable {
    /// A parsed document: its root, nil where the file has none, or why it is not YAML.
    public typealias Document = Swift.Result<YAMLNode?, YAMLSyntaxError>

    /// The bytes; nil where only the document is known.
    public var bytes: [UInt8]?
    /// The document; nil where the bytes are still to be parsed.
    public var document: Document?

    /// What stands in a file.
    public init(bytes: [UInt8]?, document: Document? = nil) {
      self.bytes = bytes
      self.document = document
    }
  }

  /// Reads the file at a path; the place is where the path was written, nil for the command line.
  public typealias Reading =
    @Sendable (_ path: String, _ namedAt: Place?) throws(InputError) -> Content
  /// Parses YAML, and pays for each node.
  public typealias Parsing =
    @Sendable (_ text: String, _ budget: inout ReadingBudget) throws(YAMLSyntaxError) -> YAMLNode?

  let content: Reading
  let parse: Parsing
  /// Whether something has that path.
  public let isThere: @Sendable (_ path: String) -> Bool
  /// What a linked folder or file leads to; nil for one that is not a link.
  let linkTarget: @Sendable (_ path: String) -> String?

  /// A source.
  ///
  /// - Parameters:
  ///   - content: reads a file.
  ///   - parse: parses a file of which only the bytes are known.
  ///   - isThere: whether something has a path.
  ///   - linkTarget: the absolute path of the folder or file to which a link leads.
  public init(
    content: @escaping Reading, parse: @escaping Parsing,
    isThere: @escaping @Sendable (_ path: String) -> Bool,
    linkTarget: @escaping @Sendable (_ path: String) -> String? = { _ in nil }
  ) {
    self.content = content
    self.parse = parse
    self.isThere = isThere
    self.linkTarget = linkTarget
  }

  /// The text of a file without a byte order mark; bytes that are not UTF-8 become the replacement
  /// character.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - place: where the path was written.
  /// - Throws: `InputError` where it cannot be read.
  public func text(at path: String, namedAt place: Place? = nil) throws(InputError) -> String {
    guard let bytes = try content(path, place).bytes else {
      throw InputError(
        place == nil ? .notFound : .invalid, at: place ?? Place(whole: path),
        "\(place == nil ? "" : "\(path): ")only its YAML is here; its text was expected")
    }
    return Self.text(of: bytes)
  }

  /// The same files with one more, a document that is not among them.
  ///
  /// - Parameters:
  ///   - document: its root.
  ///   - name: the path by which it is read.
  public func adding(_ document: YAMLNode, named name: String) -> ScenarioSource {
    let content = content
    let isThere = isThere
    return ScenarioSource(
      content: { (path, place) throws(InputError) in
        path == name && place == nil
          ? Content(bytes: nil, document: .success(document)) : try content(path, place)
      },
      parse: parse, isThere: { $0 == name || isThere($0) }, linkTarget: linkTarget)
  }

  static func text(of bytes: [UInt8]) -> String {
    let mark: [UInt8] = [0xef, 0xbb, 0xbf]
    return String(decoding: bytes.starts(with: mark) ? bytes[3...] : bytes[...], as: UTF8.self)
  }

  /// The document in what was read of a file.
  ///
  /// - Parameters:
  ///   - content: what stands in the file.
  ///   - file: what places in it are called.
  ///   - budget: pays for the values, those that aliases repeat included.
  /// - Throws: `InputError` at the place of a syntax error, a duplicate key or a second document.
  func value(of content: Content, file: String, budget: inout ReadingBudget) throws(InputError)
    -> YAMLValue
  {
    let root: YAMLNode?
    do throws(YAMLSyntaxError) {
      root = try self.root(of: content, &budget)
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

  private func root(of content: Content, _ budget: inout ReadingBudget)
    throws(YAMLSyntaxError) -> YAMLNode?
  {
    guard let document = content.document else {
      return try parse(Self.text(of: content.bytes ?? []), &budget)
    }
    guard let root = try document.get() else { return nil }
    guard budget.spend(root.count) else {
      throw YAMLSyntaxError(ReadingBudget.message, line: root.line, column: root.column)
    }
    return root
  }

  /// The file that `path` names at `place`; where nothing is there, one of those that came with the
  /// program, which `Configs/` stands for as well.
  ///
  /// - Parameters:
  ///   - path: as it is written.
  ///   - place: where it is written.
  ///   - library: the folder of what came with the program, empty where paths begin in it; nil for
  ///     none.
  func locate(_ path: String, from place: Place, library: String?) -> String {
    let own = resolve(path, from: place)
    guard let library, path.first != "/", path.first != ".", !isThere(own) else { return own }
    let prefix = "Configs/"
    let below = path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
    let shipped = library.isEmpty ? below : "\(library)/\(below)"
    return isThere(shipped) ? shipped : own
  }

  /// `path` as seen from the folder of the file at `place`, and from where the program runs where the
  /// place is an argument; an absolute path stays as it is.
  ///
  /// Of a file that is a link, the folder in which the link stands comes first, then the one that it
  /// leads to.
  func resolve(_ path: String, from place: Place) -> String {
    if path.hasPrefix("/") || place.isArgument { return path }
    let own = seen(path, from: place)
    guard !isThere(own), let target = linkTarget(place.file) else { return own }
    let other = seen(path, from: Place(file: target))
    return isThere(other) ? other : own
  }

  private func seen(_ path: String, from place: Place) -> String {
    var folder = place.file.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .map(String.init)
    for part in path.split(separator: "/").map(String.init) where part != "." {
      if part == ".." {
        while folder.last == "." { folder.removeLast() }
        // What is above a linked folder is above the folder that the link leads to.
        if !folder.isEmpty, let target = linkTarget(folder.joined(separator: "/")) {
          folder = target.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        }
        if let last = folder.last, last != "..", !last.isEmpty {
          folder.removeLast()
          continue
        }
      }
      folder.append(part)
    }
    return folder.joined(separator: "/")
  }
}

extension YAMLNode {
  /// How many nodes it is, with all that are in it.
  fileprivate var count: Int {
    switch content {
    case .scalar, .alias: 1
    case .sequence(let elements): elements.reduce(1) { $0 + $1.count }
    case .mapping(let pairs): pairs.reduce(1) { $0 + $1.key.count + $1.value.count }
    }
  }
}
