public import VTdFormats
import Synchronization

/// The machine's memory: ranges of up to 52-bit addresses, zero until written.
///
/// A range takes address space when it is made and memory page by page when it is written, so a
/// tebibyte costs nothing until it is used. Anything outside the ranges is not memory: reads give
/// nil and writes give false, as a bus does that nobody answers.
///
/// Accesses of 32 and 64 bits at aligned addresses are single and atomic: threads may walk tables
/// while others write them. Longer copies are not atomic as a whole.
public final class PhysicalMemory: Sendable {
  /// One piece of memory.
  public struct Range: Hashable, Sendable {
    /// First address; a multiple of 4 KiB.
    public let base: PhysicalAddress
    /// Size in bytes; a multiple of 4 KiB.
    public let size: UInt64
    /// Whether devices and tables can be read there but not written, as in flash.
    public let isReadOnly: Bool

    /// A range of `size` bytes from `base` on; both are checked when memory is made of it.
    public init(base: PhysicalAddress, size: UInt64, isReadOnly: Bool = false) {
      self.base = base
      self.size = size
      self.isReadOnly = isReadOnly
    }
  }

  /// The ranges, by address.
  public let ranges: [Range]

  /// What a walk reads through: pointers and bounds without the class around them.
  package let view: MemoryView
  /// Written in `init`, freed in `deinit`, read in between.
  private nonisolated(unsafe) let regions: UnsafeMutableBufferPointer<MemoryRegion>

  /// Memory at `ranges`.
  ///
  /// Throws ``PhysicalMemoryError`` where a range is empty, unaligned, beyond 52 bits, overlaps
  /// another, or where the host has no address space left for it.
  public init(ranges: [Range]) throws(PhysicalMemoryError) {
    let sorted = ranges.sorted { $0.base < $1.base }
    try Self.check(sorted)
    let regions = UnsafeMutableBufferPointer<MemoryRegion>.allocate(capacity: sorted.count)
    for (index, range) in sorted.enumerated() {
      guard let region = MemoryRegion(range) else {
        for made in regions[..<index] { made.pages.free() }
        regions.deallocate()
        throw PhysicalMemoryError.noAddressSpace(range)
      }
      regions.initializeElement(at: index, to: region)
    }
    self.ranges = sorted
    self.regions = regions
    view = MemoryView(regions: UnsafeBufferPointer(regions))
  }

  /// One range from address 0; `size` is in bytes.
  public convenience init(size: UInt64) throws(PhysicalMemoryError) {
    try self.init(ranges: [Range(base: PhysicalAddress(rawValue: 0), size: size)])
  }

  deinit {
    for region in regions { region.pages.free() }
    regions.deallocate()
  }

  private static func check(_ sorted: [Range]) throws(PhysicalMemoryError) {
    var end: UInt64 = 0
    for range in sorted {
      if range.size == 0 || range.size.pageOffset != 0 || range.base.rawValue.pageOffset != 0 {
        throw .unaligned(range)
      }
      if range.base.rawValue >= 1 << 52 || range.size > 1 << 52 - range.base.rawValue {
        throw .beyond52Bits(range)
      }
      if range.base.rawValue < end { throw .overlapping(range) }
      end = range.base.rawValue + range.size
    }
  }

  /// Whether `count` bytes from `address` all lie in one range.
  public func contains(_ address: PhysicalAddress, count: UInt64 = 1) -> Bool {
    view.contains(address.rawValue, count: count)
  }

  /// The 64 bits at an address that is a multiple of 8; nil outside memory.
  @inline(__always)
  public func load64(_ address: PhysicalAddress) -> UInt64? { view.load64(address.rawValue) }

  /// Writes 64 bits at an address that is a multiple of 8; false where memory does not take them.
  @discardableResult
  public func store64(_ value: UInt64, at address: PhysicalAddress) -> Bool {
    view.store64(value, at: address.rawValue)
  }

  /// The 32 bits at an address that is a multiple of 4; nil outside memory.
  public func load32(_ address: PhysicalAddress) -> UInt32? {
    guard address.rawValue & 3 == 0,
      let pointer = view.pointer(to: address.rawValue, count: 4, writing: false)
    else { return nil }
    return pointer.assumingMemoryBound(to: Atomic<UInt32>.self).pointee.load(ordering: .relaxed)
  }

  /// Writes 32 bits at an address that is a multiple of 4; false where memory does not take them.
  @discardableResult
  public func store32(_ value: UInt32, at address: PhysicalAddress) -> Bool {
    guard address.rawValue & 3 == 0,
      let pointer = view.pointer(to: address.rawValue, count: 4, writing: true)
    else { return false }
    pointer.assumingMemoryBound(to: Atomic<UInt32>.self).pointee.store(value, ordering: .releasing)
    return true
  }

  /// Replaces 64 bits if they are still `expected`; nil where memory does not take a write.
  public func compareExchange64(
    _ address: PhysicalAddress, expected: UInt64, desired: UInt64
  ) -> (exchanged: Bool, original: UInt64)? {
    view.compareExchange64(address.rawValue, expected: expected, desired: desired)
  }

  /// `count` bytes from `address`; nil where they do not all lie in one range.
  public func read(_ address: PhysicalAddress, count: Int) -> [UInt8]? {
    view.read(address.rawValue, count: count)
  }

  /// Writes bytes from `address`; false where they do not all fit in one range.
  @discardableResult
  public func write(_ bytes: [UInt8], at address: PhysicalAddress) -> Bool {
    view.write(bytes, at: address.rawValue, isFlashed: false)
  }

  /// Puts bytes in place before the machine runs, in read-only memory as well: the contents of
  /// flash. False where they do not all fit in one range.
  @discardableResult
  public func program(_ bytes: [UInt8], at address: PhysicalAddress) -> Bool {
    view.write(bytes, at: address.rawValue, isFlashed: true)
  }

  /// Bytes of host memory that the ranges occupy at this moment, by the host's count.
  public var residentBytes: UInt64 {
    MemoryPages.resident(regions.map { $0.pages })
  }

  /// Gives every page back: all ranges are zero again. Nothing else may use the memory meanwhile.
  public func clear() {
    for region in regions { region.pages.clear() }
  }
}

/// Why memory cannot be laid out as asked.
public enum PhysicalMemoryError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Base or size is not a multiple of 4 KiB, or the size is zero.
  case unaligned(PhysicalMemory.Range)
  /// The range ends beyond 2^52.
  case beyond52Bits(PhysicalMemory.Range)
  /// The range shares bytes with another one.
  case overlapping(PhysicalMemory.Range)
  /// The host refuses so much address space.
  case noAddressSpace(PhysicalMemory.Range)

  public var description: String {
    let (range, what) =
      switch self {
      case .unaligned(let range): (range, "base and size must be multiples of 4 KiB, and not 0")
      case .beyond52Bits(let range): (range, "physical addresses have 52 bits")
      case .overlapping(let range): (range, "overlaps another range")
      case .noAddressSpace(let range): (range, "the host has no address space for it")
      }
    return "memory range \(range.base), 0x\(hex(range.size)) bytes: \(what)"
  }
}
