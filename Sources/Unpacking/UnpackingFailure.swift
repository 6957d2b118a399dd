/// Why packed input could not be read to its end.
public enum UnpackingFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// The data breaks the rules of its kind, or its checksum.
  case damaged(PackedKind)
  /// The data ends before its kind says that it does.
  case truncated(PackedKind)
  /// Unpacking would take more memory than is given to it; in bytes.
  case memory(PackedKind, limit: Int)
  /// Far more comes out than any text gives: a file that is made to fill memories and disks.
  case unfolds(ratio: Int)
  /// So many bytes came out, and more were to come.
  case tooLarge(limit: Int)
  /// Packed more than so many times over.
  case tooDeep(limit: Int)
  /// More than so many files in archives.
  case tooManyMembers(limit: Int)
  /// A zip's member that a password protects.
  case encrypted
  /// A zip's member that is packed in another way, by its number.
  case method(Int)

  public var description: String {
    switch self {
    case .damaged(let kind): "the \(kind.rawValue) data is damaged"
    case .truncated(let kind): "the \(kind.rawValue) data ends too early"
    case .memory(let kind, let limit):
      "unpacking it takes more than \(limit >> 20) MiB of memory; unpack it first "
        + "(\(Self.command(kind)))"
    case .unfolds(let ratio):
      "it unfolds to more than \(ratio) times its size, which no log does; the rest was not read"
    case .tooLarge(let limit):
      "more than \(limit >> 30) GiB come out of it; unpack it first, and give the files that matter"
    case .tooDeep(let limit): "packed more than \(limit) times over"
    case .tooManyMembers(let limit): "more than \(limit) files are in it"
    case .encrypted: "encrypted; unpack it first"
    case .method(let number): "packed by method \(number) of zip; unpack it first"
    }
  }

  private static func command(_ kind: PackedKind) -> String {
    switch kind {
    case .xz: "xz -dc FILE | dmar explain"
    case .zstd: "zstd -dc --long=31 FILE | dmar explain"
    default: "\(kind.rawValue) -dc FILE | dmar explain"
    }
  }
}

/// What reading packed input may cost. It is counted over a whole input, whatever is nested in it.
struct UnpackingBudget: Sendable {
  /// What comes out may be so many times what went in. A log of one line, over and over, packs to a
  /// hundredth; the bombs of all kinds to less than a thousandth, those of lz4 aside, which is fast.
  static let mostRatio = 500
  /// From so many bytes on the ratio is looked at.
  private static let ratioStart = 1 << 23
  private static let mostBytes = 1 << 33
  private static let mostMembers = 1 << 18
  static let mostLayers = 8

  /// Bytes of the input so far.
  var taken = 0
  private var unfolded = 0
  private var members = 0
  /// Set once the input has cost too much; nothing more of it is read then.
  private(set) var failure: UnpackingFailure?

  mutating func spend(_ bytes: Int) {
    unfolded += bytes
    if unfolded > Self.ratioStart, unfolded / Self.mostRatio > taken {
      failure = .unfolds(ratio: Self.mostRatio)
    } else if unfolded > Self.mostBytes {
      failure = .tooLarge(limit: Self.mostBytes)
    }
  }

  mutating func countMember() {
    members += 1
    if members > Self.mostMembers { failure = .tooManyMembers(limit: Self.mostMembers) }
  }
}
