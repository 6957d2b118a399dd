import PhysicalMemory
import Synchronization
import VTdFormats

/// Tables of one stage walked at speed, as long as nothing is remarkable.
///
/// It decides nothing: it reads entries down to a leaf and gathers what all of them and any of them
/// have set. An entry with a suspect bit, or outside the memory that begins at address 0, makes it
/// give up, and the walk of ``Walker`` starts over and finds out what there is to say. What it does
/// return, others judge; an entry that is not present shows as a permission that is missing.
struct PlainWalk {
  /// The leaf entry.
  let leaf: UInt64
  /// Bits that every entry has.
  let all: UInt64
  /// Bits that some entry has.
  let any: UInt64
  /// The leaf's table, and `all` above it.
  let table: UInt64
  let allAbove: UInt64

  /// A walk that was made elsewhere, step by step.
  @inline(__always)
  init(leaf: UInt64, all: UInt64, any: UInt64, table: UInt64, allAbove: UInt64) {
    self.leaf = leaf
    self.all = all
    self.any = any
    self.table = table
    self.allAbove = allAbove
  }

  /// How far an address is shifted to give the byte offset of its entry in a top table: nine bits of
  /// the address, moved to bit 3.
  @inline(__always)
  static func shift(levels: UInt8) -> UInt64 { 9 &* UInt64(levels) }

  /// In the table of a leaf.
  @inline(__always) static var leafShift: UInt64 { 9 }

  /// From `table`, where the entry is found by `shift`; `all` are the bits of the entries above.
  /// Nil where something needs a closer look: a large page does, too.
  @inline(__always)
  init?(
    _ address: UInt64, table: UInt64, shift: UInt64, all: UInt64, suspect: PlainMasks,
    _ memory: PlainMemory
  ) {
    var table = table
    var shift = shift
    var all = all
    var any: UInt64 = 0
    while true {
      guard let entry = memory[table | (address &>> shift) & 0xff8] else { return nil }
      if shift == Self.leafShift {
        if (any & suspect.inner) | (entry & suspect.leaf) != 0 { return nil }
        self.leaf = entry
        self.all = all & entry
        self.any = any | entry
        self.table = table
        self.allAbove = all
        return
      }
      all &= entry
      any |= entry
      table = entry & BitField<SecondStageEntry>.address.mask
      shift &-= 9
    }
  }
}

/// A plain walk that ends at a page of 2 MiB or 1 GiB.
struct LargePageWalk {
  let walk: PlainWalk
  /// 2 or 3.
  let level: Int

  /// From `table` of a level; nil where something else is mapped or needs a closer look.
  init?(
    _ address: UInt64, table: UInt64, level: Int, all: UInt64, suspect: PlainMasks,
    _ memory: PlainMemory
  ) {
    var table = table
    var all = all
    var any: UInt64 = 0
    var level = level
    while level > 1 {
      guard let entry = memory[table | Paging.entryOffset(of: address, level: level)] else {
        return nil
      }
      if entry & BitField<SecondStageEntry>.pageSize.mask != 0 {
        if level > 3 { return nil }
        let reserved = level == 2 ? suspect.large : suspect.huge
        if (any & suspect.inner) | (entry & reserved) != 0 { return nil }
        self.level = level
        walk = PlainWalk(
          leaf: entry, all: all & entry, any: any | entry, table: table, allAbove: all)
        return
      }
      all &= entry
      any |= entry
      table = entry & BitField<SecondStageEntry>.address.mask
      level &-= 1
    }
    return nil
  }
}

/// Bits that an entry of a plain walk does not have: above the leaf, and in the leaf of 4 KiB, 2 MiB
/// or 1 GiB.
struct PlainMasks {
  let inner: UInt64
  let leaf: UInt64
  let large: UInt64
  let huge: UInt64

  /// Every bit: no walk is plain.
  static var all: PlainMasks { PlainMasks(inner: ~0, leaf: ~0, large: ~0, huge: ~0) }

  private init(inner: UInt64, leaf: UInt64, large: UInt64, huge: UInt64) {
    self.inner = inner
    self.leaf = leaf
    self.large = large
    self.huge = huge
  }

  /// From the reserved bits at `level * 2 + leaf`: what any upper level reserves, and PS.
  init(_ reserved: UnsafePointer<UInt64>) {
    inner =
      [2, 3, 4, 5].reduce(BitField<SecondStageEntry>.pageSize.mask) { $0 | reserved[$1 * 2] }
    leaf = reserved[3]
    large = reserved[5]
    huge = reserved[7]
  }
}

/// The memory that begins at address 0, where tables mostly lie, without any other.
struct PlainMemory {
  private let pointer: UnsafeMutableRawPointer
  /// Bytes less 7, so that one comparison bounds a word; 0 without such memory.
  private let words: UInt64

  init(_ view: MemoryView) {
    pointer = view.pointer
    words = view.base == 0 ? view.words : 0
  }

  /// The 64 bits at an address that is a multiple of 8; nil where this memory ends.
  @inline(__always)
  subscript(address: UInt64) -> UInt64? {
    if _slowPath(address >= words) { return nil }
    return (pointer + Int(truncatingIfNeeded: address))
      .assumingMemoryBound(to: Atomic<UInt64>.self).pointee.load(ordering: .relaxed)
  }
  /// Four words; nil where they are not all in this memory.
  @inline(__always)
  func words4(_ address: UInt64) -> SIMD4<UInt64>? {
    if _slowPath(address >= words || words &- address <= 24) { return nil }
    let first = (pointer + Int(truncatingIfNeeded: address))
      .assumingMemoryBound(to: Atomic<UInt64>.self)
    return SIMD4(
      first[0].load(ordering: .relaxed), first[1].load(ordering: .relaxed),
      first[2].load(ordering: .relaxed), first[3].load(ordering: .relaxed))
  }
}
