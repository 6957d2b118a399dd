import Text

/// A file that came with a mail, packed: its content is for whoever can unpack it.
public struct PackedAttachment: Hashable, Sendable {
  /// What the mail calls it; empty where it does not.
  public var name: String
  /// The file.
  public var bytes: [UInt8]

  /// How files begin that are packed: xz, zstd, bzip2, lz4, zip. What is packed by gzip is read here,
  /// but for an archive.
  private static let beginnings = [
    PackedSignature.xz, PackedSignature.zstd, PackedSignature.bzip2, PackedSignature.lz4,
    PackedSignature.zip,
  ]

  /// Whether a file with this beginning is packed in a way that is not read here.
  static func isPacked(_ bytes: [UInt8]) -> Bool {
    beginnings.contains { bytes.starts(with: $0) }
  }

  /// Whether a text is an archive of tar: the word behind its first header (POSIX.1-1988).
  static func isArchive(_ bytes: [UInt8]) -> Bool {
    bytes.count >= 512 && bytes[257..<262].elementsEqual("ustar".utf8)
  }
}
