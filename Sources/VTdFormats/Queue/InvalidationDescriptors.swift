/// What a descriptor of the invalidation queue asks for: type bits 3:0 with 11:9 above them.
public enum DescriptorType: UInt8, Sendable, Hashable, CaseIterable {
  /// Drop context entries.
  case contextCache = 1
  /// Drop translations by domain or page.
  case iotlb = 2
  /// Tell a device to drop what its own TLB holds.
  case deviceTLB = 3
  /// Drop interrupt entries.
  case interruptEntryCache = 4
  /// Say when everything before it is done: by a status word, an interrupt, or both.
  case wait = 5
  /// Drop translations by PASID.
  case pasidIOTLB = 6
  /// Drop PASID entries.
  case pasidCache = 7
  /// Tell a device to drop what its own TLB holds for a PASID.
  case pasidDeviceTLB = 8
  /// Answer a group of a device's page requests.
  case pageGroupResponse = 9

  /// The type in place: bits 3:0 of the code, and bits 11:9 for those above.
  @inlinable
  public var header: UInt64 { UInt64(rawValue & 0xf) | UInt64(rawValue >> 4) << 9 }
}

/// A descriptor of 128 bits whose low word ends in the type fields. A new one has its type.
public protocol InvalidationDescriptor: Image128 {
  /// What its type fields hold.
  static var type: DescriptorType { get }
}

/// The part that all descriptors share; the upper bits are the type's own.
public struct DescriptorHeader: RegisterImage {
  public var rawValue: UInt64
  public static let name = "descriptor"

  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  public static let fields: [BitField<Self>] = [.typeLow, .typeHigh]

  /// The 7-bit type code.
  public var typeCode: UInt8 {
    UInt8(truncatingIfNeeded: self[.typeHigh] << 4 | self[.typeLow])
  }
}

extension BitField where Image == DescriptorHeader {
  /// Bits 3:0, TYPE: type, lower part.
  public static var typeLow: Self { .init("TYPE", 3, 0, "type, lower part") }
  /// Bits 11:9, TYPE: type, upper part.
  public static var typeHigh: Self { .init("TYPE", 11, 9, "type, upper part") }
}

/// Context-cache invalidate descriptor (VT-d specification 6.5.2.1).
public struct ContextCacheDescriptor: InvalidationDescriptor {
  public var low = Self.type.header
  public var high: UInt64 = 0
  public static let name = "context-cache invalidate descriptor"
  public static let type = DescriptorType.contextCache
  @inlinable public init() {}
  public static let fields: [BitField<Self>] = [
    .typeLow, .granularity, .typeHigh, .domainID, .sourceID, .functionMask,
  ]
}

extension BitField where Image == ContextCacheDescriptor {
  /// Bits 3:0, TYPE: 1. VT-d specification 6.5.2.1.
  public static var typeLow: Self { .init("TYPE", 3, 0, "1") }
  /// Bits 5:4, G: 1 global, 2 domain, 3 device. VT-d specification 6.5.2.1.
  public static var granularity: Self { .init("G", 5, 4, "1 global, 2 domain, 3 device") }
  /// Bits 11:9, TYPE: 0. VT-d specification 6.5.2.1.
  public static var typeHigh: Self { .init("TYPE", 11, 9, "0") }
  /// Bits 31:16, DID: domain-id. VT-d specification 6.5.2.1.
  public static var domainID: Self { .init("DID", 31, 16, "domain-id") }
  /// Bits 47:32, SID: source-id. VT-d specification 6.5.2.1.
  public static var sourceID: Self { .init("SID", 47, 32, "source-id") }
  /// Bits 49:48, FM: function bits to ignore. VT-d specification 6.5.2.1.
  public static var functionMask: Self { .init("FM", 49, 48, "function bits to ignore") }
}

/// IOTLB invalidate descriptor (VT-d specification 6.5.2.3).
public struct IOTLBDescriptor: InvalidationDescriptor {
  public var low = Self.type.header
  public var high: UInt64 = 0
  public static let name = "IOTLB invalidate descriptor"
  public static let type = DescriptorType.iotlb
  @inlinable public init() {}
  public static let fields: [BitField<Self>] = [
    .typeLow, .granularity, .drainWrites, .drainReads, .typeHigh, .domainID, .addressMask,
    .invalidationHint, .address,
  ]
}

