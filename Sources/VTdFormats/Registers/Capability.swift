/// Capability register, CAP_REG, offset 0x08 (VT-d specification 11.4.2).
public struct Capability: RegisterImage {
  public var rawValue: UInt64
  public static let name = "CAP"
  public static let access = FieldAccess.readOnly

  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  public static let fields: [BitField<Self>] = [
    .numberOfDomains, .advancedFaultLogging, .writeBufferFlush, .protectedLowMemory,
    .protectedHighMemory, .cachingMode, .supportedAdjustedGuestAddressWidths,
    .maximumGuestAddressWidth, .zeroLengthRead, .faultRecordOffset, .secondStageLargePages,
    .pageSelectiveInvalidation, .numberOfFaultRecords, .maximumAddressMask, .writeDraining,
    .readDraining, .firstStage1GiBPages, .postedInterrupts, .firstStage5Levels,
    .enhancedCommands, .enhancedSetInterruptRootPointer, .enhancedSetRootTablePointer,
  ]
}

extension BitField where Image == Capability {
  /// Bits 2:0, ND: domain-ids are 4 + 2 * ND bits wide. VT-d specification 11.4.2.
  public static var numberOfDomains: Self {
    .init("ND", 2, 0, "domain-ids are 4 + 2 * ND bits wide")
  }
  /// Bit 3, AFL: faults can be logged to memory. VT-d specification 11.4.2.
  public static var advancedFaultLogging: Self { .init("AFL", 3, "faults can be logged to memory") }
  /// Bit 4, RWBF: write buffers need a flush by software. VT-d specification 11.4.2.
  public static var writeBufferFlush: Self {
    .init("RWBF", 4, "write buffers need a flush by software")
  }
  /// Bit 5, PLMR: protected memory below 4 GiB. VT-d specification 11.4.2.
  public static var protectedLowMemory: Self { .init("PLMR", 5, "protected memory below 4 GiB") }
  /// Bit 6, PHMR: protected memory above 4 GiB. VT-d specification 11.4.2.
  public static var protectedHighMemory: Self { .init("PHMR", 6, "protected memory above 4 GiB") }
  /// Bit 7, CM: not-present and erroneous entries may be cached. VT-d specification 11.4.2.
  public static var cachingMode: Self {
    .init("CM", 7, "not-present and erroneous entries may be cached")
  }
  /// Bits 12:8, SAGAW: second-stage levels: bit 1 = 3 (39-bit), bit 2 = 4 (48), bit 3 = 5 (57).
  /// VT-d specification 11.4.2.
  public static var supportedAdjustedGuestAddressWidths: Self {
    .init("SAGAW", 12, 8, "second-stage levels: bit 1 = 3 (39-bit), bit 2 = 4 (48), bit 3 = 5 (57)")
  }
  /// Bits 21:16, MGAW: widest DMA address, less one. VT-d specification 11.4.2.
  public static var maximumGuestAddressWidth: Self {
    .init("MGAW", 21, 16, "widest DMA address, less one")
  }
  /// Bit 22, ZLR: zero-length reads of write-only pages pass. VT-d specification 11.4.2.
  public static var zeroLengthRead: Self {
    .init("ZLR", 22, "zero-length reads of write-only pages pass")
  }
  /// Bits 33:24, FRO: first fault record, in units of 16 bytes. VT-d specification 11.4.2.
  public static var faultRecordOffset: Self {
    .init("FRO", 33, 24, "first fault record, in units of 16 bytes")
  }
  /// Bits 37:34, SSLPS: second-stage large pages: bit 0 = 2 MiB, bit 1 = 1 GiB. VT-d specification
  /// 11.4.2.
  public static var secondStageLargePages: Self {
    .init("SSLPS", 37, 34, "second-stage large pages: bit 0 = 2 MiB, bit 1 = 1 GiB")
  }
  /// Bit 39, PSI: IOTLB entries can be dropped by page. VT-d specification 11.4.2.
  public static var pageSelectiveInvalidation: Self {
    .init("PSI", 39, "IOTLB entries can be dropped by page")
  }
  /// Bits 47:40, NFR: fault records, less one. VT-d specification 11.4.2.
  public static var numberOfFaultRecords: Self { .init("NFR", 47, 40, "fault records, less one") }
  /// Bits 53:48, MAMV: largest AM of a page invalidation. VT-d specification 11.4.2.
  public static var maximumAddressMask: Self {
    .init("MAMV", 53, 48, "largest AM of a page invalidation")
  }
  /// Bit 54, DWD: an IOTLB invalidation can drain writes. VT-d specification 11.4.2.
  public static var writeDraining: Self {
    .init("DWD", 54, "an IOTLB invalidation can drain writes")
  }
  /// Bit 55, DRD: an IOTLB invalidation can drain reads. VT-d specification 11.4.2.
  public static var readDraining: Self { .init("DRD", 55, "an IOTLB invalidation can drain reads") }
  /// Bit 56, FS1GP: first-stage pages of 1 GiB. VT-d specification 11.4.2.
  public static var firstStage1GiBPages: Self { .init("FS1GP", 56, "first-stage pages of 1 GiB") }
  /// Bit 59, PI: interrupts can be posted. VT-d specification 11.4.2.
  public static var postedInterrupts: Self { .init("PI", 59, "interrupts can be posted") }
  /// Bit 60, FS5LP: first-stage tables of 5 levels. VT-d specification 11.4.2.
  public static var firstStage5Levels: Self { .init("FS5LP", 60, "first-stage tables of 5 levels") }
  /// Bit 61, ECMDS: the enhanced command register. VT-d specification 11.4.2.
  public static var enhancedCommands: Self { .init("ECMDS", 61, "the enhanced command register") }
  /// Bit 62, ESIRTPS: SIRTP drops the interrupt-entry cache. VT-d specification 11.4.2.
  public static var enhancedSetInterruptRootPointer: Self {
    .init("ESIRTPS", 62, "SIRTP drops the interrupt-entry cache")
  }
  /// Bit 63, ESRTPS: SRTP drops the caches. VT-d specification 11.4.2.
  public static var enhancedSetRootTablePointer: Self {
    .init("ESRTPS", 63, "SRTP drops the caches")
  }
}

extension Capability {
  /// Width of a domain-id in bits: 4 to 16.
  public var domainIDWidth: Int { min(4 + 2 * Int(self[.numberOfDomains]), 16) }
  /// Width of the widest address that DMA may use: 1 to 64.
  public var maximumGuestAddressWidth: Int { Int(self[.maximumGuestAddressWidth]) + 1 }
  /// Offset of the first fault record from the register base, in bytes.
  public var faultRecordOffset: Int { Int(self[.faultRecordOffset]) * 16 }
  /// Number of fault records: 1 to 256.
  public var faultRecordCount: Int { Int(self[.numberOfFaultRecords]) + 1 }

  /// Whether second-stage tables of `levels` (3, 4 or 5) levels are supported.
  public func supports(secondStageLevels levels: Int) -> Bool {
    (3...5).contains(levels)
      && self[.supportedAdjustedGuestAddressWidths] & Self.width(ofLevels: levels) != 0
  }

  /// The bit of SAGAW that stands for second-stage tables of `levels` (3, 4 or 5) levels.
  package static func width(ofLevels levels: Int) -> UInt64 { 1 << UInt64(levels - 2) }

  /// Whether a second-stage entry at `level` (2 or 3) may map a page.
  public func supportsSecondStageLargePage(level: Int) -> Bool {
    (2...3).contains(level) && self[.secondStageLargePages] & 1 << UInt64(level - 2) != 0
  }
}
