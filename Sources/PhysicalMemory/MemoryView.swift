import Synchronization
import VTdFormats

/// One range as it is mapped in this process.
package struct MemoryRegion: @unchecked Sendable {
  let base: UInt64
  let size: UInt64
  let isReadOnly: Bool
  let pointer: UnsafeMutableRawPointer

  /// Reserves address space; nil where the host refuses.
  init?(_ range: PhysicalMemory.Range) {
    guard let mapped = HostPages.map(range.size) else { return nil }
    base = range.base.rawValue
    size = range.size
    isReadOnly = range.isReadOnly
    pointer = mapped
  }

  func unmap() { HostPages.unmap(pointer, size) }

  func clear() { HostPages.clear(pointer, size) }
}

/// Memory as a walk sees it: a few pointers and bounds, copied by value, no reference counting.
///
/// Valid as long as its ``PhysicalMemory`` lives. The first range is at hand, the others are
/// searched: machines have memory below and above 4 GiB, and tables mostly lie low.
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
    let first = regions.first
    base = first?.base ?? 0
    words = first.map { $0.size - 7 } ?? 0
    pointer = first?.pointer ?? UnsafeMutableRawPointer(bitPattern: 8).unsafelyUnwrapped
    isReadOnly = first?.isReadOnly ?? true
  }

  /// Where `count` bytes from `address` are; nil where they are not all memory, or where they are
  /// to be written and must not be.
  package func pointer(
    to address: UInt64, count: UInt64, writing: Bool
  ) -> UnsafeMutableRawPointer? {
    for region in regions {
      let offset = address &- region.base
      if offset < region.size, count <= region.size &- offset {
        return writing && region.isReadOnly
          ? nil : region.pointer + Int(truncatingIfNeeded: offset)
      }
    }
    return nil
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
