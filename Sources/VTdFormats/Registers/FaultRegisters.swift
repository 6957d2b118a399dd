/// Fault status register, FSTS_REG, offset 0x34 (VT-d specification 11.4.7.1).
public struct FaultStatus: RegisterImage {
  public var rawValue: UInt32
  public static let name = "FSTS"

  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let fields: [BitField<Self>] = [
    .primaryFaultOverflow, .primaryPendingFault, .advancedFaultOverflow, .advancedPendingFault,
    .invalidationQueueError, .invalidationCompletionError, .invalidationTimeOutError,
    .faultRecordIndex,
  ]

  /// The bits that stop the invalidation queue.
  @inlinable public static var queueErrors: Self {
    Self(
      rawValue: UInt32(
        truncatingIfNeeded: BitField<Self>.invalidationQueueError.mask
          | BitField<Self>.invalidationTimeOutError.mask
          | BitField<Self>.invalidationCompletionError.mask))
  }

  /// Whether the invalidation queue has stopped.
  public var hasQueueError: Bool { rawValue & Self.queueErrors.rawValue != 0 }

  /// Whether anything that raises the fault event is set.
  @inlinable
  public var isPending: Bool {
    self[flag: .primaryFaultOverflow] || self[flag: .primaryPendingFault]
      || self[flag: .advancedFaultOverflow] || self[flag: .advancedPendingFault]
      || self[flag: .invalidationQueueError] || self[flag: .invalidationCompletionError]
      || self[flag: .invalidationTimeOutError]
  }
}

extension BitField where Image == FaultStatus {
  /// Bit 0, PFO: a fault was lost: its record was in use. A written 1 clears it. VT-d specification
  /// 11.4.7.1.
  public static var primaryFaultOverflow: Self {
    .init("PFO", 0, "a fault was lost: its record was in use", .writeOneToClear)
  }
  /// Bit 1, PPF: a record holds a fault. Read only. VT-d specification 11.4.7.1.
  public static var primaryPendingFault: Self {
    .init("PPF", 1, "a record holds a fault", .readOnly)
  }
  /// Bit 2, AFO: the fault log in memory overflowed. A written 1 clears it. VT-d specification
  /// 11.4.7.1.
  public static var advancedFaultOverflow: Self {
    .init("AFO", 2, "the fault log in memory overflowed", .writeOneToClear)
  }
  /// Bit 3, APF: the fault log in memory holds a fault. A written 1 clears it. VT-d specification
  /// 11.4.7.1.
  public static var advancedPendingFault: Self {
    .init("APF", 3, "the fault log in memory holds a fault", .writeOneToClear)
  }
  /// Bit 4, IQE: the invalidation queue stopped; IQERCD says why. A written 1 clears it. VT-d
  /// specification 11.4.7.1.
  public static var invalidationQueueError: Self {
    .init("IQE", 4, "the invalidation queue stopped; IQERCD says why", .writeOneToClear)
  }
  /// Bit 5, ICE: a device answered an invalidation wrongly. A written 1 clears it. VT-d
  /// specification 11.4.7.1.
  public static var invalidationCompletionError: Self {
    .init("ICE", 5, "a device answered an invalidation wrongly", .writeOneToClear)
  }
  /// Bit 6, ITE: a device did not answer an invalidation. A written 1 clears it. VT-d specification
  /// 11.4.7.1.
  public static var invalidationTimeOutError: Self {
    .init("ITE", 6, "a device did not answer an invalidation", .writeOneToClear)
  }
  /// Bits 15:8, FRI: the record that faulted first. Read only. VT-d specification 11.4.7.1.
  public static var faultRecordIndex: Self {
    .init("FRI", 15, 8, "the record that faulted first", .readOnly)
  }
}

/// FECTL, IECTL and PECTL: the control register of an event (VT-d specification 11.4.7.2).
public struct EventControl: RegisterImage {
  public var rawValue: UInt32
  public static let name = "ECTL"

  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let fields: [BitField<Self>] = [.interruptPending, .interruptMask]
}

extension BitField where Image == EventControl {
  /// Bit 30, IP: a message waits for IM to clear. Read only. VT-d specification 11.4.7.2.
  public static var interruptPending: Self {
    .init("IP", 30, "a message waits for IM to clear", .readOnly)
  }
  /// Bit 31, IM: messages are held back. VT-d specification 11.4.7.2.
  public static var interruptMask: Self { .init("IM", 31, "messages are held back") }
}

/// Advanced fault log register, AFLOG_REG, offset 0x58; only with CAP.AFL.
public struct FaultLogAddress: RegisterImage {
  public var rawValue: UInt64
  public static let name = "AFLOG"

  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  public static let fields: [BitField<Self>] = [.size, .address]

  /// Records of 16 bytes that the log has room for: 256 << FLS.
  public var recordCount: UInt64 { 256 << self[.size] }
}

extension BitField where Image == FaultLogAddress {
  /// Bits 11:9, FLS: 2^FLS pages.
  public static var size: Self { .init("FLS", 11, 9, "2^FLS pages") }
  /// Bits 63:12, FLA: address of the fault log.
  public static var address: Self {
    .init("FLA", 63, 12, "address of the fault log", isAddress: true)
  }
}

/// What a fault record says the faulting request wanted: T1 is the upper bit, T2 the lower.
///
/// Read and write are T1 alone, as before T2 existed; of the two values that T2 adds, 3 is an AtomicOp
/// and 1, the one that is left, a page request.
public enum FaultRequestType: UInt8, Sendable, Hashable, CaseIterable {
  /// A write.
  case write = 0
  /// A page request (PRI).
  case pageRequest = 1
  /// A read.
  case read = 2
  /// An AtomicOp.
  case atomic = 3
}

