internal import Text

/// The ways in which files are packed that can be read here.
public enum PackedKind: String, CaseIterable, Sendable {
  /// The packed forms, in the order in which a file is tried for them.
  case gzip, xz, zstd, lz4, bzip2, zip, tar
  /// Text in units of 16 bits with a byte-order mark, as some systems write what a command prints.
  case utf16 = "UTF-16 text"

  /// How many first bytes are needed to recognise any kind: a tar's header block has 512.
  public static let headLength = 512

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
    case .gzip: [PackedSignature.gzip]
    case .xz: [PackedSignature.xz]
    case .zstd: [PackedSignature.zstd]
    case .lz4: [PackedSignature.lz4]
    case .bzip2: (1...9).map { PackedSignature.bzip2 + Array("\($0)1AY&SY".utf8) }
    case .zip: [PackedSignature.zip, [0x50, 0x4b, 0x05, 0x06]]
    case .tar: []
    case .utf16: [[0xff, 0xfe], [0xfe, 0xff]]
    }
  }
}
