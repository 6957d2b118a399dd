import Synchronization
import VTdFormats

/// One range with its bytes.
package struct MemoryRegion: @unchecked Sendable {
  let base: UInt64
  let size: UInt64
  let isReadOnly: Bool
  let pages: MemoryPages

  /// Reserves address space; nil where the host refuses.
  init?(_ range: PhysicalMemory.Range) {
    guard let pages = MemoryPages(range.size) else { return nil }
    base = range.base.rawValue
    size = range.size
    isReadOnly = range.isReadOnly
    self.pages = pages
  }
}

/// Memory as a walk sees it: a few pointers and bounds, copied by value, no reference counting.
///
/// Valid as long as its ``PhysicalMemory`` lives. The first range is at hand, the others are
/// searched: machines have memory below and above 4 GiB, and tables mostly lie low. Where memory comes in
/// single pages, no range is at hand.
package struct MemoryView: @unchecked Sendable {
  package let base: UInt64
  /// Bytes of the first range less 7, so that one comparison bounds a 64-bit access.
  package let words: UInt64
  package let pointer: UnsafeMutableRawPointer
  package let isReadOnly: Bool
  private let regions: UnsafeBufferPointer<MemoryRegion>

  init(regions: UnsafeBufferPointer<MemoryRegion>) {
    self.regions = regions
    // Without any range, `words` is 0 and the pointer is never used.
    let nowhere = UnsafeMutableRawPointer(bitPattern: 8).unsafelyUnwrapped
    #if hasFeature(Embedded)
      base = 0
      words = 0
      pointer = nowhere
      isReadOnly = true
    #else
      let first = regions.first
      base = first?.base ?? 0
      words = first.map { $0.size - 7 } ?? 0
      pointer = first?.pages.start ?? nowhere
      isReadOnly = first?.isReadOnly ?? true
    #endif
  }

  /// The range in which `count` bytes from `address` all lie, and where in it; nil where they do not.
  private func region(_ address: UInt64, _ count: UInt64) -> (MemoryRegion, offset: UInt64)? {
    for region in regions {
      let offset = address &- region.base
      if offset < region.size, count <= region.size &- offset { return (region, offset) }
    }
    return nil
  }

  /// Whether `count` bytes from `address` all lie in one range.
  func contains(_ address: UInt64, count: UInt64) -> Bool { region(address, count) != nil }

  /// Where `count` bytes from `address` are; nil where they are not all memory, where they are to be
  /// written and must not be, or where they do not lie behind each other.
  package func pointer(
    to address: UInt64, count: UInt64, writing: Bool
  ) -> UnsafeMutableRawPointer? {
    guard let (region, offset) = region(address, count), !(writing && region.isReadOnly),
      count <= region.pages.stretch(from: offset)
    else { return nil }
    return region.pages.pointer(to: offset, writing: writing)
  }

  /// `count` bytes from `address`; nil where they do not all lie in one range.
  func read(_ address: UInt64, count: Int) -> [UInt8]? {
    guard count >= 0, let (region, offset) = region(address, UInt64(count)) else { return nil }
    return [UInt8](unsafeUninitializedCapacity: count) { bytes, filled in
      while filled < count {
        let at = offset + UInt64(filled)
        let length = min(count - filled, Int(clamping: region.pages.stretch(from: at)))
        let source = UnsafeRawBufferPointer(
          start: region.pages.pointer(to: at, writing: false), count: length)
        UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(bytes)[filled...])
          .copyMemory(from: source)
        filled += length
      }
    }
  }

  /// Writes bytes from `address`; false where they do not all fit in one range, or it must not be
  /// written.
  ///
  /// - Parameter isFlashed: whether memory that is only read is written as well.
  func write(_ bytes: [UInt8], at address: UInt64, isFlashed: Bool) -> Bool {
    guard let (region, offset) = region(address, UInt64(bytes.count)),
      isFlashed || !region.isReadOnly
    else { return false }
    bytes.withUnsafeBytes { bytes in
      var done = 0
      while done < bytes.count {
        let at = offset + UInt64(done)
        let length = min(bytes.count - done, Int(clamping: region.pages.stretch(from: at)))
        UnsafeMutableRawBufferPointer(
          start: region.pages.pointer(to: at, writing: true), count: length
        ).copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[done..<done + length]))
        done += length
      }
    }
    return true
  }

  @inline(never)
  private func slowWord(_ address: UInt64, writing: Bool) -> UnsafeMutablePointer<Atomic<UInt64>>? {
    guard address & 7 == 0, let found = pointer(to: address, count: 8, writing: writing) else {
      return nil
    }
    return found.assumingMemoryBound(to: Atomic<UInt64>.self)
  }

  @inline(__always)
  private func word(_ address: UInt64, writing: Bool) -> UnsafeMutablePointer<Atomic<UInt64>>? {
    let offset = address &- base
    if _fastPath(offset < words && address & 7 == 0 && !(writing && isReadOnly)) {
      return (pointer + Int(truncatingIfNeeded: offset))
        .assumingMemoryBound(to: Atomic<UInt64>.self)
    }
    return slowWord(address, writing: writing)
  }

  /// The 64 bits at `address`; nil outside memory or where it is not a multiple of 8.
  @inline(__always)
  package func load64(_ address: UInt64) -> UInt64? {
    word(address, writing: false)?.pointee.load(ordering: .relaxed)
  }

  @inline(__always)
  package func store64(_ value: UInt64, at address: UInt64) -> Bool {
    guard let word = word(address, writing: true) else { return false }
    word.pointee.store(value, ordering: .releasing)
    return true
  }

  package func compareExchange64(
    _ address: UInt64, expected: UInt64, desired: UInt64
  ) -> (exchanged: Bool, original: UInt64)? {
    word(address, writing: true)?.pointee.compareExchange(
      expected: expected, desired: desired, ordering: .acquiringAndReleasing)
  }
}
