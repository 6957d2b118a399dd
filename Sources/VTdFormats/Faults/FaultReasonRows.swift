/// What is known of one fault reason.
public struct FaultReasonRow: Sendable {
  /// The code.
  public let reason: FaultReason
  /// The name by which scenarios call it, such as `read-not-permitted`.
  public let name: String
  /// What the unit was looking at, and so what to look at next.
  public let structure: Structure
  /// What was wrong with it.
  public let problem: Problem
  /// The reason in a few words; nil for a code that no unit records.
  public let meaning: String?
  /// What Linux prints behind the code (`dmar_get_fault_reason`); nil where it prints `Unknown`.
  public let linux: String?
  /// The first of Linux's tables that has the text.
  public let since: LinuxTable
  /// Whether a translation request that meets this is answered with no permission instead of being
  /// recorded: something is not there, or not allowed, and the device may ask for it.
  ///
  /// Structures that cannot be read or hold reserved bits, and addresses beyond a width, are faults
  /// nevertheless (VT-d specification 4.2.4, 7.1.3).
  public let isAnswered: Bool

  /// What a unit reads on its way from a request to memory, in the order of the walk.
  public enum Structure: Hashable, Sendable, CaseIterable {
    /// The request itself: its address, its PASID, its format.
    case request
    /// RTADDR_REG.
    case rootTableAddress
    /// A root entry.
    case root
    /// A context entry.
    case context
    /// A PASID directory entry.
    case directory
    /// A PASID table entry.
    case pasidEntry
    /// The first-stage tables.
    case firstStage
    /// The second-stage tables.
    case secondStage
    /// The page, in whichever stage.
    case page
    /// An interrupt remapping table entry.
    case interruptEntry
    /// A posted-interrupt descriptor.
    case postedDescriptor
  }

  /// What may be wrong with a structure.
  public enum Problem: Hashable, Sendable, CaseIterable {
    /// It lies where memory cannot be read.
    case unreadable
    /// Its present bit, or both of its permissions, are clear.
    case notPresent
    /// A reserved bit is set.
    case reserved
    /// It asks for what the unit lacks.
    case unsupported
    /// A switch for this kind of request is off.
    case notEnabled
    /// It does not let this request do what it wants.
    case notPermitted
    /// A number in it is larger than what it is used with allows.
    case beyondWidth
    /// An accessed or dirty bit is due and cannot be set.
    case notUpdated
    /// It leads into the interrupt range.
    case interruptRange
  }

  /// The generations of Linux's tables of reasons: each has what the ones before it have.
  public enum LinuxTable: Int, Comparable, Sendable, CaseIterable {
    /// 2.6.30 to 3.6 at least.
    case first
    /// Later (4.8 has it), up to 5.3.
    case legacy
    /// 5.4 and later: scalable mode.
    case scalable

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }
}

