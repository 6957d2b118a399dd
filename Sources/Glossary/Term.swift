/// One term: of the field, of Linux, or of this project.
///
/// `dmar words`, `docs/Glossary.md` and the course all read these values, so a term is explained in
/// one place only.
public struct Term: Hashable, Sendable {
  /// How the field writes it: an abbreviation where everybody uses one.
  public let name: String
  /// Other spellings and the words behind an abbreviation. A look-up finds these as well.
  public let aliases: [String]
  /// What it is, in whole sentences, for somebody who can program and knows no IOMMU.
  public let meaning: String
  /// Names of terms that help to understand this one.
  public let related: [String]

  init(_ name: String, _ aliases: [String] = [], _ meaning: String, see related: [String] = []) {
    self.name = name
    self.aliases = aliases
    self.meaning = meaning
    self.related = related
  }
}

/// A group of terms under one heading.
public struct Topic: Hashable, Sendable {
  /// The heading in the printed glossary.
  public let title: String
  /// The terms in the order in which a reader meets them.
  public let terms: [Term]

  /// A heading and its terms: all of a topic, or those of it that were asked for.
  public init(title: String, terms: [Term]) {
    self.title = title
    self.terms = terms
  }
}
