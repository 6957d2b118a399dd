extension FaultReason: CustomStringConvertible {
  /// Every code of this project's tables with its meaning in a few words, in order.
  public static let known: [(reason: FaultReason, meaning: String)] = [
    (.rootNotPresent, "root entry not present"),
    (.contextNotPresent, "context entry not present"),
    (.contextInvalid, "context entry asks for a type or width that the unit lacks"),
    (.addressBeyondWidth, "address beyond MGAW or the context's width"),
    (.writeNotPermitted, "no write permission in the second stage"),
    (.readNotPermitted, "no read permission in the second stage"),
    (.secondStageRead, "second-stage entry cannot be read"),
    (.rootRead, "root entry cannot be read"),
    (.contextRead, "context entry cannot be read"),
    (.rootReserved, "reserved bit set in the root entry"),
    (.contextReserved, "reserved bit set in the context entry"),
    (.secondStageReserved, "reserved bit set in a second-stage entry"),
    (.requestTypeBlocked, "TT blocks translation requests and translated requests"),
    (.interruptRange, "translation leads into the interrupt range"),
    (.interruptRequestReserved, "reserved bit set in the interrupt request"),
    (.interruptIndexBeyondTable, "interrupt index beyond the table"),
    (.interruptEntryNotPresent, "interrupt entry not present"),
    (.interruptEntryRead, "interrupt entry cannot be read"),
    (.interruptEntryReserved, "reserved bit set in the interrupt entry"),
    (.compatibilityFormatBlocked, "compatibility-format interrupts are blocked"),
    (.interruptSourceMismatch, "source-id fails the interrupt entry's check"),
    (.postedDescriptorAccess, "posted-interrupt descriptor cannot be accessed"),
    (.postedDescriptorReserved, "reserved bit set in the posted-interrupt descriptor"),
    (.rootTableAddressInvalid, "root table address register holds an invalid mode or address"),
    (.pasidRequestInLegacyMode, "request with PASID while the tables are legacy"),
    (.pageRequestInLegacyMode, "page request while the tables are legacy"),
    (.scalableRootRead, "scalable-mode root entry cannot be read"),
    (.scalableRootNotPresent, "scalable-mode root entry not present"),
    (.scalableRootReserved, "reserved bit set in the scalable-mode root entry"),
    (.scalableContextRead, "scalable-mode context entry cannot be read"),
    (.scalableContextNotPresent, "scalable-mode context entry not present"),
    (.scalableContextReserved, "reserved bit set in the scalable-mode context entry"),
    (.scalableContextInvalid, "scalable-mode context entry asks for what the unit lacks"),
    (.deviceTLBDisabled, "translation or translated request while DTE is clear"),
    (.pasidDisabled, "request with PASID while PASIDE is clear"),
    (.pasidBeyondDirectory, "PASID beyond the directory"),
    (.pageRequestDisabled, "page request while PRE is clear"),
    (.ridPASIDInvalid, "RID_PASID beyond the directory"),
    (.directoryRead, "PASID directory entry cannot be read"),
    (.directoryNotPresent, "PASID directory entry not present"),
    (.directoryReserved, "reserved bit set in the PASID directory entry"),
    (.pasidEntryRead, "PASID entry cannot be read"),
    (.pasidEntryNotPresent, "PASID entry not present"),
    (.pasidEntryReserved, "reserved bit set in the PASID entry"),
    (.pasidEntryInvalid, "PASID entry asks for what the unit lacks"),
    (.executeRequestsDisabled, "execute request while ERE is clear"),
    (.supervisorRequestsDisabled, "supervisor request while SRE is clear"),
    (.firstStageRead, "first-stage entry cannot be read"),
    (.firstStageNotPresent, "first-stage entry not present"),
    (.firstStageReserved, "reserved bit set in a first-stage entry"),
    (.firstStageTableRead, "top first-stage table cannot be read"),
    (.firstStageTableBeyondWidth, "first-stage table beyond the second stage's width"),
    (.firstStageTopTableNotReadable, "second stage denies reading the top first-stage table"),
    (.firstStageTableNotReadable, "second stage denies reading a first-stage table"),
    (.firstStageTableNotWritable, "second stage denies updating a first-stage entry"),
    (.scalableSecondStageRead, "second-stage entry cannot be read"),
    (.secondStageNotPresent, "second-stage entry has neither read nor write permission"),
    (.scalableSecondStageReserved, "reserved bit set in a second-stage entry"),
    (.secondStageTableRead, "top second-stage table cannot be read"),
    (.secondStageAccessedDirty, "second-stage accessed or dirty bit cannot be set"),
    (.addressNotCanonical, "address is not canonical"),
    (.userNotPermitted, "first stage denies user requests"),
    (.executeNotPermitted, "no execute permission"),
    (.scalableAddressBeyondWidth, "address beyond the unit's or the second stage's width"),
    (.intermediateAddressBeyondWidth, "first stage's result beyond the second stage's width"),
    (.scalableWriteNotPermitted, "no write permission"),
    (.scalableReadNotPermitted, "no read permission"),
    (.scalableInterruptRange, "translation leads into the interrupt range"),
    (.firstStageAccessedDirtyNoSnoop, "first-stage accessed or dirty bit due, walks do not snoop"),
    (.firstStageAccessedDirtyRefused, "memory refused a first-stage accessed or dirty update"),
  ]

  /// What the code means in a few words; nil for a code that no table has.
  public var meaning: String? { Self.known.first { $0.reason == self }?.meaning }

  /// Whether a structure on the way could not be read.
  public var isReadFailure: Bool {
    switch self {
    case .rootRead, .contextRead, .secondStageRead, .interruptEntryRead, .postedDescriptorAccess,
      .scalableRootRead, .scalableContextRead, .directoryRead, .pasidEntryRead, .firstStageRead,
      .firstStageTableRead, .scalableSecondStageRead, .secondStageTableRead:
      true
    default: false
    }
  }

  /// Whether a translation request that meets this is answered with no permission instead of being
  /// recorded: something is not there, or not allowed, and the device may ask for it.
  ///
  /// Structures that cannot be read or hold reserved bits, and addresses beyond a width, are faults
  /// all the same (VT-d specification 4.2.4, 7.1.3).
  public var isAnsweredToDevice: Bool {
    switch self {
    case .writeNotPermitted, .readNotPermitted, .directoryNotPresent, .pasidEntryNotPresent,
      .supervisorRequestsDisabled, .firstStageNotPresent, .firstStageTopTableNotReadable,
      .firstStageTableNotReadable, .firstStageTableNotWritable, .secondStageNotPresent,
      .addressNotCanonical, .userNotPermitted, .executeNotPermitted, .scalableWriteNotPermitted,
      .scalableReadNotPermitted:
      true
    default: false
    }
  }

  /// `0x06 (no read permission in the second stage)`.
  public var description: String {
    "0x\(hex(UInt64(rawValue), digits: 2)) (\(meaning ?? "reserved code"))"
  }
}
