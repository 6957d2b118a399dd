/// Why a request was blocked: the FR field of a fault record (VT-d specification 7.1, tables).
///
/// The set is open: a record can hold any byte. What is known of each code, and what Linux prints
/// for it, is its row: ``rows``.
public struct FaultReason: RawRepresentable, Hashable, Comparable, Sendable {
  public let rawValue: UInt8

  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static func < (left: FaultReason, right: FaultReason) -> Bool {
    left.rawValue < right.rawValue
  }
}

extension FaultReason {
  // Legacy mode.
  /// Software's own code, which no unit records; Linux has words for it.
  public static let software = FaultReason(rawValue: 0x00)
  /// The root entry's P is clear.
  public static let rootNotPresent = FaultReason(rawValue: 0x01)
  /// The context entry's P is clear.
  public static let contextNotPresent = FaultReason(rawValue: 0x02)
  /// The context entry asks for what the unit does not have: TT or AW.
  public static let contextInvalid = FaultReason(rawValue: 0x03)
  /// The address is wider than MGAW or AW allow.
  public static let addressBeyondWidth = FaultReason(rawValue: 0x04)
  /// A write, and an entry on the way has W clear.
  public static let writeNotPermitted = FaultReason(rawValue: 0x05)
  /// A read, and an entry on the way has R clear.
  public static let readNotPermitted = FaultReason(rawValue: 0x06)
  /// A second-stage entry could not be read.
  public static let secondStageRead = FaultReason(rawValue: 0x07)
  /// The root entry could not be read.
  public static let rootRead = FaultReason(rawValue: 0x08)
  /// The context entry could not be read.
  public static let contextRead = FaultReason(rawValue: 0x09)
  /// A reserved bit of the root entry is set.
  public static let rootReserved = FaultReason(rawValue: 0x0a)
  /// A reserved bit of the context entry is set.
  public static let contextReserved = FaultReason(rawValue: 0x0b)
  /// A reserved bit of a second-stage entry is set.
  public static let secondStageReserved = FaultReason(rawValue: 0x0c)
  /// TT does not allow translation requests or translated requests.
  public static let requestTypeBlocked = FaultReason(rawValue: 0x0d)
  /// The translation leads into the interrupt range.
  public static let interruptRange = FaultReason(rawValue: 0x0e)

  // Interrupt remapping.
  /// A reserved bit of a remappable interrupt request is set.
  public static let interruptRequestReserved = FaultReason(rawValue: 0x20)
  /// The interrupt index is beyond the table.
  public static let interruptIndexBeyondTable = FaultReason(rawValue: 0x21)
  /// The interrupt entry's P is clear.
  public static let interruptEntryNotPresent = FaultReason(rawValue: 0x22)
  /// The interrupt entry could not be read.
  public static let interruptEntryRead = FaultReason(rawValue: 0x23)
  /// A reserved bit of the interrupt entry is set.
  public static let interruptEntryReserved = FaultReason(rawValue: 0x24)
  /// A compatibility-format request while those are blocked.
  public static let compatibilityFormatBlocked = FaultReason(rawValue: 0x25)
  /// The source-id is not the one that the interrupt entry expects.
  public static let interruptSourceMismatch = FaultReason(rawValue: 0x26)
  /// The posted-interrupt descriptor could not be read or written.
  public static let postedDescriptorAccess = FaultReason(rawValue: 0x27)
  /// A reserved bit of the posted-interrupt descriptor is set.
  public static let postedDescriptorReserved = FaultReason(rawValue: 0x28)

  // Root table address register.
  /// RTADDR holds a mode or an address that the unit cannot use.
  public static let rootTableAddressInvalid = FaultReason(rawValue: 0x30)
  /// A request with PASID while the tables are legacy.
  public static let pasidRequestInLegacyMode = FaultReason(rawValue: 0x31)
  /// A page request while the tables are legacy.
  public static let pageRequestInLegacyMode = FaultReason(rawValue: 0x32)

  // Scalable mode: root, context.
  /// The scalable-mode root entry could not be read.
  public static let scalableRootRead = FaultReason(rawValue: 0x38)
  /// The half of the scalable-mode root entry for this function has its present bit clear.
  public static let scalableRootNotPresent = FaultReason(rawValue: 0x39)
  /// A reserved bit of the scalable-mode root entry is set.
  public static let scalableRootReserved = FaultReason(rawValue: 0x3a)
  /// The scalable-mode context entry could not be read.
  public static let scalableContextRead = FaultReason(rawValue: 0x40)
  /// The scalable-mode context entry has P clear.
  public static let scalableContextNotPresent = FaultReason(rawValue: 0x41)
  /// A reserved bit of the scalable-mode context entry is set.
  public static let scalableContextReserved = FaultReason(rawValue: 0x42)
  /// The context entry asks for what the unit does not have.
  public static let scalableContextInvalid = FaultReason(rawValue: 0x43)
  /// A translation request or translated request while DTE is clear.
  public static let deviceTLBDisabled = FaultReason(rawValue: 0x44)
  /// A request with PASID while PASIDE is clear.
  public static let pasidDisabled = FaultReason(rawValue: 0x45)
  /// The PASID is beyond the directory.
  public static let pasidBeyondDirectory = FaultReason(rawValue: 0x46)
  /// A page request while PRE is clear.
  public static let pageRequestDisabled = FaultReason(rawValue: 0x47)
  /// RID_PASID is beyond the directory.
  public static let ridPASIDInvalid = FaultReason(rawValue: 0x48)

