/// A YAML value that remembers where it was written, also after scenarios have been merged.
///
/// Scalars stay text: YAML 1.1 would read `00:02.0` as a number and `010` as eight, while here the
/// schema says what a scalar means.
public struct YAMLValue: Hashable, Sendable {
  /// A key with its value.
  public struct Entry: Hashable, Sendable {
    /// The key.
    public var key: String
    /// Where the key stands.
    public var keyPlace: Place
    /// The value.
    public var value: YAMLValue

    /// A key with its value.
    public init(key: String, keyPlace: Place, value: YAMLValue) {
      self.key = key
      self.keyPlace = keyPlace
      self.value = value
    }
  }

  /// What a value is.
  public enum Content: Hashable, Sendable {
    /// One text; what it means is the reader's matter.
    case scalar(String)
    /// A list.
    case sequence([YAMLValue])
    /// A mapping, in the order in which it is written.
    case mapping([Entry])
  }

  /// What it is.
  public var content: Content
  /// Where it stands.
  public var place: Place

  /// A value at a place.
  public init(_ content: Content, at place: Place) {
    self.content = content
    self.place = place
  }

  /// The same value, all of it at one place.
  package func moved(to place: Place) -> YAMLValue {
    switch content {
    case .scalar: YAMLValue(content, at: place)
    case .sequence(let elements):
      YAMLValue(.sequence(elements.map { $0.moved(to: place) }), at: place)
    case .mapping(let entries):
      YAMLValue(
        .mapping(
          entries.map {
            Entry(key: $0.key, keyPlace: place, value: $0.value.moved(to: place))
          }), at: place)
    }
  }

  /// The text; nil for a list or a mapping.
  public var scalar: String? {
    if case .scalar(let text) = content { text } else { nil }
  }

  /// The elements; nil for what is not a list.
  public var elements: [YAMLValue]? {
    if case .sequence(let values) = content { values } else { nil }
  }

  /// The keys and values; nil for what is not a mapping.
  public var entries: [Entry]? {
    if case .mapping(let entries) = content { entries } else { nil }
  }

  /// What stands under `key`, if this is a mapping that has it.
  public subscript(key: String) -> YAMLValue? {
    entries?.first { $0.key == key }?.value
  }

  /// The kind of value in the words of an error message.
  package var kindName: String {
    switch content {
    case .scalar(let text): text.isEmpty ? "nothing" : "\"\(text)\""
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }
}
