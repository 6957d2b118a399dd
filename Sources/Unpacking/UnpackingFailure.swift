/// Why packed input could not be read to its end.
public enum UnpackingFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// The data breaks the rules of its kind, or its checksum.
  case damaged(PackedKind)
  /// The data ends before its kind says that it does.
  case truncated(PackedKind)
  /// Unpacking would need more memory than `limit`, in bytes.
  case memory(PackedKind, limit: Int)
  /// The input unpacks to more than `ratio` times its size, far more than any text does: it is a
  /// decompression bomb. `read` bytes of files were read before that.
  case unfolds(ratio: Int, read: Int)
  /// The input unpacks to more bytes than allowed. `read` bytes of files were read before that.
  case tooLarge(read: Int)
  /// The input is packed in more than `limit` layers.
  case tooDeep(limit: Int)
  /// The archives of the input hold more than `limit` members.
  case tooManyMembers(limit: Int)
  /// A password protects this member of a zip.
  case encrypted
  /// A member of a zip uses a compression method that is not read here; its number in the zip.
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
