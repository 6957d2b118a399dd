internal import KernelProfiles
internal import KernelRuntime
internal import VTdFormats

/// The driver's end of a unit's invalidation queue: `struct q_inval`.
final class InvalidationQueue {
  /// Where the descriptors lie, and where wait descriptors write their status.
  let descriptors: PhysicalAddress
  let status: PhysicalAddress
  /// 128-bit descriptors, or 256-bit ones where the unit has scalable mode.
  let isWide: Bool
  /// The index that comes next: `free_head`.
  var next = 0

  /// QI_LENGTH: entries of one page of 128-bit descriptors.
  static let length = 256

  /// What the driver notes of a descriptor, in memory beside the queue: the unit writes `done`.
  enum Status: UInt32 {
    case free = 0
    case inUse = 1
    case done = 2
    case aborted = 3
  }

  init(descriptors: PhysicalAddress, status: PhysicalAddress, isWide: Bool) {
    self.descriptors = descriptors
    self.status = status
    self.isWide = isWide
  }

  var width: UInt64 { isWide ? 32 : 16 }

  /// `index` further on, round the ring; negative numbers go back.
  func index(_ index: Int, plus count: Int = 0) -> Int {
    ((index + count) % Self.length + Self.length) % Self.length
  }

  func address(of index: Int) -> UInt64 { descriptors.rawValue + UInt64(index) * width }
  func statusAddress(of index: Int) -> UInt64 { status.rawValue + UInt64(index) * 4 }
}
