/// The first bytes of packed files, by which the kind of one is known.
package enum PackedSignature {
  /// gzip (RFC 1952), deflated.
  package static let gzip: [UInt8] = [0x1f, 0x8b, 0x08]
  /// xz.
  package static let xz: [UInt8] = [0xfd] + "7zXZ".utf8 + [0]
  /// zstd (RFC 8878).
  package static let zstd: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd]
  /// The frame of lz4.
  package static let lz4: [UInt8] = [0x04, 0x22, 0x4d, 0x18]
  /// bzip2; the size of its blocks and the first block's own mark follow.
  package static let bzip2 = Array("BZh".utf8)
  /// A zip that begins with a file.
  package static let zip: [UInt8] = "PK".utf8 + [3, 4]
}
