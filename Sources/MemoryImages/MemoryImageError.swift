/// Why an image of memory cannot be used, and what to do about it.
public struct MemoryImageError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What can be wrong with an image.
  public enum Kind: Hashable, Sendable {
    /// It cannot be read, with the system's reason.
    case cannotRead(String)
    /// It has no bytes.
    case empty
    /// The file says what it is, and its contents break the format's rules.
    case damaged(String)
    /// A form that is not read, with the command that makes one that is.
    case otherForm(String, advice: String)
  }

  /// The file.
  public var path: String
  /// What is wrong.
  public var kind: Kind

  /// Whether the file cannot be read at all, for instance because it is missing; otherwise its
  /// contents are wrong.
  public var isMissing: Bool {
    if case .cannotRead = kind { true } else { false }
  }

  public var description: String {
    switch kind {
    case .cannotRead(let words): "\(path): \(words)"
    case .empty: "\(path): empty; an image of memory was expected"
    case .damaged(let words): "\(path): \(words)"
    case .otherForm(let form, let advice): "\(path): \(form); \(advice)"
    }
  }
}