extension BitField where Image == IOTLBDescriptor {
  /// Bits 3:0, TYPE: 2. VT-d specification 6.5.2.3.
  public static var typeLow: Self { .init("TYPE", 3, 0, "2") }
  /// Bits 5:4, G: 1 global, 2 domain, 3 page. VT-d specification 6.5.2.3.
  public static var granularity: Self { .init("G", 5, 4, "1 global, 2 domain, 3 page") }
  /// Bit 6, DW: wait for writes under way. VT-d specification 6.5.2.3.
  public static var drainWrites: Self { .init("DW", 6, "wait for writes under way") }
  /// Bit 7, DR: wait for reads under way. VT-d specification 6.5.2.3.
  public static var drainReads: Self { .init("DR", 7, "wait for reads under way") }
  /// Bits 11:9, TYPE: 0. VT-d specification 6.5.2.3.
  public static var typeHigh: Self { .init("TYPE", 11, 9, "0") }
  /// Bits 31:16, DID: domain-id. VT-d specification 6.5.2.3.
  public static var domainID: Self { .init("DID", 31, 16, "domain-id") }
  /// Bits 69:64, AM: 2^AM pages. VT-d specification 6.5.2.3.
  public static var addressMask: Self { .init("AM", 64 + 5, 64 + 0, "2^AM pages") }
  /// Bit 70, IH: only leaf entries changed. VT-d specification 6.5.2.3.
  public static var invalidationHint: Self { .init("IH", 64 + 6, "only leaf entries changed") }
  /// Bits 127:76, ADDR: first page. VT-d specification 6.5.2.3.
  public static var address: Self { .init("ADDR", 64 + 63, 64 + 12, "first page", isAddress: true) }
}

/// Device-TLB invalidate descriptor (VT-d specification 6.5.2.5).
public struct DeviceTLBDescriptor: InvalidationDescriptor {
  public var low = Self.type.header
  public var high: UInt64 = 0
  public static let name = "device-TLB invalidate descriptor"
  public static let type = DescriptorType.deviceTLB
  @inlinable public init() {}
  public static let fields: [BitField<Self>] = [
    .typeLow, .typeHigh, .physicalFunctionLow, .maximumPending, .sourceID,
    .physicalFunctionHigh, .size, .address,
  ]
}

extension BitField where Image == DeviceTLBDescriptor {
  /// Bits 3:0, TYPE: 3. VT-d specification 6.5.2.5.
  public static var typeLow: Self { .init("TYPE", 3, 0, "3") }
  /// Bits 11:9, TYPE: 0. VT-d specification 6.5.2.5.
  public static var typeHigh: Self { .init("TYPE", 11, 9, "0") }
  /// Bits 15:12, PFSID: physical function, lower part. VT-d specification 6.5.2.5.
  public static var physicalFunctionLow: Self {
    .init("PFSID", 15, 12, "physical function, lower part")
  }
  /// Bits 20:16, MIP: invalidations that may be under way, with DIT. VT-d specification 6.5.2.5.
  public static var maximumPending: Self {
    .init("MIP", 20, 16, "invalidations that may be under way, with DIT")
  }
  /// Bits 47:32, SID: source-id. VT-d specification 6.5.2.5.
  public static var sourceID: Self { .init("SID", 47, 32, "source-id") }
  /// Bits 63:52, PFSID: physical function, upper part. VT-d specification 6.5.2.5.
  public static var physicalFunctionHigh: Self {
    .init("PFSID", 63, 52, "physical function, upper part")
  }
  /// Bit 64, S: more than a page; the lowest clear address bit tells. VT-d specification 6.5.2.5.
  public static var size: Self {
    .init("S", 64 + 0, "more than a page; the lowest clear address bit tells")
  }
  /// Bits 127:76, ADDR: page, and the size with S. VT-d specification 6.5.2.5.
  public static var address: Self {
    .init("ADDR", 64 + 63, 64 + 12, "page, and the size with S", isAddress: true)
  }
}

/// Interrupt-entry-cache invalidate descriptor (VT-d specification 6.5.2.7).
public struct InterruptEntryCacheDescriptor: InvalidationDescriptor {
  public var low = Self.type.header
  public var high: UInt64 = 0
  public static let name = "interrupt-entry-cache invalidate descriptor"
  public static let type = DescriptorType.interruptEntryCache
  @inlinable public init() {}
  public static let fields: [BitField<Self>] = [
    .typeLow, .granularity, .typeHigh, .indexMask, .index,
  ]
}

