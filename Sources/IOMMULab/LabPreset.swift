public import VTdFormats
public import VTdUnit

/// A remapping unit to start from.
public struct LabPreset: Sendable {
  /// What the unit can do.
  public var unit: UnitConfiguration
  /// The kind of tables that the lab builds for it.
  public var mode: TranslationTableMode
  /// The number of page-table levels; nil for one that the unit supports, 4 if possible.
  public var levels: Int?
  /// The stage that ``Lab/attach(_:domain:stage:pasid:)`` uses where none is named.
  public var stage: TranslationStage

  /// A preset of one's own.
  public init(
    unit: UnitConfiguration, mode: TranslationTableMode, levels: Int? = nil,
    stage: TranslationStage = .second
  ) {
    self.unit = unit
    self.mode = mode
    self.levels = levels
    self.stage = stage
  }

  /// Legacy tables, addresses of 48 bits (4 levels), large pages, eight fault records: a unit as most
  /// machines from 2015 on have it.
  public static let legacy48 = LabPreset(unit: .common(levels: 4), mode: .legacy, levels: 4)
  /// Legacy tables, addresses of 39 bits (3 levels).
  public static let legacy39 = LabPreset(unit: .common(levels: 3), mode: .legacy, levels: 3)
  /// Legacy tables, addresses of 57 bits (5 levels).
  public static let legacy57 = LabPreset(unit: .common(levels: 5), mode: .legacy, levels: 5)
  /// Scalable tables; devices are attached to first-stage tables, in the processor's format.
  public static let scalable = LabPreset(
    unit: .common(levels: 4, scalable: true), mode: .scalable, stage: .first)
  /// Scalable tables; devices are attached to second-stage tables.
  public static let scalableSecondStage = LabPreset(
    unit: .common(levels: 4, scalable: true), mode: .scalable, stage: .second)
}

extension UnitConfiguration {
  /// A unit with what labs show: large pages, the queue, pass-through, device TLBs, interrupt
  /// remapping, page-selective invalidation, eight fault records.
  static func common(levels: Int, scalable: Bool = false) -> UnitConfiguration {
    var cap = Capability()
    cap[.supportedAdjustedGuestAddressWidths] = Capability.width(ofLevels: levels)
    cap[.maximumGuestAddressWidth] = UInt64(Paging.width(levels: levels) - 1)
    // Domain-ids of 16 bits.
    cap[.numberOfDomains] = 6
    cap[.secondStageLargePages] = 0b11
    cap[flag: .pageSelectiveInvalidation] = true
    cap[.maximumAddressMask] = 18
    cap[flag: .zeroLengthRead] = true
    // Fault records at 0x200, eight of them; the IOTLB registers stand at 0x100.
    cap[.faultRecordOffset] = 0x20
    cap[.numberOfFaultRecords] = 7
    cap[flag: .writeDraining] = true
    cap[flag: .readDraining] = true
    var ecap = ExtendedCapability()
    ecap[flag: .queuedInvalidation] = true
    ecap[flag: .deviceTLB] = true
    ecap[flag: .interruptRemapping] = true
    ecap[flag: .passThrough] = true
    ecap[flag: .pageWalkCoherency] = true
    ecap[flag: .snoopControl] = true
    ecap[.iotlbRegisterOffset] = 0x10
    if scalable {
      ecap[flag: .scalableMode] = true
      ecap[flag: .firstStage] = true
      ecap[flag: .secondStage] = true
      ecap[flag: .nested] = true
      ecap[flag: .pasid] = true
      ecap[.pasidSize] = 19
      ecap[flag: .supervisorRequests] = true
      ecap[flag: .executeRequests] = true
      ecap[flag: .scalableModePageWalkCoherency] = true
      cap[flag: .firstStage1GiBPages] = true
    }
    return UnitConfiguration(capability: cap, extendedCapability: ecap)
  }
}
