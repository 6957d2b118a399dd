/// What a legacy context entry does with requests (TT, VT-d specification 9.3).
public enum TranslationType: UInt8, Sendable, Hashable, CaseIterable {
  /// Untranslated requests go through the second-stage tables; others are blocked.
  case untranslatedOnly = 0
  /// As `untranslatedOnly`, and the device may use ATS.
  case deviceTLB = 1
  /// Untranslated requests pass with their address unchanged.
  case passThrough = 2
  /// A value that the specification reserves.
  case reserved = 3
}

/// Context entry, legacy mode: 16 bytes, indexed by device and function (9.3).
public struct ContextEntry: Image128 {
  public var low: UInt64 = 0
  public var high: UInt64 = 0
  public static let name = "context entry"

  @inlinable public init() {}

  public static let fields: [BitField<Self>] = [
    .present, .faultProcessingDisable, .translationType, .secondStageTable, .addressWidth,
    .available, .domainID,
  ]

  /// Bytes of one entry.
  public static let byteCount: UInt64 = 16

  /// Where, in its bus's table, the entry for a source-id lies.
  @inlinable
  public static func offset(of source: SourceID) -> UInt64 { UInt64(source.devfn) &* byteCount }

  /// What is done with requests.
  @inlinable
  public var translationType: TranslationType {
    TranslationType(rawValue: UInt8(truncatingIfNeeded: self[.translationType])) ?? .reserved
  }
  /// Levels that AW asks for: 2 for 0, up to 9 for 7; only 3, 4 and 5 exist.
  @inlinable
  public var levels: Int { Int(truncatingIfNeeded: self[.addressWidth]) &+ 2 }

  /// The tag under which the caches keep the function's translations.
  public var domain: DomainID {
    get { DomainID(rawValue: UInt16(truncatingIfNeeded: self[.domainID])) }
    set { self[.domainID] = UInt64(newValue.rawValue) }
  }
}

extension BitField where Image == ContextEntry {
  /// Bit 0, P: the function has tables. VT-d specification 9.3.
  public static var present: Self { .init("P", 0, "the function has tables") }
  /// Bit 1, FPD: do not record this function's faults. VT-d specification 9.3.
  public static var faultProcessingDisable: Self {
    .init("FPD", 1, "do not record this function's faults")
  }
  /// Bits 3:2, TT: 0 second-stage tables, 1 also ATS, 2 pass-through. VT-d specification 9.3.
  public static var translationType: Self {
    .init("TT", 3, 2, "0 second-stage tables, 1 also ATS, 2 pass-through")
  }
  /// Bits 63:12, SSPTPTR: top second-stage table. VT-d specification 9.3.
  public static var secondStageTable: Self {
    .init("SSPTPTR", 63, 12, "top second-stage table", isAddress: true)
  }
  /// Bits 66:64, AW: 1 = 39 bits, 2 = 48, 3 = 57. VT-d specification 9.3.
  public static var addressWidth: Self { .init("AW", 66, 64, "1 = 39 bits, 2 = 48, 3 = 57") }
  /// Bits 70:67, AVAIL: for software. VT-d specification 9.3.
  public static var available: Self { .init("AVAIL", 70, 67, "for software") }
  /// Bits 87:72, DID: domain-id. VT-d specification 9.3.
  public static var domainID: Self { .init("DID", 87, 72, "domain-id") }
}

/// Context entry, scalable mode: 32 bytes, indexed by devfn & 0x7f (9.4).
public struct ScalableContextEntry: WideImage {
  public var storage = SIMD4<UInt64>()
  public static let name = "scalable-mode context entry"

  @inlinable public init() {}

  public static let fields: [BitField<Self>] = [
    .present, .faultProcessingDisable, .deviceTLBEnable, .pasidEnable, .pageRequestEnable,
    .directorySize, .pasidDirectory, .ridPASID, .ridPrivilege,
  ]

  /// Bytes of one entry.
  public static let byteCount: UInt64 = 32

  /// Where, in the table of its half of the bus, the entry for a source-id lies.
  @inlinable
  public static func offset(of source: SourceID) -> UInt64 { index(of: source) &* byteCount }

  /// Which entry, of the table of its half of the bus, is the one for a source-id: 0 to 127.
  @inlinable
  public static func index(of source: SourceID) -> UInt64 { UInt64(source.devfn & 0x7f) }

  /// Number of PASIDs that the directory covers: 2^13 for PDTS 0 (2^(PDTS+7) entries of 64).
  @inlinable
  public var pasidLimit: UInt64 { 1 &<< (self[.directorySize] &+ 13) }
}

extension BitField where Image == ScalableContextEntry {
  /// Bit 0, P: the function has tables. VT-d specification 9.4.
  public static var present: Self { .init("P", 0, "the function has tables") }
  /// Bit 1, FPD: do not record this function's faults. VT-d specification 9.4.
  public static var faultProcessingDisable: Self {
    .init("FPD", 1, "do not record this function's faults")
  }
  /// Bit 2, DTE: the device may use ATS. VT-d specification 9.4.
  public static var deviceTLBEnable: Self { .init("DTE", 2, "the device may use ATS") }
  /// Bit 3, PASIDE: the device may send PASIDs. VT-d specification 9.4.
  public static var pasidEnable: Self { .init("PASIDE", 3, "the device may send PASIDs") }
  /// Bit 4, PRE: the device may send page requests. VT-d specification 9.4.
  public static var pageRequestEnable: Self { .init("PRE", 4, "the device may send page requests") }
  /// Bits 11:9, PDTS: the directory has 2^(PDTS+7) entries. VT-d specification 9.4.
  public static var directorySize: Self {
    .init("PDTS", 11, 9, "the directory has 2^(PDTS+7) entries")
  }
  /// Bits 63:12, PASIDDIRPTR: address of the PASID directory. VT-d specification 9.4.
  public static var pasidDirectory: Self {
    .init("PASIDDIRPTR", 63, 12, "address of the PASID directory", isAddress: true)
  }
  /// Bits 83:64, RID_PASID: PASID of requests that carry none. VT-d specification 9.4.
  public static var ridPASID: Self {
    .init("RID_PASID", 83, 64, "PASID of requests that carry none")
  }
  /// Bit 84, RID_PRIV: such requests have supervisor privilege. VT-d specification 9.4.
  public static var ridPrivilege: Self {
    .init("RID_PRIV", 84, "such requests have supervisor privilege")
  }
}