extension BitField where Image == InterruptEntryCacheDescriptor {
  /// Bits 3:0, TYPE: 4. VT-d specification 6.5.2.7.
  public static var typeLow: Self { .init("TYPE", 3, 0, "4") }
  /// Bit 4, G: 0 all, 1 by index. VT-d specification 6.5.2.7.
  public static var granularity: Self { .init("G", 4, "0 all, 1 by index") }
  /// Bits 11:9, TYPE: 0. VT-d specification 6.5.2.7.
  public static var typeHigh: Self { .init("TYPE", 11, 9, "0") }
  /// Bits 31:27, IM: 2^IM entries. VT-d specification 6.5.2.7.
  public static var indexMask: Self { .init("IM", 31, 27, "2^IM entries") }
  /// Bits 47:32, IIDX: first index. VT-d specification 6.5.2.7.
  public static var index: Self { .init("IIDX", 47, 32, "first index") }
}

/// Invalidation wait descriptor (VT-d specification 6.5.2.8).
public struct WaitDescriptor: InvalidationDescriptor {
  public var low = Self.type.header
  public var high: UInt64 = 0
  public static let name = "invalidation wait descriptor"
  public static let type = DescriptorType.wait
  @inlinable public init() {}
  public static let fields: [BitField<Self>] = [
    .typeLow, .interrupt, .statusWrite, .fence, .pageRequestDrain, .typeHigh, .statusData,
    .statusAddress,
  ]
}

extension BitField where Image == WaitDescriptor {
  /// Bits 3:0, TYPE: 5. VT-d specification 6.5.2.8.
  public static var typeLow: Self { .init("TYPE", 3, 0, "5") }
  /// Bit 4, IF: raise the completion event. VT-d specification 6.5.2.8.
  public static var interrupt: Self { .init("IF", 4, "raise the completion event") }
  /// Bit 5, SW: write the status. VT-d specification 6.5.2.8.
  public static var statusWrite: Self { .init("SW", 5, "write the status") }
  /// Bit 6, FN: nothing behind it starts before it is done. VT-d specification 6.5.2.8.
  public static var fence: Self { .init("FN", 6, "nothing behind it starts before it is done") }
  /// Bit 7, PD: wait for page requests under way. VT-d specification 6.5.2.8.
  public static var pageRequestDrain: Self { .init("PD", 7, "wait for page requests under way") }
  /// Bits 11:9, TYPE: 0. VT-d specification 6.5.2.8.
  public static var typeHigh: Self { .init("TYPE", 11, 9, "0") }
  /// Bits 63:32, STDATA: status to write. VT-d specification 6.5.2.8.
  public static var statusData: Self { .init("STDATA", 63, 32, "status to write") }
  /// Bits 127:66, STADDR: where to write it. VT-d specification 6.5.2.8.
  public static var statusAddress: Self {
    .init("STADDR", 127, 66, "where to write it", isAddress: true)
  }
}

/// PASID-based IOTLB invalidate descriptor (VT-d specification 6.5.2.4).
public struct PASIDIOTLBDescriptor: InvalidationDescriptor {
  public var low = Self.type.header
  public var high: UInt64 = 0
  public static let name = "PASID-based IOTLB invalidate descriptor"
  public static let type = DescriptorType.pasidIOTLB
  @inlinable public init() {}
  public static let fields: [BitField<Self>] = [
    .typeLow, .granularity, .typeHigh, .domainID, .pasid, .addressMask, .invalidationHint,
    .address,
  ]
}

extension BitField where Image == PASIDIOTLBDescriptor {
  /// Bits 3:0, TYPE: 6. VT-d specification 6.5.2.4.
  public static var typeLow: Self { .init("TYPE", 3, 0, "6") }
  /// Bits 5:4, G: 2 all of the PASID, 3 page in the PASID. VT-d specification 6.5.2.4.
  public static var granularity: Self {
    .init("G", 5, 4, "2 all of the PASID, 3 page in the PASID")
  }
  /// Bits 11:9, TYPE: 0. VT-d specification 6.5.2.4.
  public static var typeHigh: Self { .init("TYPE", 11, 9, "0") }
  /// Bits 31:16, DID: domain-id. VT-d specification 6.5.2.4.
  public static var domainID: Self { .init("DID", 31, 16, "domain-id") }
  /// Bits 51:32, PASID: PASID. VT-d specification 6.5.2.4.
  public static var pasid: Self { .init("PASID", 51, 32, "PASID") }
  /// Bits 69:64, AM: 2^AM pages. VT-d specification 6.5.2.4.
  public static var addressMask: Self { .init("AM", 64 + 5, 64 + 0, "2^AM pages") }
  /// Bit 70, IH: only leaf entries changed. VT-d specification 6.5.2.4.
  public static var invalidationHint: Self { .init("IH", 64 + 6, "only leaf entries changed") }
  /// Bits 127:76, ADDR: first page. VT-d specification 6.5.2.4.
  public static var address: Self { .init("ADDR", 64 + 63, 64 + 12, "first page", isAddress: true) }
}

