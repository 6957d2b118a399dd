import PhysicalMemory
import Synchronization
import VTdFormats

/// Tables of one stage walked at speed, as long as nothing is remarkable.
///
/// It decides nothing: it reads entries down to a leaf and gathers what all of them and any of them
/// have set. An entry with a suspect bit, or outside the first memory range, makes it give up, and
/// the walk of ``Walker`` starts over and finds out what there is to say. What it does return,
/// ``Walker`` judges by the same functions.
struct PlainWalk {
  /// The leaf entry.
  var leaf: UInt64
  /// Bits that every entry has.
  var all: UInt64
  /// Bits that some entry has.
  var any: UInt64
  /// The leaf's table, and `all` above it.
  var table: UInt64
  var allAbove: UInt64

  /// Nil where something needs a closer look: a large page does, too.
  @inline(__always)
  init?(
    _ address: UInt64, table: UInt64, level: Int, all: UInt64, suspect: PlainMasks,
    _ environment: UnsafePointer<WalkEnvironment>
  ) {
    let base = environment.pointee.memory.base
    let words = environment.pointee.memory.words
    let pointer = environment.pointee.memory.pointer
    var table = table
    var all = all
    var any: UInt64 = 0
    // Byte offset of the entry: nine bits of the address, moved to bit 3.
    var shift = UInt64(truncatingIfNeeded: 9 &* level)
    while true {
      let offset = table &+ ((address &>> shift) & 0xff8) &- base
      if offset >= words { return nil }
      let entry = (pointer + Int(truncatingIfNeeded: offset))
        .assumingMemoryBound(to: Atomic<UInt64>.self).pointee.load(ordering: .relaxed)
      if shift == 9 {
        if entry & suspect.leaf != 0 { return nil }
        self.leaf = entry
        self.all = all & entry
        self.any = any | entry
        self.table = table
        self.allAbove = all
        return
      }
      if entry & suspect.inner != 0 { return nil }
      all &= entry
      any |= entry
      table = entry & BitField<SecondStageEntry>.address.mask
      shift &-= 9
    }
  }
}

/// Bits that an entry of a plain walk does not have: above the leaf, and in the leaf of 4 KiB.
struct PlainMasks {
  let inner: UInt64
  let leaf: UInt64

  /// From the reserved bits at `level * 2 + leaf`: what any upper level reserves, and PS.
  init(_ reserved: UnsafePointer<UInt64>) {
    inner =
      [2, 3, 4, 5].reduce(BitField<SecondStageEntry>.pageSize.mask) { $0 | reserved[$1 * 2] }
    leaf = reserved[3]
  }
}
