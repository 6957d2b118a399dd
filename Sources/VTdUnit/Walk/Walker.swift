import PhysicalMemory
import Synchronization
import VTdFormats

/// Translates one request by reading tables from memory: the rules, and nothing else.
///
/// No caches, no recording, no state: ``RemappingUnit`` puts those around it. `Observer` hears every
/// step; see ``WalkObserver``.
struct Walker<Observer: WalkObserver> {
  let environment: UnsafePointer<WalkEnvironment>
  /// Whether accessed and dirty bits are written; an explanation looks without touching.
  let updatesMemory: Bool
  var observer: Observer
  /// Where a walk begins that need not begin at the top: table, level of its entries, permission
  /// above it. Level 0 means the top.
  var startTable: UInt64 = 0
  var startPermissions: UInt64 = 15
  var startLevel = 0
  /// Where a walk ended: the leaf's table, its level, permission above it.
  var leafTable: UInt64 = 0
  var leafPermissions: UInt64 = 0
  var leafLevel = 0

  @inline(__always)
  init(_ environment: UnsafePointer<WalkEnvironment>, updatesMemory: Bool, observer: Observer) {
    self.environment = environment
    self.updatesMemory = updatesMemory
    self.observer = observer
  }

  @inline(__always)
  var memory: MemoryView { environment.pointee.memory }

  /// The 64 bits at an address; nil where there is no memory.
  ///
  /// ``MemoryView/load64(_:)`` for the first range, written here because the optimiser does not
  /// inline it from its own module.
  @inline(__always)
  func load(_ address: UInt64) -> UInt64? {
    let offset = address &- environment.pointee.memory.base
    if _fastPath(offset < environment.pointee.memory.words && address & 7 == 0) {
      let word = environment.pointee.memory.pointer + Int(truncatingIfNeeded: offset)
      return word.assumingMemoryBound(to: Atomic<UInt64>.self).pointee.load(ordering: .relaxed)
    }
    return loadElsewhere(address)
  }

  @inline(never)
  private func loadElsewhere(_ address: UInt64) -> UInt64? {
    environment.pointee.memory.load64(address)
  }

  @inline(__always)
  func hasQuirk(_ quirk: UnitQuirk) -> Bool { environment.pointee.quirks.contains(quirk) }

  /// Whether a translation leads into the interrupt range: the request's own byte counts; for QEMU
  /// the whole page.
  @inline(__always)
  func leadsToInterrupts(_ result: WalkResult) -> Bool {
    result.address.isInterruptAddress
      || hasQuirk(.interruptRangeByPage)
        && PageFlags.holdsInterruptRange(
          result.address, shift: PageFlags.shift(result.flags))
  }
}
