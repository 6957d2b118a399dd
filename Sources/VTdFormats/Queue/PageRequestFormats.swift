/// Page-group response descriptor of the invalidation queue (VT-d specification 7.7).
public struct PageGroupResponseDescriptor: InvalidationDescriptor {
  public var low = Self.type.header
  public var high: UInt64 = 0
  public static let name = "page-group response descriptor"
  public static let type = DescriptorType.pageGroupResponse
  @inlinable public init() {}
  public static let fields: [BitField<Self>] = [
    .typeLow, .pasidPresent, .privateDataPresent, .typeHigh, .responseCode, .requesterID, .pasid,
    .groupIndex,
  ]
}

extension BitField where Image == PageGroupResponseDescriptor {
  public static var typeLow: Self { .init("TYPE", 3, 0, "9") }
  public static var pasidPresent: Self { .init("PP", 4, "PASID is valid") }
  public static var privateDataPresent: Self { .init("PDP", 5, "words 2 and 3 go to the device") }
  public static var typeHigh: Self { .init("TYPE", 11, 9, "0") }
  public static var responseCode: Self {
    .init("RC", 15, 12, "0 success, 1 invalid request, 15 failure")
  }
  public static var requesterID: Self { .init("RID", 31, 16, "source-id of the device") }
  public static var pasid: Self { .init("PASID", 51, 32, "PASID") }
  public static var groupIndex: Self { .init("PRGI", 64 + 11, 64 + 3, "page request group index") }
}

/// How a page-group ends: RC of the response.
public enum PageResponseCode: UInt8, Hashable, Sendable {
  case success = 0
  case invalidRequest = 1
  case failure = 15
}

/// Page request descriptor, 32 bytes, that the unit writes to the page request queue (7.5.1).
public struct PageRequestDescriptor: WideImage {
  public var storage = SIMD4<UInt64>(Self.type, 0, 0, 0)
  public static let name = "page request descriptor"

  /// What TYPE holds in every descriptor that the unit writes.
  @usableFromInline static let type: UInt64 = 1

  /// Bytes of one descriptor.
  public static let byteCount: UInt64 = 32

  @inlinable public init() {}

  public static let fields: [BitField<Self>] = [
    .type, .pasidPresent, .privateDataPresent, .requesterID, .pasid, .executeRequested,
    .privilegedMode, .readRequested, .writeRequested, .lastInGroup, .groupIndex, .address,
    .privateDataLow, .privateDataHigh,
  ]
}

extension BitField where Image == PageRequestDescriptor {
  public static var type: Self { .init("TYPE", 7, 0, "1") }
  public static var pasidPresent: Self { .init("PP", 8, "PASID is valid") }
  public static var privateDataPresent: Self { .init("PDP", 9, "words 2 and 3 hold private data") }
  public static var requesterID: Self { .init("RID", 31, 16, "source-id of the device") }
  public static var pasid: Self { .init("PASID", 51, 32, "PASID") }
  public static var executeRequested: Self { .init("EXR", 52, "execute permission is asked for") }
  public static var privilegedMode: Self { .init("PMR", 53, "supervisor privilege") }
  public static var readRequested: Self { .init("RD", 64 + 0, "read permission is asked for") }
  public static var writeRequested: Self { .init("WR", 64 + 1, "write permission is asked for") }
  public static var lastInGroup: Self { .init("LPIG", 64 + 2, "last request of its group") }
  public static var groupIndex: Self { .init("PRGI", 64 + 11, 64 + 3, "page request group index") }
  public static var address: Self { .init("ADDR", 64 + 63, 64 + 12, "page", isAddress: true) }
  public static var privateDataLow: Self {
    .init("PRIV_DATA", 191, 128, "private data, lower half")
  }
  public static var privateDataHigh: Self {
    .init("PRIV_DATA", 255, 192, "private data, upper half")
  }
}