/// Address type of a request (AT): the PCI Express field of the same name.
public enum AddressType: UInt8, Sendable, Hashable, CaseIterable, CustomStringConvertible {
  /// The unit is to translate it.
  case untranslated = 0
  /// The device asks for a translation, to keep it in its own TLB (ATS).
  case translationRequest = 1
  /// The device translated the address itself, with what ATS gave it.
  case translated = 2

  public var description: String {
    switch self {
    case .untranslated: "untranslated"
    case .translationRequest: "translationRequest"
    case .translated: "translated"
    }
  }
}

/// Fault recording register, FRCD_REG, 128 bits (VT-d specification 11.4.7.6).
public struct FaultRecord: Image128 {
  public var low: UInt64 = 0
  public var high: UInt64 = 0
  public static let name = "FRCD"
  public static let access = FieldAccess.readOnly

  @inlinable public init() {}

  public static let fields: [BitField<Self>] = [
    .faultInformation, .sourceID, .type2, .privilege, .execute, .pasidPresent, .reason, .pasid,
    .addressType, .type1, .fault,
  ]

  /// Bytes of one record.
  public static let byteCount = 16

  /// The page that the request touched. Not meaningful for interrupt requests.
  public var address: IOVA {
    get { IOVA(rawValue: self[inPlace: .faultInformation]) }
    set { self[inPlace: .faultInformation] = newValue.rawValue }
  }
  /// The interrupt index, for the reasons 0x20 to 0x28.
  public var interruptIndex: UInt16 {
    get { UInt16(truncatingIfNeeded: low &>> 48) }
    set { low = UInt64(newValue) << 48 }
  }
  /// The source-id of the request.
  public var source: SourceID {
    get { SourceID(rawValue: UInt16(truncatingIfNeeded: self[.sourceID])) }
    set { self[.sourceID] = UInt64(newValue.rawValue) }
  }
  /// Why the request was blocked.
  public var reason: FaultReason {
    get { FaultReason(rawValue: UInt8(truncatingIfNeeded: self[.reason])) }
    set { self[.reason] = UInt64(newValue.rawValue) }
  }
  /// The PASID, where the request had one.
  public var pasid: PASID? {
    get {
      self[flag: .pasidPresent]
        ? PASID(rawValue: UInt32(truncatingIfNeeded: self[.pasid])) : nil
    }
    set {
      self[flag: .pasidPresent] = newValue != nil
      self[.pasid] = UInt64(newValue?.rawValue ?? 0)
    }
  }
  /// What the request wanted: T1 is the upper bit, T2 the lower.
  public var type: FaultRequestType {
    get {
      switch (self[flag: .type1], self[flag: .type2]) {
      case (false, false): .write
      case (false, true): .pageRequest
      case (true, false): .read
      case (true, true): .atomic
      }
    }
    set {
      self[flag: .type1] = newValue == .read || newValue == .atomic
      self[flag: .type2] = newValue == .pageRequest || newValue == .atomic
    }
  }
}

extension BitField where Image == FaultRecord {
  /// Bits 63:12, FI: page of the request; 63:48 the interrupt index. VT-d specification 11.4.7.6.
  public static var faultInformation: Self {
    .init("FI", 63, 12, "page of the request; 63:48 the interrupt index", isAddress: true)
  }
  /// Bits 79:64, SID: source-id of the request. VT-d specification 11.4.7.6.
  public static var sourceID: Self { .init("SID", 79, 64, "source-id of the request") }
  /// Bit 92, T2: with T1: 00 write, 01 page request, 10 read, 11 AtomicOp. VT-d specification
  /// 11.4.7.6.
  public static var type2: Self {
    .init("T2", 92, "with T1: 00 write, 01 page request, 10 read, 11 AtomicOp")
  }
  /// Bit 93, PRIV: supervisor privilege was asked for. VT-d specification 11.4.7.6.
  public static var privilege: Self { .init("PRIV", 93, "supervisor privilege was asked for") }
  /// Bit 94, EXE: execute permission was asked for. VT-d specification 11.4.7.6.
  public static var execute: Self { .init("EXE", 94, "execute permission was asked for") }
  /// Bit 95, PP: the request had a PASID. VT-d specification 11.4.7.6.
  public static var pasidPresent: Self { .init("PP", 95, "the request had a PASID") }
  /// Bits 103:96, FR: fault reason. VT-d specification 11.4.7.6.
  public static var reason: Self { .init("FR", 103, 96, "fault reason") }
  /// Bits 123:104, PV: PASID of the request. VT-d specification 11.4.7.6.
  public static var pasid: Self { .init("PV", 123, 104, "PASID of the request") }
  /// Bits 125:124, AT: 0 untranslated, 1 translation request, 2 translated. VT-d specification
  /// 11.4.7.6.
  public static var addressType: Self {
    .init("AT", 125, 124, "0 untranslated, 1 translation request, 2 translated")
  }
  /// Bit 126, T1: 1 read, 0 write; see T2. VT-d specification 11.4.7.6.
  public static var type1: Self { .init("T1", 126, "1 read, 0 write; see T2") }
  /// Bit 127, F: the record is in use; write 1 to clear. A written 1 clears it. VT-d specification
  /// 11.4.7.6.
  public static var fault: Self {
    .init("F", 127, "the record is in use; write 1 to clear", .writeOneToClear)
  }
}
