internal import KernelProfiles
internal import KernelRuntime
internal import VTdFormats

/// The queue that a unit writes devices' page requests to.
struct PageRequestQueue {
  let descriptors: PhysicalAddress
  /// 2^order pages.
  let order: Int

  var byteCount: UInt64 { Paging.pageSize << UInt64(order) }

  /// Where the descriptor begins that a register's value lies in.
  func place(of value: UInt64) -> UInt64 {
    value % byteCount / PageRequestDescriptor.byteCount * PageRequestDescriptor.byteCount
  }
  func address(at offset: UInt64) -> UInt64 { descriptors.rawValue + offset }
  func next(after offset: UInt64) -> UInt64 {
    (offset + PageRequestDescriptor.byteCount) % byteCount
  }
}

/// What becomes of a page that a device asks for.
public enum PageRequestAnswer: Hashable, Sendable {
  /// The page is there now.
  case served
  /// The process has no such page, or may not use it so.
  case refused
  /// Nobody serves this device's requests.
  case unknown
}