  // PASID directory and table.
  /// The PASID directory entry could not be read.
  public static let directoryRead = FaultReason(rawValue: 0x50)
  /// The PASID directory entry has P clear.
  public static let directoryNotPresent = FaultReason(rawValue: 0x51)
  /// A reserved bit of the PASID directory entry is set.
  public static let directoryReserved = FaultReason(rawValue: 0x52)
  /// The PASID table entry could not be read.
  public static let pasidEntryRead = FaultReason(rawValue: 0x58)
  /// The PASID table entry has P clear.
  public static let pasidEntryNotPresent = FaultReason(rawValue: 0x59)
  /// A reserved bit of the PASID table entry is set.
  public static let pasidEntryReserved = FaultReason(rawValue: 0x5a)
  /// The PASID entry asks for what the unit does not have.
  public static let pasidEntryInvalid = FaultReason(rawValue: 0x5b)
  /// An execute request while ERE is clear.
  public static let executeRequestsDisabled = FaultReason(rawValue: 0x5c)
  /// A supervisor request while SRE is clear.
  public static let supervisorRequestsDisabled = FaultReason(rawValue: 0x5d)

  // First stage.
  /// A first-stage entry could not be read.
  public static let firstStageRead = FaultReason(rawValue: 0x70)
  /// A first-stage entry has P clear: nothing is mapped there.
  public static let firstStageNotPresent = FaultReason(rawValue: 0x71)
  /// A reserved bit of a first-stage entry is set.
  public static let firstStageReserved = FaultReason(rawValue: 0x72)
  /// The top first-stage table could not be read.
  public static let firstStageTableRead = FaultReason(rawValue: 0x73)
  /// Nested: a first-stage table lies beyond the second stage's width.
  public static let firstStageTableBeyondWidth = FaultReason(rawValue: 0x74)
  /// Nested: the second stage gives no read permission to the top first-stage table.
  public static let firstStageTopTableNotReadable = FaultReason(rawValue: 0x75)
  /// Nested: the second stage gives no read permission to a lower first-stage table.
  public static let firstStageTableNotReadable = FaultReason(rawValue: 0x76)
  /// Nested: an accessed or dirty bit is due, and the second stage gives no write permission.
  public static let firstStageTableNotWritable = FaultReason(rawValue: 0x77)

  // Second stage, scalable mode.
  /// A second-stage entry could not be read, in scalable mode.
  public static let scalableSecondStageRead = FaultReason(rawValue: 0x78)
  /// A second-stage entry has R and W clear.
  public static let secondStageNotPresent = FaultReason(rawValue: 0x79)
  /// A reserved bit of a second-stage entry is set, in scalable mode.
  public static let scalableSecondStageReserved = FaultReason(rawValue: 0x7a)
  /// The top second-stage table could not be read.
  public static let secondStageTableRead = FaultReason(rawValue: 0x7b)
  /// A second-stage accessed or dirty bit is due and cannot be set.
  public static let secondStageAccessedDirty = FaultReason(rawValue: 0x7c)

  // General, scalable mode.
  /// The address is not canonical for the first stage's levels.
  public static let addressNotCanonical = FaultReason(rawValue: 0x80)
  /// A user request, and an entry on the way has U/S clear.
  public static let userNotPermitted = FaultReason(rawValue: 0x81)
  /// An execute request, and an entry on the way denies it.
  public static let executeNotPermitted = FaultReason(rawValue: 0x82)
  /// The address is wider than the unit or the second stage allows.
  public static let scalableAddressBeyondWidth = FaultReason(rawValue: 0x83)
  /// Nested: the first stage's result is wider than the second stage allows.
  public static let intermediateAddressBeyondWidth = FaultReason(rawValue: 0x84)
  /// A write or AtomicOp without write permission.
  public static let scalableWriteNotPermitted = FaultReason(rawValue: 0x85)
  /// A read or AtomicOp without read permission.
  public static let scalableReadNotPermitted = FaultReason(rawValue: 0x86)
  /// The translation leads into the interrupt range.
  public static let scalableInterruptRange = FaultReason(rawValue: 0x87)
  /// A first-stage accessed or dirty bit is due, and walks do not snoop.
  public static let firstStageAccessedDirtyNoSnoop = FaultReason(rawValue: 0x90)
  /// Memory refused the update of a first-stage accessed or dirty bit.
  public static let firstStageAccessedDirtyRefused = FaultReason(rawValue: 0x91)

  /// Whether the code belongs to interrupt remapping, so that the record holds an index.
  public var isInterruptRemapping: Bool { (0x20...0x2f).contains(rawValue) }
}
