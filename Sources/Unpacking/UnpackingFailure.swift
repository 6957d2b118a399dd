/// Why packed input could not be read to its end.
public enum UnpackingFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// The data breaks the rules of its kind, or its checksum.
  case damaged(PackedKind)
  /// The data ends before its kind says that it does.
  case truncated(PackedKind)
  /// Unpacking would take more memory than is given to it; in bytes.
  case memory(PackedKind, limit: Int)
  /// Far more comes out than any text gives: a file that is made to fill memories and disks. So many
  /// bytes were read.
  case unfolds(ratio: Int, read: Int)
  /// So many bytes were read, and more were to come.
  case tooLarge(read: Int)
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
    case .unfolds(let ratio, let read):
      "it unfolds to more than \(ratio) times its size, which no log does; "
        + "only the first \(Self.size(read)) were read"
    case .tooLarge(let read):
      "it unfolds to more than the \(Self.size(read)) that were read of it; "
        + "unpack it first, and give the files that matter"
    case .tooDeep(let limit): "packed more than \(limit) times over"
    case .tooManyMembers(let limit): "more than \(limit) files are in it"
    case .encrypted: "encrypted; unpack it first"
    case .method(let number): "packed by method \(number) of zip; unpack it first"
    }
  }

  /// `8 MiB`, `700 KiB`: no more digits than matter.
  private static func size(_ bytes: Int) -> String {
    if bytes >= 1 << 30 { return "\((bytes &+ (1 << 29)) >> 30) GiB" }
    if bytes >= 1 << 20 { return "\(bytes >> 20) MiB" }
    return "\(bytes >> 10) KiB"
  }

  private static func command(_ kind: PackedKind) -> String {
    switch kind {
    case .xz: "xz -dc FILE | dmar explain"
    case .zstd: "zstd -dc --long=31 FILE | dmar explain"
    default: "\(kind.rawValue) -dc FILE | dmar explain"
    }
  }
}
