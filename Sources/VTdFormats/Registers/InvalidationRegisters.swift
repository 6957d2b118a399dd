/// IOTLB invalidate register, IOTLB_REG, at ECAP.IRO * 16 + 8 (VT-d specification 11.4.6.3).
public struct IOTLBCommand: RegisterImage {
  public var rawValue: UInt64
  public static let name = "IOTLB"

  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  public static let fields: [BitField<Self>] = [
    .domainID, .drainWrites, .drainReads, .actualGranularity, .requestedGranularity, .invalidate,
  ]
}

extension BitField where Image == IOTLBCommand {
  /// Bits 47:32, DID: domain-id to drop. VT-d specification 11.4.6.3.
  public static var domainID: Self { .init("DID", 47, 32, "domain-id to drop") }
  /// Bit 48, DW: wait for writes under way. VT-d specification 11.4.6.3.
  public static var drainWrites: Self { .init("DW", 48, "wait for writes under way") }
  /// Bit 49, DR: wait for reads under way. VT-d specification 11.4.6.3.
  public static var drainReads: Self { .init("DR", 49, "wait for reads under way") }
  /// Bits 58:57, IAIG: done: 1 global, 2 domain, 3 page; 0 refused. Read only. VT-d specification
  /// 11.4.6.3.
  public static var actualGranularity: Self {
    .init("IAIG", 58, 57, "done: 1 global, 2 domain, 3 page; 0 refused", .readOnly)
  }
  /// Bits 61:60, IIRG: asked: 1 global, 2 domain, 3 page. VT-d specification 11.4.6.3.
  public static var requestedGranularity: Self {
    .init("IIRG", 61, 60, "asked: 1 global, 2 domain, 3 page")
  }
  /// Bit 63, IVT: start; reads 1 until it is done. VT-d specification 11.4.6.3.
  public static var invalidate: Self { .init("IVT", 63, "start; reads 1 until it is done") }
}

/// Invalidate address register, IVA_REG, at ECAP.IRO * 16 (VT-d specification 11.4.6.2).
public struct InvalidateAddress: RegisterImage {
  public var rawValue: UInt64
  public static let name = "IVA"
  public static let access = FieldAccess.writeOnly

  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  public static let fields: [BitField<Self>] = [.addressMask, .invalidationHint, .address]
}

extension BitField where Image == InvalidateAddress {
  /// Bits 5:0, AM: 2^AM pages. VT-d specification 11.4.6.2.
  public static var addressMask: Self { .init("AM", 5, 0, "2^AM pages") }
  /// Bit 6, IH: only leaf entries changed. VT-d specification 11.4.6.2.
  public static var invalidationHint: Self { .init("IH", 6, "only leaf entries changed") }
  /// Bits 63:12, ADDR: first page. VT-d specification 11.4.6.2.
  public static var address: Self { .init("ADDR", 63, 12, "first page", isAddress: true) }
}

/// Invalidation queue head register, IQH_REG, offset 0x80.
public struct QueueHead: RegisterImage {
  public var rawValue: UInt64
  public static let name = "IQH"
  public static let access = FieldAccess.readOnly

  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  public static let fields: [BitField<Self>] = [.offset]
}

extension BitField where Image == QueueHead {
  /// Bits 18:4, QH: next descriptor to fetch; in place a byte offset.
  public static var offset: Self {
    .init("QH", 18, 4, "next descriptor to fetch; in place a byte offset", isAddress: true)
  }
}

/// Invalidation queue tail register, IQT_REG, offset 0x88.
public struct QueueTail: RegisterImage {
  public var rawValue: UInt64
  public static let name = "IQT"

  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  public static let fields: [BitField<Self>] = [.offset]
}

extension BitField where Image == QueueTail {
  /// Bits 18:4, QT: next descriptor to write; in place a byte offset.
  public static var offset: Self {
    .init("QT", 18, 4, "next descriptor to write; in place a byte offset", isAddress: true)
  }
}

/// Invalidation queue address register, IQA_REG, offset 0x90 (VT-d specification 11.4.9.3).
public struct QueueAddress: RegisterImage {
  public var rawValue: UInt64
  public static let name = "IQA"

  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  public static let fields: [BitField<Self>] = [.size, .descriptorWidth, .address]

  /// The queue's size in bytes: 4 KiB << QS.
  public var byteCount: UInt64 { Paging.pageSize << self[.size] }
  /// A descriptor's size in bytes: 16 or 32.
  public var descriptorBytes: UInt64 { self[flag: .descriptorWidth] ? 32 : 16 }
}

extension BitField where Image == QueueAddress {
  /// Bits 2:0, QS: 2^QS pages. VT-d specification 11.4.9.3.
  public static var size: Self { .init("QS", 2, 0, "2^QS pages") }
  /// Bit 11, DW: descriptors of 256 bits. VT-d specification 11.4.9.3.
  public static var descriptorWidth: Self { .init("DW", 11, "descriptors of 256 bits") }
  /// Bits 63:12, IQA: address of the queue. VT-d specification 11.4.9.3.
  public static var address: Self { .init("IQA", 63, 12, "address of the queue", isAddress: true) }
}

/// Invalidation completion status register, ICS_REG, offset 0x9c.
public struct CompletionStatus: RegisterImage {
  public var rawValue: UInt32
  public static let name = "ICS"

  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let fields: [BitField<Self>] = [.waitComplete]
}

