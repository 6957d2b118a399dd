/// PASID directory entry: 8 bytes, indexed by PASID bits 19:6 (VT-d specification 9.5).
public struct PASIDDirectoryEntry: RegisterImage {
  public var rawValue: UInt64
  public static let name = "PASID directory entry"

  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  public static let fields: [BitField<Self>] = [.present, .faultProcessingDisable, .pasidTable]

  /// Bytes of one entry.
  public static let byteCount: UInt64 = 8

  /// Where, in a directory, the entry for a PASID lies: bits 19:6 are its index.
  @inlinable
  public static func offset(of pasid: PASID) -> UInt64 { index(of: pasid) &* byteCount }

  /// Which entry of a directory is the one for a PASID.
  @inlinable
  public static func index(of pasid: PASID) -> UInt64 { UInt64(pasid.rawValue &>> 6) }
}

extension BitField where Image == PASIDDirectoryEntry {
  /// Bit 0, P: the table exists. VT-d specification 9.5.
  public static var present: Self { .init("P", 0, "the table exists") }
  /// Bit 1, FPD: do not record faults of these PASIDs. VT-d specification 9.5.
  public static var faultProcessingDisable: Self {
    .init("FPD", 1, "do not record faults of these PASIDs")
  }
  /// Bits 63:12, SMPTBLPTR: table of 64 PASID entries. VT-d specification 9.5.
  public static var pasidTable: Self {
    .init("SMPTBLPTR", 63, 12, "table of 64 PASID entries", isAddress: true)
  }
}

/// How a PASID's requests are translated (PGTT, VT-d specification 9.6).
public enum PASIDTranslationType: UInt8, Sendable, Hashable, CaseIterable {
  /// Through first-stage tables.
  case firstStage = 1
  /// Through second-stage tables.
  case secondStage = 2
  /// First stage, whose tables and result go through the second stage.
  case nested = 3
  /// The address is passed on unchanged.
  case passThrough = 4
}

/// PASID table entry: 64 bytes, indexed by PASID bits 5:0 (VT-d specification 9.6).
public struct PASIDTableEntry: WideImage {
  public var storage = SIMD8<UInt64>()
  public static let name = "PASID table entry"

  @inlinable public init() {}

  public static let fields: [BitField<Self>] = [
    .present, .faultProcessingDisable, .addressWidth, .translationType,
    .secondStageAccessedDirty, .secondStageTable, .domainID, .pageWalkSnoop, .pageSnoop,
    .cacheDisable, .extendedMemoryTypeEnable, .extendedMemoryType, .pageWriteThrough,
    .pageCacheDisable, .pageAttributeTable, .supervisorRequests, .executeRequests,
    .firstStagePagingMode, .writeProtect, .noExecute, .extendedAccessedFlag, .firstStageTable,
  ]

  /// Bytes of one entry.
  public static let byteCount: UInt64 = 64

  /// Entries of a table, which a directory entry points to.
  public static let countInTable = 64

  /// Where, in its table, the entry for a PASID lies: bits 5:0 are its index.
  @inlinable
  public static func offset(of pasid: PASID) -> UInt64 { index(of: pasid) &* byteCount }

  /// Which entry of a table is the one for a PASID: 0 to 63.
  @inlinable
  public static func index(of pasid: PASID) -> UInt64 { UInt64(pasid.rawValue & 0x3f) }

  /// How requests are translated; nil for an encoding that the specification reserves.
  @inlinable
  public var translationType: PASIDTranslationType? {
    PASIDTranslationType(rawValue: UInt8(truncatingIfNeeded: self[.translationType]))
  }
  /// Second-stage levels that AW asks for: 2 for 0, up to 9 for 7; only 3, 4 and 5 exist.
  @inlinable
  public var secondStageLevels: Int { Int(truncatingIfNeeded: self[.addressWidth]) &+ 2 }
  /// First-stage levels: 4 or 5; nil for an encoding that the specification reserves.
  @inlinable
  public var firstStageLevels: Int? {
    let mode = Int(truncatingIfNeeded: self[.firstStagePagingMode])
    return mode < 2 ? 4 &+ mode : nil
  }

  /// The tag under which the caches keep the PASID's translations.
  public var domain: DomainID {
    get { DomainID(rawValue: UInt16(truncatingIfNeeded: self[.domainID])) }
    set { self[.domainID] = UInt64(newValue.rawValue) }
  }
}

