/// A value of a YAML file as a parser sees it: text, style and place, and nothing decided yet.
///
/// What a word means, whether a key may stand twice and what an alias stands for is decided on these
/// nodes, by whoever reads them. So any parser that can make nodes will do: libyaml (`YAMLReading`)
/// in the program, another one in a browser.
public struct YAMLNode: Hashable, Sendable {
  /// How a scalar was written. Only a plain word can mean something else than its text (`~`).
  public enum Style: Hashable, Sendable {
    case plain, singleQuoted, doubleQuoted, literal, folded
  }

  /// One key of a mapping with its value. In YAML a key may be any value.
  public struct Pair: Hashable, Sendable {
    public var key: YAMLNode
    public var value: YAMLNode

    public init(key: YAMLNode, value: YAMLNode) {
      self.key = key
      self.value = value
    }
  }

  public enum Content: Hashable, Sendable {
    /// Text without its quotes and with its escapes read.
    case scalar(String, Style)
    case sequence([YAMLNode])
    case mapping([Pair])
    /// `*name`: the node before this one that has `name` as its anchor.
    case alias(String)
  }

  public var content: Content
  /// The name after `&`, under which an alias can repeat this node.
  public var anchor: String?
  /// The line where the node begins, from 1.
  public var line: Int
  /// The column where the node begins, in Unicode scalars from 1.
  public var column: Int

  public init(_ content: Content, anchor: String? = nil, line: Int, column: Int) {
    self.content = content
    self.anchor = anchor
    self.line = line
    self.column = column
  }
}
