internal import CLibYAML
internal import YAMLNodes

/// One thing that libyaml met in a text.
struct Event {
  enum Kind: Hashable {
    case documentStart
    case scalar(String, YAMLNode.Style)
    case alias(String)
    case sequenceStart
    case mappingStart
    /// The end of the innermost list or mapping.
    case collectionEnd
    /// The end of the text.
    case end
    /// What nodes do not show: the start of the text, the end of a document.
    case other
  }

  let kind: Kind
  let anchor: String?
  let line: Int
  let column: Int
}

/// The events of a text in their order, read by libyaml.
///
/// It owns libyaml's parser and must not outlive the bytes that it reads.
struct EventStream: ~Copyable {
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let text: UnsafeBufferPointer<UInt8>

  init(_ text: UnsafeBufferPointer<UInt8>) {
    self.text = text
    parser = .allocate(capacity: 1)
    parser.initialize(to: yaml_parser_t())
    // It fails when there is no memory; the first event then reports the error.
    yaml_parser_initialize(parser)
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, text.baseAddress, text.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
  }

  /// The next event; after `end` there is none.
  ///
  /// - Throws: `YAMLSyntaxError` with libyaml's words and place.
  mutating func next() throws(YAMLSyntaxError) -> Event {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else { throw syntaxError() }
    defer { yaml_event_delete(&event) }
    let (kind, anchor) = Self.meaning(of: event)
    return Event(
      kind: kind, anchor: anchor, line: Int(event.start_mark.line) + 1,
      column: Int(event.start_mark.column) + 1)
  }

  private static func meaning(of event: yaml_event_t) -> (Event.Kind, anchor: String?) {
    switch event.type {
    case YAML_DOCUMENT_START_EVENT:
      return (.documentStart, nil)
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      let text = String(
        decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
      return (.scalar(text, style(of: scalar.style)), word(scalar.anchor))
    case YAML_ALIAS_EVENT:
      return (.alias(word(event.data.alias.anchor) ?? ""), nil)
    case YAML_SEQUENCE_START_EVENT:
      return (.sequenceStart, word(event.data.sequence_start.anchor))
    case YAML_MAPPING_START_EVENT:
      return (.mappingStart, word(event.data.mapping_start.anchor))
    case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
      return (.collectionEnd, nil)
    case YAML_STREAM_END_EVENT, YAML_NO_EVENT:
      return (.end, nil)
    default:
      return (.other, nil)
    }
  }

  private static func style(of style: yaml_scalar_style_t) -> YAMLNode.Style {
    switch style {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE: .singleQuoted
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE: .doubleQuoted
    case YAML_LITERAL_SCALAR_STYLE: .literal
    case YAML_FOLDED_SCALAR_STYLE: .folded
    default: .plain
    }
  }

  private static func word(_ bytes: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    bytes.map { String(cString: $0) }
  }

  private func syntaxError() -> YAMLSyntaxError {
    let problem = parser.pointee.problem.map { String(cString: $0) } ?? "there is no memory"
    if parser.pointee.error == YAML_READER_ERROR {
      // A reader error knows its offset only.
      let before = text.prefix(parser.pointee.problem_offset)
      let line = before.count { $0 == 0x0a } + 1
      return YAMLSyntaxError("\(problem); text in UTF-8 was expected", line: line, column: 1)
    }
    let context =
      parser.pointee.context.map { words in
        "\(String(cString: words)) in line \(parser.pointee.context_mark.line + 1): "
      } ?? ""
    return YAMLSyntaxError(
      "\(context)\(problem); well-formed YAML was expected",
      line: Int(parser.pointee.problem_mark.line) + 1,
      column: Int(parser.pointee.problem_mark.column) + 1)
  }
}
