/// The ways in which files are packed that can be read here.
public enum PackedKind: String, CaseIterable, Sendable {
  /// The packed forms, in the order in which a file is tried for them.
  case gzip, xz, zstd, lz4, bzip2, zip, tar
  /// Text in units of 16 bits with a byte-order mark, as some systems write what a command prints.
  case utf16 = "UTF-16 text"

  /// How many first bytes are needed to recognise any kind: a tar's header block has 512.
  static let headLength = 512

  /// What a file with these first bytes is; nil for a file of another kind.
  public init?(head: some Collection<UInt8>) {
    let head = Array(head.prefix(Self.headLength))
    guard
      let kind = Self.allCases.first(where: { kind in
        kind.signatures.contains { head.starts(with: $0) }
      })
    else {
      guard TarHeader(head) != nil else { return nil }
      self = .tar
      return
    }
    self = kind
  }

  /// The bytes that files of this kind begin with; a tar is recognised by its checksum instead.
  private var signatures: [[UInt8]] {
    switch self {
    case .gzip: [[0x1f, 0x8b, 0x08]]
    case .xz: [[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]]
    case .zstd: [[0x28, 0xb5, 0x2f, 0xfd]]
    case .lz4: [[0x04, 0x22, 0x4d, 0x18]]
    case .bzip2: (1...9).map { Array("BZh\($0)1AY&SY".utf8) }
    case .zip: [[0x50, 0x4b, 0x03, 0x04], [0x50, 0x4b, 0x05, 0x06]]
    case .tar: []
    case .utf16: [[0xff, 0xfe], [0xfe, 0xff]]
    }
  }
}
