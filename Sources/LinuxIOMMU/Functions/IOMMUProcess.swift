internal import KernelRuntime
public import VTdFormats

/// A process whose address space devices may work in (shared virtual addressing): its page table is
/// the processor's own, in the first-stage format.
final class IOMMUProcess {
  let name: String
  let pasid: PASID
  let levels: Int
  let pageTable: PhysicalAddress
  /// What the process may touch, whether its pages are there yet or not.
  var areas: [ProcessArea] = []
  /// Devices bound to it.
  var devices: [DeviceInfo] = []

  init(name: String, pasid: PASID, levels: Int, pageTable: PhysicalAddress) {
    self.name = name
    self.pasid = pasid
    self.levels = levels
    self.pageTable = pageTable
  }
}

/// A range of a process's addresses (`struct vm_area_struct`).
public struct ProcessArea: Hashable, Sendable {
  /// The first byte.
  public var start: UInt64
  /// Bytes, whole pages.
  public var size: UInt64
  /// Whether the process may write there.
  public var isWritable: Bool
  /// Where its pages lie; nil for pages that come zeroed from the page allocator when they are
  /// first touched.
  public var target: PhysicalAddress?
  /// Whether its pages are there from the start.
  public var isPopulated: Bool

  /// An area of a process's address space.
  public init(
    start: UInt64, size: UInt64, isWritable: Bool = true, target: PhysicalAddress? = nil,
    isPopulated: Bool = false
  ) {
    self.start = start
    self.size = size
    self.isWritable = isWritable
    self.target = target
    self.isPopulated = isPopulated
  }

  func contains(_ address: UInt64) -> Bool { address >= start && address - start < size }
}