/// PASID-cache invalidate descriptor (VT-d specification 6.5.2.2).
public struct PASIDCacheDescriptor: InvalidationDescriptor {
  public var low = Self.type.header
  public var high: UInt64 = 0
  public static let name = "PASID-cache invalidate descriptor"
  public static let type = DescriptorType.pasidCache
  @inlinable public init() {}
  public static let fields: [BitField<Self>] = [
    .typeLow, .granularity, .typeHigh, .domainID, .pasid,
  ]
}

extension BitField where Image == PASIDCacheDescriptor {
  /// Bits 3:0, TYPE: 7. VT-d specification 6.5.2.2.
  public static var typeLow: Self { .init("TYPE", 3, 0, "7") }
  /// Bits 5:4, G: 0 domain, 1 PASID in the domain, 3 global. VT-d specification 6.5.2.2.
  public static var granularity: Self {
    .init("G", 5, 4, "0 domain, 1 PASID in the domain, 3 global")
  }
  /// Bits 11:9, TYPE: 0. VT-d specification 6.5.2.2.
  public static var typeHigh: Self { .init("TYPE", 11, 9, "0") }
  /// Bits 31:16, DID: domain-id. VT-d specification 6.5.2.2.
  public static var domainID: Self { .init("DID", 31, 16, "domain-id") }
  /// Bits 51:32, PASID: PASID. VT-d specification 6.5.2.2.
  public static var pasid: Self { .init("PASID", 51, 32, "PASID") }
}

/// PASID-based device-TLB invalidate descriptor (VT-d specification 6.5.2.6).
public struct PASIDDeviceTLBDescriptor: InvalidationDescriptor {
  public var low = Self.type.header
  public var high: UInt64 = 0
  public static let name = "PASID-based device-TLB invalidate descriptor"
  public static let type = DescriptorType.pasidDeviceTLB
  @inlinable public init() {}
  public static let fields: [BitField<Self>] = [
    .typeLow, .maximumPending, .typeHigh, .physicalFunctionLow, .sourceID, .pasid,
    .physicalFunctionHigh, .global, .size, .address,
  ]
}

extension BitField where Image == PASIDDeviceTLBDescriptor {
  /// Bits 3:0, TYPE: 8. VT-d specification 6.5.2.6.
  public static var typeLow: Self { .init("TYPE", 3, 0, "8") }
  /// Bits 8:4, MIP: invalidations that may be under way, with DIT. VT-d specification 6.5.2.6.
  public static var maximumPending: Self {
    .init("MIP", 8, 4, "invalidations that may be under way, with DIT")
  }
  /// Bits 11:9, TYPE: 0. VT-d specification 6.5.2.6.
  public static var typeHigh: Self { .init("TYPE", 11, 9, "0") }
  /// Bits 15:12, PFSID: physical function, lower part. VT-d specification 6.5.2.6.
  public static var physicalFunctionLow: Self {
    .init("PFSID", 15, 12, "physical function, lower part")
  }
  /// Bits 31:16, SID: source-id. VT-d specification 6.5.2.6.
  public static var sourceID: Self { .init("SID", 31, 16, "source-id") }
  /// Bits 51:32, PASID: PASID. VT-d specification 6.5.2.6.
  public static var pasid: Self { .init("PASID", 51, 32, "PASID") }
  /// Bits 63:52, PFSID: physical function, upper part. VT-d specification 6.5.2.6.
  public static var physicalFunctionHigh: Self {
    .init("PFSID", 63, 52, "physical function, upper part")
  }
  /// Bit 64, G: every PASID. VT-d specification 6.5.2.6.
  public static var global: Self { .init("G", 64 + 0, "every PASID") }
  /// Bit 75, S: more than a page; the lowest clear address bit tells. VT-d specification 6.5.2.6.
  public static var size: Self {
    .init("S", 64 + 11, "more than a page; the lowest clear address bit tells")
  }
  /// Bits 127:76, ADDR: page, and the size with S. VT-d specification 6.5.2.6.
  public static var address: Self {
    .init("ADDR", 64 + 63, 64 + 12, "page, and the size with S", isAddress: true)
  }
}
