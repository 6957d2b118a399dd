/// What a descriptor of the invalidation queue asks for: type bits 3:0 with 11:9 above them.
public enum DescriptorType: UInt8, Sendable, Hashable, CaseIterable {
  case contextCache = 1
  case iotlb = 2
  case deviceTLB = 3
  case interruptEntryCache = 4
  case wait = 5
  case pasidIOTLB = 6
  case pasidCache = 7
  case pasidDeviceTLB = 8
  case pageGroupResponse = 9

  /// The type in place: bits 3:0 of the code, and bits 11:9 for those above.
  @inlinable
  public var header: UInt64 { UInt64(rawValue & 0xf) | UInt64(rawValue >> 4) << 9 }
}

/// A descriptor of 128 bits whose low word ends in the type fields. A new one has its type.
public protocol InvalidationDescriptor: Image128 {
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
  public static var typeLow: Self { .init("TYPE", 3, 0, "type, lower part") }
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
  public static var typeLow: Self { .init("TYPE", 3, 0, "1") }
  public static var granularity: Self { .init("G", 5, 4, "1 global, 2 domain, 3 device") }
  public static var typeHigh: Self { .init("TYPE", 11, 9, "0") }
  public static var domainID: Self { .init("DID", 31, 16, "domain-id") }
  public static var sourceID: Self { .init("SID", 47, 32, "source-id") }
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
  public static var typeLow: Self { .init("TYPE", 3, 0, "2") }
  public static var granularity: Self { .init("G", 5, 4, "1 global, 2 domain, 3 page") }
  public static var drainWrites: Self { .init("DW", 6, "wait for writes under way") }
  public static var drainReads: Self { .init("DR", 7, "wait for reads under way") }
  public static var typeHigh: Self { .init("TYPE", 11, 9, "0") }
  public static var domainID: Self { .init("DID", 31, 16, "domain-id") }
  public static var addressMask: Self { .init("AM", 64 + 5, 64 + 0, "2^AM pages") }
  public static var invalidationHint: Self { .init("IH", 64 + 6, "only leaf entries changed") }
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
  public static var typeLow: Self { .init("TYPE", 3, 0, "3") }
  public static var typeHigh: Self { .init("TYPE", 11, 9, "0") }
  public static var physicalFunctionLow: Self {
    .init("PFSID", 15, 12, "physical function, lower part")
  }
  public static var maximumPending: Self {
    .init("MIP", 20, 16, "invalidations that may be under way, with DIT")
  }
  public static var sourceID: Self { .init("SID", 47, 32, "source-id") }
  public static var physicalFunctionHigh: Self {
    .init("PFSID", 63, 52, "physical function, upper part")
  }
  public static var size: Self {
    .init("S", 64 + 0, "more than a page; the lowest clear address bit tells")
  }
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
  public static var typeLow: Self { .init("TYPE", 3, 0, "4") }
  public static var granularity: Self { .init("G", 4, "0 all, 1 by index") }
  public static var typeHigh: Self { .init("TYPE", 11, 9, "0") }
  public static var indexMask: Self { .init("IM", 31, 27, "2^IM entries") }
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
  public static var typeLow: Self { .init("TYPE", 3, 0, "5") }
  public static var interrupt: Self { .init("IF", 4, "raise the completion event") }
  public static var statusWrite: Self { .init("SW", 5, "write the status") }
  public static var fence: Self { .init("FN", 6, "nothing behind it starts before it is done") }
  public static var pageRequestDrain: Self { .init("PD", 7, "wait for page requests under way") }
  public static var typeHigh: Self { .init("TYPE", 11, 9, "0") }
  public static var statusData: Self { .init("STDATA", 63, 32, "status to write") }
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
  public static var typeLow: Self { .init("TYPE", 3, 0, "6") }
  public static var granularity: Self {
    .init("G", 5, 4, "2 all of the PASID, 3 page in the PASID")
  }
  public static var typeHigh: Self { .init("TYPE", 11, 9, "0") }
  public static var domainID: Self { .init("DID", 31, 16, "domain-id") }
  public static var pasid: Self { .init("PASID", 51, 32, "PASID") }
  public static var addressMask: Self { .init("AM", 64 + 5, 64 + 0, "2^AM pages") }
  public static var invalidationHint: Self { .init("IH", 64 + 6, "only leaf entries changed") }
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
  public static var typeLow: Self { .init("TYPE", 3, 0, "7") }
  public static var granularity: Self {
    .init("G", 5, 4, "0 domain, 1 PASID in the domain, 3 global")
  }
  public static var typeHigh: Self { .init("TYPE", 11, 9, "0") }
  public static var domainID: Self { .init("DID", 31, 16, "domain-id") }
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
  public static var typeLow: Self { .init("TYPE", 3, 0, "8") }
  public static var maximumPending: Self {
    .init("MIP", 8, 4, "invalidations that may be under way, with DIT")
  }
  public static var typeHigh: Self { .init("TYPE", 11, 9, "0") }
  public static var physicalFunctionLow: Self {
    .init("PFSID", 15, 12, "physical function, lower part")
  }
  public static var sourceID: Self { .init("SID", 31, 16, "source-id") }
  public static var pasid: Self { .init("PASID", 51, 32, "PASID") }
  public static var physicalFunctionHigh: Self {
    .init("PFSID", 63, 52, "physical function, upper part")
  }
  public static var global: Self { .init("G", 64 + 0, "every PASID") }
  public static var size: Self {
    .init("S", 64 + 11, "more than a page; the lowest clear address bit tells")
  }
  public static var address: Self {
    .init("ADDR", 64 + 63, 64 + 12, "page, and the size with S", isAddress: true)
  }
}
