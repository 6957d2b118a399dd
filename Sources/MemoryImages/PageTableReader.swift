import VTdFormats

/// Reads page tables to their leaves, and joins leaves that follow each other.
public struct PageTableReader {
  /// Which format the tables have.
  public enum Stage: Hashable, Sendable {
    /// Present in bit 0, writable in bit 1: the processor's own form.
    case first
    /// Reads in bit 0, writes in bit 1.
    case second
  }

  /// The number of leaf entries that map a page.
  public private(set) var leafCount: UInt64 = 0
  /// The number of tables that were read.
  public private(set) var tableCount: UInt64 = 0
  /// The number of tables that lie outside the image.
  public private(set) var missingCount = 0
  /// The physical address of the entry that leads to the first table outside the image; 0 where the
  /// top table itself lies outside, nil where none does.
  public private(set) var firstMissing: UInt64?
  /// Whether reading stopped because the tables seem to lead in circles: more tables were met than
  /// the image has pages.
  public private(set) var isCircular = false

  /// Both formats have the address in the same bits.
  private static let address = BitField<SecondStageEntry>.address.mask
  private let scratch: UnsafeMutableBufferPointer<UInt64>
  private var run = MappedRange(
    start: 0, size: 0, physical: 0, isReadable: false, isWritable: false, level: 0)
  private let isFirstStage: Bool
  private let limit: UInt64

  /// Reads all ranges below `table`, in the order of the device's addresses.
  ///
  /// - Parameters:
  ///   - memory: where the tables lie.
  ///   - table: address of the top table.
  ///   - levels: the number of levels, 2 to 5; with any other number nothing is read.
  ///   - stage: the format of the tables.
  ///   - body: gets each range; adjoining leaves of one size and permission are one range.
  public static func read(
    _ memory: some TableSource, table: UInt64, levels: Int, stage: Stage,
    _ body: (MappedRange) -> Void
  ) -> PageTableReader {
    let scratch = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: 6 * 512)
    defer { scratch.deallocate() }
    var reader = PageTableReader(
      scratch: scratch, isFirstStage: stage == .first, limit: memory.pageLimit &+ 64)
    if (2...5).contains(levels) {
      reader.read(memory, table & address, levels, 0, 3, 0, body)
    }
    reader.close(body)
    return reader
  }

  private init(scratch: UnsafeMutableBufferPointer<UInt64>, isFirstStage: Bool, limit: UInt64) {
    self.scratch = scratch
    self.isFirstStage = isFirstStage
    self.limit = limit
  }

  private mutating func close(_ body: (MappedRange) -> Void) {
    if run.size > 0 { body(run) }
    run.size = 0
  }

  /// - Parameter allowed: what all upper levels allow: bit 0 is reads, bit 1 is writes.
  private mutating func read(
    _ memory: some TableSource, _ table: UInt64, _ level: Int, _ base: UInt64, _ allowed: UInt64,
    _ entry: UInt64, _ body: (MappedRange) -> Void
  ) {
    guard let page = memory.page(at: table) else {
      missingCount += 1
      if firstMissing == nil { firstMissing = entry }
      return
    }
    guard tableCount < limit else {
      isCircular = true
      return
    }
    tableCount += 1
    // The page is valid only until the next call, and lower tables are read meanwhile: copy it.
    let words = UnsafeMutableBufferPointer(rebasing: scratch[level * 512 - 512..<level * 512])
    UnsafeMutableRawBufferPointer(words).copyMemory(from: page)
    let shift = UInt64(Paging.shift(level: level))
    for index in 0..<512 {
      let word = words[index]
      if word & 3 == 0 || isFirstStage && word & 1 == 0 { continue }
      let rights = (isFirstStage ? word & 2 | 1 : word & 3) & allowed
      let start = base &+ UInt64(index) << shift
      if level == 1 || word & 0x80 != 0 && level <= 3 {
        let size = UInt64(1) << shift
        let physical = word & Self.address & ~(size - 1)
        leafCount &+= 1
        if run.size > 0, start == run.start &+ run.size, physical == run.physical &+ run.size,
          level == run.level, (rights & 1 != 0) == run.isReadable,
          (rights & 2 != 0) == run.isWritable
        {
          run.size &+= size
        } else {
          close(body)
          run = MappedRange(
            start: start, size: size, physical: physical, isReadable: rights & 1 != 0,
            isWritable: rights & 2 != 0, level: level)
        }
      } else {
        read(
          memory, word & Self.address, level - 1, start, rights, table &+ UInt64(index * 8), body)
        if isCircular { return }
      }
    }
  }
}
