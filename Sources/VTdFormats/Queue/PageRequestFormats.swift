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
  /// Bits 3:0, TYPE: 9. VT-d specification 7.7.
  public static var typeLow: Self { .init("TYPE", 3, 0, "9") }
  /// Bit 4, PP: PASID is valid. VT-d specification 7.7.
  public static var pasidPresent: Self { .init("PP", 4, "PASID is valid") }
  /// Bit 5, PDP: words 2 and 3 go to the device. VT-d specification 7.7.
  public static var privateDataPresent: Self { .init("PDP", 5, "words 2 and 3 go to the device") }
  /// Bits 11:9, TYPE: 0. VT-d specification 7.7.
  public static var typeHigh: Self { .init("TYPE", 11, 9, "0") }
  /// Bits 15:12, RC: 0 success, 1 invalid request, 15 failure. VT-d specification 7.7.
  public static var responseCode: Self {
    .init("RC", 15, 12, "0 success, 1 invalid request, 15 failure")
  }
  /// Bits 31:16, RID: source-id of the device. VT-d specification 7.7.
  public static var requesterID: Self { .init("RID", 31, 16, "source-id of the device") }
  /// Bits 51:32, PASID: PASID. VT-d specification 7.7.
  public static var pasid: Self { .init("PASID", 51, 32, "PASID") }
  /// Bits 75:67, PRGI: page request group index. VT-d specification 7.7.
  public static var groupIndex: Self { .init("PRGI", 64 + 11, 64 + 3, "page request group index") }
}

/// How a page-group ends: RC of the response.
public enum PageResponseCode: UInt8, Hashable, Sendable {
  /// All pages of the group are there now.
  case success = 0
  /// A page of the group may not be used.
  case invalidRequest = 1
  /// The group could not be served, and the device shall stop to ask.
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
  /// Bits 7:0, TYPE: 1. VT-d specification 7.5.1.
  public static var type: Self { .init("TYPE", 7, 0, "1") }
  /// Bit 8, PP: PASID is valid. VT-d specification 7.5.1.
  public static var pasidPresent: Self { .init("PP", 8, "PASID is valid") }
  /// Bit 9, PDP: words 2 and 3 hold private data. VT-d specification 7.5.1.
  public static var privateDataPresent: Self { .init("PDP", 9, "words 2 and 3 hold private data") }
  /// Bits 31:16, RID: source-id of the device. VT-d specification 7.5.1.
  public static var requesterID: Self { .init("RID", 31, 16, "source-id of the device") }
  /// Bits 51:32, PASID: PASID. VT-d specification 7.5.1.
  public static var pasid: Self { .init("PASID", 51, 32, "PASID") }
  /// Bit 52, EXR: execute permission is asked for. VT-d specification 7.5.1.
  public static var executeRequested: Self { .init("EXR", 52, "execute permission is asked for") }
  /// Bit 53, PMR: supervisor privilege. VT-d specification 7.5.1.
  public static var privilegedMode: Self { .init("PMR", 53, "supervisor privilege") }
  /// Bit 64, RD: read permission is asked for. VT-d specification 7.5.1.
  public static var readRequested: Self { .init("RD", 64 + 0, "read permission is asked for") }
  /// Bit 65, WR: write permission is asked for. VT-d specification 7.5.1.
  public static var writeRequested: Self { .init("WR", 64 + 1, "write permission is asked for") }
  /// Bit 66, LPIG: last request of its group. VT-d specification 7.5.1.
  public static var lastInGroup: Self { .init("LPIG", 64 + 2, "last request of its group") }
  /// Bits 75:67, PRGI: page request group index. VT-d specification 7.5.1.
  public static var groupIndex: Self { .init("PRGI", 64 + 11, 64 + 3, "page request group index") }
  /// Bits 127:76, ADDR: page. VT-d specification 7.5.1.
  public static var address: Self { .init("ADDR", 64 + 63, 64 + 12, "page", isAddress: true) }
  /// Bits 191:128, PRIV_DATA: private data, lower half. VT-d specification 7.5.1.
  public static var privateDataLow: Self {
    .init("PRIV_DATA", 191, 128, "private data, lower half")
  }
  /// Bits 255:192, PRIV_DATA: private data, upper half. VT-d specification 7.5.1.
  public static var privateDataHigh: Self {
    .init("PRIV_DATA", 255, 192, "private data, upper half")
  }
}