extension FaultReason {
  /// Every code of this project's tables, in ascending order.
  public static let rows: [FaultReasonRow] = [
    row(.software, "software", .request, .unsupported, nil, linux: "Software"),
    row(
      .rootNotPresent, "root-entry-not-present", .root, .notPresent, "root entry not present",
      linux: "Present bit in root entry is clear"),
    row(
      .contextNotPresent, "context-entry-not-present", .context, .notPresent,
      "context entry not present", linux: "Present bit in context entry is clear"),
    row(
      .contextInvalid, "context-entry-invalid", .context, .unsupported,
      "context entry asks for a type or width that the unit lacks", linux: "Invalid context entry"),
    row(
      .addressBeyondWidth, "address-beyond-width", .request, .beyondWidth,
      "address beyond MGAW or the context's width", linux: "Access beyond MGAW"),
    row(
      .writeNotPermitted, "write-not-permitted", .secondStage, .notPermitted,
      "no write permission in the second stage", linux: "PTE Write access is not set",
      isAnswered: true),
    row(
      .readNotPermitted, "read-not-permitted", .secondStage, .notPermitted,
      "no read permission in the second stage", linux: "PTE Read access is not set",
      isAnswered: true),
    row(
      .secondStageRead, "paging-entry-unreadable", .secondStage, .unreadable,
      "second-stage entry cannot be read", linux: "Next page table ptr is invalid"),
    row(
      .rootRead, "root-entry-unreadable", .root, .unreadable, "root entry cannot be read",
      linux: "Root table address invalid"),
    row(
      .contextRead, "context-entry-unreadable", .context, .unreadable,
      "context entry cannot be read", linux: "Context table ptr is invalid"),
    row(
      .rootReserved, "root-entry-reserved", .root, .reserved, "reserved bit set in the root entry",
      linux: "non-zero reserved fields in RTP"),
    row(
      .contextReserved, "context-entry-reserved", .context, .reserved,
      "reserved bit set in the context entry", linux: "non-zero reserved fields in CTP"),
    row(
      .secondStageReserved, "paging-entry-reserved", .secondStage, .reserved,
      "reserved bit set in a second-stage entry", linux: "non-zero reserved fields in PTE"),
    row(
      .requestTypeBlocked, "translated-request-blocked", .context, .notEnabled,
      "TT blocks translation requests and translated requests",
      linux: "PCE for translation request specifies blocking", since: .legacy),
    row(
      .interruptRange, "interrupt-range", .secondStage, .interruptRange,
      "translation leads into the interrupt range"),
    row(
      .interruptRequestReserved, "interrupt-request-reserved", .request, .reserved,
      "reserved bit set in the interrupt request",
      linux: "Detected reserved fields in the decoded interrupt-remapped request"),
    row(
      .interruptIndexBeyondTable, "interrupt-index-beyond-table", .request, .beyondWidth,
      "interrupt index beyond the table",
      linux: "Interrupt index exceeded the interrupt-remapping table size"),
    row(
      .interruptEntryNotPresent, "interrupt-entry-not-present", .interruptEntry, .notPresent,
      "interrupt entry not present", linux: "Present field in the IRTE entry is clear"),
    row(
      .interruptEntryRead, "interrupt-entry-unreadable", .interruptEntry, .unreadable,
      "interrupt entry cannot be read",
      linux: "Error accessing interrupt-remapping table pointed by IRTA_REG"),
    row(
      .interruptEntryReserved, "interrupt-entry-reserved", .interruptEntry, .reserved,
      "reserved bit set in the interrupt entry", linux: "Detected reserved fields in the IRTE entry"
    ),
    row(
      .compatibilityFormatBlocked, "compatibility-format-blocked", .request, .notEnabled,
      "compatibility-format interrupts are blocked",
      linux: "Blocked a compatibility format interrupt request"),
    row(
      .interruptSourceMismatch, "interrupt-source-mismatch", .interruptEntry, .notPermitted,
      "source-id fails the interrupt entry's check",
      linux: "Blocked an interrupt request due to source-id verification failure"),
    row(
      .postedDescriptorAccess, "posted-descriptor-access", .postedDescriptor, .unreadable,
      "posted-interrupt descriptor cannot be accessed"),
    row(
      .postedDescriptorReserved, "posted-descriptor-reserved", .postedDescriptor, .reserved,
      "reserved bit set in the posted-interrupt descriptor"),
    row(
      .rootTableAddressInvalid, "root-table-address-invalid", .rootTableAddress, .unsupported,
      "root table address register holds an invalid mode or address",
      linux: "SM: Invalid Root Table Address", since: .scalable),
    row(
      .pasidRequestInLegacyMode, "pasid-in-legacy-mode", .rootTableAddress, .notEnabled,
      "request with PASID while the tables are legacy", linux: "SM: TTM 0 for request with PASID",
      since: .scalable),
    row(
      .pageRequestInLegacyMode, "page-request-in-legacy-mode", .rootTableAddress, .notEnabled,
      "page request while the tables are legacy", linux: "SM: TTM 0 for page group request",
      since: .scalable),
    row(
      .scalableRootRead, "scalable-root-entry-unreadable", .root, .unreadable,
      "scalable-mode root entry cannot be read", linux: "SM: Error attempting to access Root Entry",
      since: .scalable),
    row(
      .scalableRootNotPresent, "scalable-root-entry-not-present", .root, .notPresent,
      "scalable-mode root entry not present", linux: "SM: Present bit in Root Entry is clear",
      since: .scalable),
    row(
      .scalableRootReserved, "scalable-root-entry-reserved", .root, .reserved,
      "reserved bit set in the scalable-mode root entry",
      linux: "SM: Non-zero reserved field set in Root Entry", since: .scalable),
    row(
      .scalableContextRead, "scalable-context-entry-unreadable", .context, .unreadable,
      "scalable-mode context entry cannot be read",
      linux: "SM: Error attempting to access Context Entry", since: .scalable),
    row(
      .scalableContextNotPresent, "scalable-context-entry-not-present", .context, .notPresent,
      "scalable-mode context entry not present", linux: "SM: Present bit in Context Entry is clear",
      since: .scalable),
    row(
      .scalableContextReserved, "scalable-context-entry-reserved", .context, .reserved,
      "reserved bit set in the scalable-mode context entry",
      linux: "SM: Non-zero reserved field set in the Context Entry", since: .scalable),
    row(
      .scalableContextInvalid, "scalable-context-entry-invalid", .context, .unsupported,
      "scalable-mode context entry asks for what the unit lacks",
      linux: "SM: Invalid Context Entry", since: .scalable),
    row(
      .deviceTLBDisabled, "device-tlb-disabled", .context, .notEnabled,
      "translation or translated request while DTE is clear",
      linux: "SM: DTE field in Context Entry is clear", since: .scalable),
    row(
      .pasidDisabled, "pasid-disabled", .context, .notEnabled,
      "request with PASID while PASIDE is clear",
      linux: "SM: PASID Enable field in Context Entry is clear", since: .scalable),
    row(
      .pasidBeyondDirectory, "pasid-beyond-directory", .context, .beyondWidth,
      "PASID beyond the directory", linux: "SM: PASID is larger than the max in Context Entry",
      since: .scalable),
    row(
      .pageRequestDisabled, "page-request-disabled", .context, .notEnabled,
      "page request while PRE is clear", linux: "SM: PRE field in Context-Entry is clear",
      since: .scalable),
    row(
      .ridPASIDInvalid, "rid-pasid-invalid", .context, .unsupported,
      "RID_PASID beyond the directory", linux: "SM: RID_PASID field error in Context-Entry",
      since: .scalable),
    row(
      .directoryRead, "directory-entry-unreadable", .directory, .unreadable,
      "PASID directory entry cannot be read",
      linux: "SM: Error attempting to access the PASID Directory Entry", since: .scalable),
    row(
      .directoryNotPresent, "directory-entry-not-present", .directory, .notPresent,
      "PASID directory entry not present", linux: "SM: Present bit in Directory Entry is clear",
      since: .scalable, isAnswered: true),
    row(
      .directoryReserved, "directory-entry-reserved", .directory, .reserved,
      "reserved bit set in the PASID directory entry",
      linux: "SM: Non-zero reserved field set in PASID Directory Entry", since: .scalable),
    row(
      .pasidEntryRead, "pasid-entry-unreadable", .pasidEntry, .unreadable,
      "PASID entry cannot be read", linux: "SM: Error attempting to access PASID Table Entry",
      since: .scalable),
    row(
      .pasidEntryNotPresent, "pasid-entry-not-present", .pasidEntry, .notPresent,
      "PASID entry not present", linux: "SM: Present bit in PASID Table Entry is clear",
      since: .scalable, isAnswered: true),
    row(
      .pasidEntryReserved, "pasid-entry-reserved", .pasidEntry, .reserved,
      "reserved bit set in the PASID entry",
      linux: "SM: Non-zero reserved field set in PASID Table Entry", since: .scalable),
    row(
      .pasidEntryInvalid, "pasid-entry-invalid", .pasidEntry, .unsupported,
      "PASID entry asks for what the unit lacks",
      linux: "SM: Invalid Scalable-Mode PASID Table Entry", since: .scalable),
    row(
      .executeRequestsDisabled, "execute-requests-disabled", .pasidEntry, .notEnabled,
      "execute request while ERE is clear", linux: "SM: ERE field is clear in PASID Table Entry",
      since: .scalable),
    row(
      .supervisorRequestsDisabled, "supervisor-requests-disabled", .pasidEntry, .notEnabled,
      "supervisor request while SRE is clear", linux: "SM: SRE field is clear in PASID Table Entry",
      since: .scalable, isAnswered: true),
    row(
      .firstStageRead, "first-stage-entry-unreadable", .firstStage, .unreadable,
      "first-stage entry cannot be read",
      linux: "SM: Error attempting to access first-level paging entry", since: .scalable),
    row(
      .firstStageNotPresent, "first-stage-entry-not-present", .firstStage, .notPresent,
      "first-stage entry not present",
      linux: "SM: Present bit in first-level paging entry is clear", since: .scalable,
      isAnswered: true),
    row(
      .firstStageReserved, "first-stage-entry-reserved", .firstStage, .reserved,
      "reserved bit set in a first-stage entry",
      linux: "SM: Non-zero reserved field set in first-level paging entry", since: .scalable),
    row(
      .firstStageTableRead, "first-stage-table-unreadable", .firstStage, .unreadable,
      "top first-stage table cannot be read", linux: "SM: Error attempting to access FL-PML4 entry",
      since: .scalable),
    row(
      .firstStageTableBeyondWidth, "first-stage-table-beyond-width", .firstStage, .beyondWidth,
      "first-stage table beyond the second stage's width",
      linux: "SM: First-level entry address beyond MGAW in Nested translation", since: .scalable),
    row(
      .firstStageTopTableNotReadable, "first-stage-top-table-not-readable", .secondStage,
      .notPermitted, "second stage denies reading the top first-stage table",
      linux: "SM: Read permission error in FL-PML4 entry in Nested translation", since: .scalable,
      isAnswered: true),
    row(
      .firstStageTableNotReadable, "first-stage-table-not-readable", .secondStage, .notPermitted,
      "second stage denies reading a first-stage table",
      linux: "SM: Read permission error in first-level paging entry in Nested translation",
      since: .scalable, isAnswered: true),
    row(
      .firstStageTableNotWritable, "first-stage-table-not-writable", .secondStage, .notPermitted,
      "second stage denies updating a first-stage entry",
      linux: "SM: Write permission error in first-level paging entry in Nested translation",
      since: .scalable, isAnswered: true),
    row(
      .scalableSecondStageRead, "second-stage-entry-unreadable", .secondStage, .unreadable,
      "second-stage entry cannot be read",
      linux: "SM: Error attempting to access second-level paging entry", since: .scalable),
    row(
      .secondStageNotPresent, "second-stage-not-present", .secondStage, .notPresent,
      "second-stage entry has neither read nor write permission",
      linux: "SM: Read/Write permission error in second-level paging entry", since: .scalable,
      isAnswered: true),
    row(
      .scalableSecondStageReserved, "second-stage-entry-reserved", .secondStage, .reserved,
      "reserved bit set in a second-stage entry",
      linux: "SM: Non-zero reserved field set in second-level paging entry", since: .scalable),
    row(
      .secondStageTableRead, "second-stage-table-unreadable", .secondStage, .unreadable,
      "top second-stage table cannot be read", linux: "SM: Invalid second-level page table pointer",
      since: .scalable),
    row(
      .secondStageAccessedDirty, "second-stage-accessed-dirty", .secondStage, .notUpdated,
      "second-stage accessed or dirty bit cannot be set",
      linux: "SM: A/D bit update needed in second-level entry when set up in no snoop",
      since: .scalable),
    row(
      .addressNotCanonical, "address-not-canonical", .request, .beyondWidth,
      "address is not canonical", linux: "SM: Address in first-level translation is not canonical",
      since: .scalable, isAnswered: true),
    row(
      .userNotPermitted, "user-not-permitted", .firstStage, .notPermitted,
      "first stage denies user requests",
      linux: "SM: U/S set 0 for first-level translation with user privilege", since: .scalable,
      isAnswered: true),
    row(
      .executeNotPermitted, "execute-not-permitted", .page, .notPermitted, "no execute permission",
      linux: "SM: No execute permission for request with PASID and ER=1", since: .scalable,
      isAnswered: true),
    row(
      .scalableAddressBeyondWidth, "address-beyond-second-stage", .request, .beyondWidth,
      "address beyond the unit's or the second stage's width",
      linux: "SM: Address beyond the DMA hardware max", since: .scalable),
    row(
      .intermediateAddressBeyondWidth, "intermediate-address-beyond-width", .firstStage,
      .beyondWidth, "first stage's result beyond the second stage's width",
      linux: "SM: Second-level entry address beyond the max", since: .scalable),
    row(
      .scalableWriteNotPermitted, "scalable-write-not-permitted", .page, .notPermitted,
      "no write permission", linux: "SM: No write permission for Write/AtomicOp request",
      since: .scalable, isAnswered: true),
    row(
      .scalableReadNotPermitted, "scalable-read-not-permitted", .page, .notPermitted,
      "no read permission", linux: "SM: No read permission for Read/AtomicOp request",
      since: .scalable, isAnswered: true),
    row(
      .scalableInterruptRange, "scalable-interrupt-range", .page, .interruptRange,
      "translation leads into the interrupt range", linux: "SM: Invalid address-interrupt address",
      since: .scalable),
    row(
      .firstStageAccessedDirtyNoSnoop, "first-stage-accessed-no-snoop", .firstStage, .notUpdated,
      "first-stage accessed or dirty bit due, walks do not snoop",
      linux: "SM: A/D bit update needed in first-level entry when set up in no snoop",
      since: .scalable),
    row(
      .firstStageAccessedDirtyRefused, "first-stage-accessed-refused", .firstStage, .notUpdated,
      "memory refused a first-stage accessed or dirty update"),
  ]

  private static func row(
    _ reason: FaultReason, _ name: String, _ structure: FaultReasonRow.Structure,
    _ problem: FaultReasonRow.Problem, _ meaning: String?, linux: String? = nil,
    since: FaultReasonRow.LinuxTable = .first,
    isAnswered: Bool = false
  ) -> FaultReasonRow {
    FaultReasonRow(
      reason: reason, name: name, structure: structure, problem: problem, meaning: meaning,
      linux: linux,
      since: since, isAnswered: isAnswered)
  }

  /// The rows by code.
  private static let table: [FaultReasonRow?] = {
    var table = [FaultReasonRow?](repeating: nil, count: 256)
    for row in rows { table[Int(row.reason.rawValue)] = row }
    return table
  }()

  /// What is known of this code; nil for one that no table has.
  public var row: FaultReasonRow? { Self.table[Int(rawValue)] }
}
