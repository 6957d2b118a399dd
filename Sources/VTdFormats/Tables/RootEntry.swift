/// Root entry, legacy mode: 16 bytes, indexed by bus (VT-d specification 9.1).
public struct RootEntry: Image128 {
  public var low: UInt64 = 0
  public var high: UInt64 = 0
  public static let name = "root entry"

  @inlinable public init() {}

  public static let fields: [BitField<Self>] = [.present, .contextTable]

  /// Bytes of one entry.
  public static let byteCount: UInt64 = 16

  /// Where, in the root table, the entry for a source-id's bus lies.
  @inlinable
  public static func offset(of source: SourceID) -> UInt64 { UInt64(source.bus) &* byteCount }
}

extension BitField where Image == RootEntry {
  /// Bit 0, P: the bus has a context table. VT-d specification 9.1.
  public static var present: Self { .init("P", 0, "the bus has a context table") }
  /// Bits 63:12, CTP: address of the bus's context table. VT-d specification 9.1.
  public static var contextTable: Self {
    .init("CTP", 63, 12, "address of the bus's context table", isAddress: true)
  }
}

/// Root entry, scalable mode: 16 bytes, indexed by bus (VT-d specification 9.2).
public struct ScalableRootEntry: Image128 {
  public var low: UInt64 = 0
  public var high: UInt64 = 0
  public static let name = "scalable-mode root entry"

  @inlinable public init() {}

  public static let fields: [BitField<Self>] = [
    .lowerPresent, .lowerContextTable, .upperPresent, .upperContextTable,
  ]

  /// Bytes of one entry.
  public static let byteCount: UInt64 = 16

  /// Where, in the root table, the entry for a source-id's bus lies.
  @inlinable
  public static func offset(of source: SourceID) -> UInt64 { UInt64(source.bus) &* byteCount }

  /// Whether a source-id's context entry is in the table of the upper half: devices 16 to 31.
  @inlinable
  public static func isUpper(_ source: SourceID) -> Bool { source.device >= 16 }
}

extension BitField where Image == ScalableRootEntry {
  /// Bit 0, LP: devices 0 to 15 have a context table. VT-d specification 9.2.
  public static var lowerPresent: Self { .init("LP", 0, "devices 0 to 15 have a context table") }
  /// Bits 63:12, LCTP: context table of devices 0 to 15. VT-d specification 9.2.
  public static var lowerContextTable: Self {
    .init("LCTP", 63, 12, "context table of devices 0 to 15", isAddress: true)
  }
  /// Bit 64, UP: devices 16 to 31 have a context table. VT-d specification 9.2.
  public static var upperPresent: Self { .init("UP", 64, "devices 16 to 31 have a context table") }
  /// Bits 127:76, UCTP: context table of devices 16 to 31. VT-d specification 9.2.
  public static var upperContextTable: Self {
    .init("UCTP", 127, 76, "context table of devices 16 to 31", isAddress: true)
  }
}
