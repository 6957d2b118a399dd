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
  public static var numberOfDomains: Self {
    .init("ND", 2, 0, "domain-ids are 4 + 2 * ND bits wide")
  }
  public static var advancedFaultLogging: Self { .init("AFL", 3, "faults can be logged to memory") }
  public static var writeBufferFlush: Self {
    .init("RWBF", 4, "write buffers need a flush by software")
  }
  public static var protectedLowMemory: Self { .init("PLMR", 5, "protected memory below 4 GiB") }
  public static var protectedHighMemory: Self { .init("PHMR", 6, "protected memory above 4 GiB") }
  public static var cachingMode: Self {
    .init("CM", 7, "not-present and erroneous entries may be cached")
  }
  public static var supportedAdjustedGuestAddressWidths: Self {
    .init("SAGAW", 12, 8, "second-stage levels: bit 1 = 3 (39-bit), bit 2 = 4 (48), bit 3 = 5 (57)")
  }
  public static var maximumGuestAddressWidth: Self {
    .init("MGAW", 21, 16, "widest DMA address, less one")
  }
  public static var zeroLengthRead: Self {
    .init("ZLR", 22, "zero-length reads of write-only pages pass")
  }
  public static var faultRecordOffset: Self {
    .init("FRO", 33, 24, "first fault record, in units of 16 bytes")
  }
  public static var secondStageLargePages: Self {
    .init("SSLPS", 37, 34, "second-stage large pages: bit 0 = 2 MiB, bit 1 = 1 GiB")
  }
  public static var pageSelectiveInvalidation: Self {
    .init("PSI", 39, "IOTLB entries can be dropped by page")
  }
  public static var numberOfFaultRecords: Self { .init("NFR", 47, 40, "fault records, less one") }
  public static var maximumAddressMask: Self {
    .init("MAMV", 53, 48, "largest AM of a page invalidation")
  }
  public static var writeDraining: Self {
    .init("DWD", 54, "an IOTLB invalidation can drain writes")
  }
  public static var readDraining: Self { .init("DRD", 55, "an IOTLB invalidation can drain reads") }
  public static var firstStage1GiBPages: Self { .init("FS1GP", 56, "first-stage pages of 1 GiB") }
  public static var postedInterrupts: Self { .init("PI", 59, "interrupts can be posted") }
  public static var firstStage5Levels: Self { .init("FS5LP", 60, "first-stage tables of 5 levels") }
  public static var enhancedCommands: Self { .init("ECMDS", 61, "the enhanced command register") }
  public static var enhancedSetInterruptRootPointer: Self {
    .init("ESIRTPS", 62, "SIRTP drops the interrupt-entry cache")
  }
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
      && self[.supportedAdjustedGuestAddressWidths] & 1 << UInt64(levels - 2) != 0
  }

  /// Whether a second-stage entry at `level` (2 or 3) may map a page.
  public func supportsSecondStageLargePage(level: Int) -> Bool {
    (2...3).contains(level) && self[.secondStageLargePages] & 1 << UInt64(level - 2) != 0
  }
}
