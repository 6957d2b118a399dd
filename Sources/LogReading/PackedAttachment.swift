/// A file that came with a mail, packed: its content is for whoever can unpack it.
public struct PackedAttachment: Hashable, Sendable {
  /// What the mail calls it; empty where it does not.
  public var name: String
  /// The file.
  public var bytes: [UInt8]

  /// How files begin that are packed: xz, zstd, bzip2, lz4, zip. What is packed by gzip is read here,
  /// but for an archive.
  private static let beginnings: [[UInt8]] = [
    [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], [0x28, 0xb5, 0x2f, 0xfd], Array("BZh".utf8),
    [0x04, 0x22, 0x4d, 0x18], [0x50, 0x4b, 0x03, 0x04],
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
