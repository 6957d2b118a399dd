internal import KernelRuntime
internal import PhysicalMemory
internal import VTdFormats

/// The memory that tables and queues lie in, as the CPU reaches it, and its free pages.
final class TableMemory {
  let memory: PhysicalMemory
  private let stores: (PhysicalAddress, UInt64) -> Void
  private var pages: PageAllocator
  /// Entries of tables that a kernel may touch in all. The largest machines of real logs need a
  /// twentieth of it; a range of terabytes in small pages needs more than any memory has.
  static let workLimit = 1 << 25
  private var work = 0

  init(_ pages: PageAllocator, of host: KernelHost) {
    memory = host.memory
    stores = host.stores
    self.pages = pages
  }

  /// A page for a table, zeroed.
  func allocatePage() throws(DriverError) -> PhysicalAddress { try allocatePages(1) }

  /// Consecutive pages, zeroed.
  func allocatePages(_ count: Int) throws(DriverError) -> PhysicalAddress {
    let page = pages.allocate(count)
    for offset in stride(from: 0, to: Paging.pageSize * UInt64(count), by: 8) {
      try store(0, at: page.rawValue &+ offset)
    }
    return page
  }

  /// A page for small objects, as it lies there.
  func allocateSmall() -> PhysicalAddress { pages.allocateSmall() }

  /// The tables are the page allocator's again (put_pages_list).
  func free(_ tables: [PhysicalAddress]) {
    for table in tables { pages.free(table) }
  }

  /// Counts entries of tables before they are touched, so that no scenario runs for ever.
  ///
  /// - Throws: `DriverError` once there are too many.
  func spend(_ count: UInt64 = 1) throws(DriverError) {
    let left = Self.workLimit - work
    guard count <= UInt64(left) else { throw DriverError(.tooMuchWork) }
    work += Int(count)
  }

  /// Refuses at once a range with more pages than may be touched.
  ///
  /// - Parameter largestPage: how many pages one entry stands for at most.
  func check(_ pages: ClosedRange<UInt64>, largestPage: UInt64 = 1) throws(DriverError) {
    let entries = (pages.upperBound - pages.lowerBound) / max(largestPage, 1)
    if entries >= UInt64(Self.workLimit - work) { throw DriverError(.tooMuchWork) }
  }

  func store(_ value: UInt64, at address: UInt64) throws(DriverError) {
    try spend()
    stores(PhysicalAddress(rawValue: address), value)
    guard memory.store64(value, at: PhysicalAddress(rawValue: address)) else {
      throw DriverError(.outsideMemory(PhysicalAddress(rawValue: address)))
    }
  }

  /// Zeroes an entry of so many bytes.
  func clear(_ address: UInt64, _ byteCount: UInt64) throws(DriverError) {
    for offset in stride(from: 0, to: byteCount, by: 8) { try store(0, at: address &+ offset) }
  }

  /// A load by the CPU; outside memory, where a kernel would have no address for it, all ones.
  func load(_ address: UInt64) -> UInt64 {
    memory.load64(PhysicalAddress(rawValue: address)) ?? .max
  }

  func pasidEntry(at address: UInt64) -> PASIDTableEntry {
    PASIDTableEntry(words: (0..<PASIDTableEntry.wordCount).map { load(address + UInt64($0) * 8) })
  }
}