extension BitField where Image == CompletionStatus {
  /// Bit 0, IWC: a wait descriptor with IF is done. A written 1 clears it.
  public static var waitComplete: Self {
    .init("IWC", 0, "a wait descriptor with IF is done", .writeOneToClear)
  }
}

/// Invalidation queue error record register, IQERCD_REG, offset 0xb0.
public struct QueueErrorRecord: RegisterImage {
  public var rawValue: UInt64
  public static let name = "IQERCD"
  public static let access = FieldAccess.readOnly

  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  public static let fields: [BitField<Self>] = [.information, .timeOutSource, .completionSource]
}

extension BitField where Image == QueueErrorRecord {
  /// Bits 3:0, IQEI: why the queue stopped.
  public static var information: Self { .init("IQEI", 3, 0, "why the queue stopped") }
  /// Bits 47:32, ITESID: the device that did not answer.
  public static var timeOutSource: Self {
    .init("ITESID", 47, 32, "the device that did not answer")
  }
  /// Bits 63:48, ICESID: the device that answered wrongly.
  public static var completionSource: Self {
    .init("ICESID", 63, 48, "the device that answered wrongly")
  }
}

/// Why the invalidation queue stopped: IQERCD.IQEI (VT-d specification 11.4.9.9).
public enum QueueErrorInformation: UInt8, Sendable, Hashable, CaseIterable {
  /// Nothing is known; also what units of earlier revisions say.
  case notAvailable = 0
  /// The tail lies beyond the queue.
  case invalidTail = 1
  /// The descriptor could not be read.
  case fetchFailed = 2
  /// The type is unknown, or the unit lacks what it asks for.
  case invalidType = 3
  /// A reserved field is set, or a field holds a value that is reserved.
  case reservedField = 4
  /// The type needs a descriptor width that the queue does not have.
  case invalidWidth = 5
  /// The tail is not a multiple of the descriptor's size.
  case misalignedTail = 6
  /// The descriptor does not go with the mode of the latched tables.
  case invalidTableMode = 7
}

/// Interrupt remapping table address register, IRTA_REG, offset 0xb8 (11.4.10).
public struct InterruptTableAddress: RegisterImage {
  public var rawValue: UInt64
  public static let name = "IRTA"

  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  public static let fields: [BitField<Self>] = [.size, .extendedInterruptMode, .address]

  /// Number of entries: 2 to 65,536.
  @inlinable public var entryCount: UInt32 { 2 << UInt32(truncatingIfNeeded: self[.size]) }
}

extension BitField where Image == InterruptTableAddress {
  /// Bits 3:0, S: 2^(S+1) entries. VT-d specification 11.4.10.
  public static var size: Self { .init("S", 3, 0, "2^(S+1) entries") }
  /// Bit 11, EIME: destinations of 32 bits (x2APIC). VT-d specification 11.4.10.
  public static var extendedInterruptMode: Self {
    .init("EIME", 11, "destinations of 32 bits (x2APIC)")
  }
  /// Bits 63:12, IRTA: address of the table. VT-d specification 11.4.10.
  public static var address: Self { .init("IRTA", 63, 12, "address of the table", isAddress: true) }
}

/// Page request queue address register, PQA_REG, offset 0xd0; PQH and PQT hold byte offsets.
public struct PageRequestQueueAddress: RegisterImage {
  public var rawValue: UInt64
  public static let name = "PQA"

  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  public static let fields: [BitField<Self>] = [.size, .address]

  /// The queue's size in bytes: 4 KiB << PQS.
  public var byteCount: UInt64 { Paging.pageSize << self[.size] }
}

extension BitField where Image == PageRequestQueueAddress {
  /// Bits 2:0, PQS: 2^PQS pages.
  public static var size: Self { .init("PQS", 2, 0, "2^PQS pages") }
  /// Bits 63:12, PQA: address of the queue.
  public static var address: Self { .init("PQA", 63, 12, "address of the queue", isAddress: true) }
}

/// PQH_REG and PQT_REG, offsets 0xc0 and 0xc8: a byte offset of a 32-byte descriptor.
public struct PageRequestQueuePointer: RegisterImage {
  public var rawValue: UInt64
  public static let name = "PQH/PQT"

  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  public static let fields: [BitField<Self>] = [.offset]
}

extension BitField where Image == PageRequestQueuePointer {
  /// Bits 18:5, PQ: descriptor; in place a byte offset.
  public static var offset: Self {
    .init("PQ", 18, 5, "descriptor; in place a byte offset", isAddress: true)
  }
}

/// Page request status register, PRS_REG, offset 0xdc.
public struct PageRequestStatus: RegisterImage {
  public var rawValue: UInt32
  public static let name = "PRS"

  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let fields: [BitField<Self>] = [.pendingRequest, .overflow]
}

extension BitField where Image == PageRequestStatus {
  /// Bit 0, PPR: a page request waits. A written 1 clears it.
  public static var pendingRequest: Self {
    .init("PPR", 0, "a page request waits", .writeOneToClear)
  }
  /// Bit 1, PRO: a page request was lost: the queue was full. A written 1 clears it.
  public static var overflow: Self {
    .init("PRO", 1, "a page request was lost: the queue was full", .writeOneToClear)
  }
}