extension BitField where Image == PASIDTableEntry {
  /// Bit 0, P: the PASID is in use. VT-d specification 9.6.
  public static var present: Self { .init("P", 0, "the PASID is in use") }
  /// Bit 1, FPD: do not record faults of this PASID. VT-d specification 9.6.
  public static var faultProcessingDisable: Self {
    .init("FPD", 1, "do not record faults of this PASID")
  }
  /// Bits 4:2, AW: second stage: 1 = 39 bits, 2 = 48, 3 = 57. VT-d specification 9.6.
  public static var addressWidth: Self {
    .init("AW", 4, 2, "second stage: 1 = 39 bits, 2 = 48, 3 = 57")
  }
  /// Bits 8:6, PGTT: 1 first-stage, 2 second-stage, 3 nested, 4 pass-through. VT-d specification
  /// 9.6.
  public static var translationType: Self {
    .init("PGTT", 8, 6, "1 first-stage, 2 second-stage, 3 nested, 4 pass-through")
  }
  /// Bit 9, SSADE: second-stage accessed and dirty bits. VT-d specification 9.6.
  public static var secondStageAccessedDirty: Self {
    .init("SSADE", 9, "second-stage accessed and dirty bits")
  }
  /// Bits 63:12, SSPTPTR: top second-stage table. VT-d specification 9.6.
  public static var secondStageTable: Self {
    .init("SSPTPTR", 63, 12, "top second-stage table", isAddress: true)
  }
  /// Bits 79:64, DID: domain-id. VT-d specification 9.6.
  public static var domainID: Self { .init("DID", 64 + 15, 64 + 0, "domain-id") }
  /// Bit 87, PWSNP: walks snoop the processor caches. VT-d specification 9.6.
  public static var pageWalkSnoop: Self {
    .init("PWSNP", 64 + 23, "walks snoop the processor caches")
  }
  /// Bit 88, PGSNP: accesses snoop the processor caches. VT-d specification 9.6.
  public static var pageSnoop: Self {
    .init("PGSNP", 64 + 24, "accesses snoop the processor caches")
  }
  /// Bit 89, CD: accesses are uncached. VT-d specification 9.6.
  public static var cacheDisable: Self { .init("CD", 64 + 25, "accesses are uncached") }
  /// Bit 90, EMTE: use EMT. VT-d specification 9.6.
  public static var extendedMemoryTypeEnable: Self { .init("EMTE", 64 + 26, "use EMT") }
  /// Bits 93:91, EMT: memory type. VT-d specification 9.6.
  public static var extendedMemoryType: Self { .init("EMT", 64 + 29, 64 + 27, "memory type") }
  /// Bit 94, PWT: write-through for the top table. VT-d specification 9.6.
  public static var pageWriteThrough: Self {
    .init("PWT", 64 + 30, "write-through for the top table")
  }
  /// Bit 95, PCD: no caching of the top table. VT-d specification 9.6.
  public static var pageCacheDisable: Self { .init("PCD", 64 + 31, "no caching of the top table") }
  /// Bits 127:96, PAT: page attribute table. VT-d specification 9.6.
  public static var pageAttributeTable: Self {
    .init("PAT", 64 + 63, 64 + 32, "page attribute table")
  }
  /// Bit 128, SRE: supervisor requests are allowed. VT-d specification 9.6.
  public static var supervisorRequests: Self {
    .init("SRE", 128 + 0, "supervisor requests are allowed")
  }
  /// Bit 129, ERE: execute requests are allowed. VT-d specification 9.6.
  public static var executeRequests: Self { .init("ERE", 128 + 1, "execute requests are allowed") }
  /// Bits 131:130, FSPM: first stage: 0 = 4 levels, 1 = 5. VT-d specification 9.6.
  public static var firstStagePagingMode: Self {
    .init("FSPM", 128 + 3, 128 + 2, "first stage: 0 = 4 levels, 1 = 5")
  }
  /// Bit 132, WPE: read-only pages bind the supervisor as well. VT-d specification 9.6.
  public static var writeProtect: Self {
    .init("WPE", 128 + 4, "read-only pages bind the supervisor as well")
  }
  /// Bit 133, NXE: first-stage entries have XD. VT-d specification 9.6.
  public static var noExecute: Self { .init("NXE", 128 + 5, "first-stage entries have XD") }
  /// Bit 135, EAFE: first-stage entries have EA. VT-d specification 9.6.
  public static var extendedAccessedFlag: Self {
    .init("EAFE", 128 + 7, "first-stage entries have EA")
  }
  /// Bits 191:140, FSPTPTR: top first-stage table. VT-d specification 9.6.
  public static var firstStageTable: Self {
    .init("FSPTPTR", 128 + 63, 128 + 12, "top first-stage table", isAddress: true)
  }
}
