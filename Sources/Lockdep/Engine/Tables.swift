/// The state that every acquire and release touches, in flat memory.
///
/// Plain structs behind pointers, so that a chain-cache hit costs a few loads: no reference
/// counting, no uniqueness checks, no exclusivity checks. ``Validator`` owns and frees them; every
/// index that comes from a caller is compared with its table's count before use.

/// No index.
let noIndex: UInt32 = .max
let noEdge: Int32 = -1

/// A lock instance.
struct LockMap {
  var address: UInt64
  /// The classes of subclass 0 and 1, once looked up (`class_cache`).
  var cachedClass0 = noIndex
  var cachedClass1 = noIndex
  /// `cachedClass0` where a plain acquire has nothing special to it: not exempt, a normal class,
  /// proving on.
  var plainClass = noIndex
  /// Its key is ``LockKey/noValidate``.
  var isExempt: Bool
}

/// A lock class: what acquires and searches read of it.
struct ClassEntry {
  var usage: UInt16 = 0
  var waitInner: UInt8
  var waitOuter: UInt8
  /// What its context must allow; 0 if nothing is checked.
  var waitNeed: UInt8
  /// What it leaves to be taken under it.
  var waitFloor: UInt8
  var type: LockType
  var hasCompare = false
  var isZapped = false
  /// USED_IN bits of every class from which this one can be reached, its own included; ENABLED
  /// bits of every class that it reaches. Upper bounds: they ignore read kinds (see ``Graph``).
  var usedBefore: UInt8 = 0
  var enabledAfter: UInt8 = 0
  /// The search that visited it last.
  var generation: UInt32 = 0
  /// Edges from it and to it, in order of creation.
  var firstAfter = noEdge
  var lastAfter = noEdge
  var firstBefore = noEdge
  var lastBefore = noEdge
  /// The component of the topological order that it belongs to.
  var component: UInt32
  /// The next class of that component.
  var nextMember = noIndex

  init(waitInner: UInt8, waitOuter: UInt8, type: LockType, component: UInt32) {
    self.waitInner = waitInner
    self.waitOuter = waitOuter
    self.type = type
    self.component = component
    waitNeed = waitInner == 0 ? 0 : waitOuter == 0 ? waitInner : waitOuter
    waitFloor = waitInner == 0 ? .max : waitInner
  }
}

/// A lock that a task holds (`struct held_lock`).
struct HeldEntry {
  /// The chain key before it.
  var previousChainKey: UInt64
  var frame: LockdepFrame
  var lock: UInt32
  var classIndex: UInt32
  var nest: UInt32
  var references: UInt32
  var pinCount: UInt32
  var irqContext: UInt8
  var isTrylock: Bool
  var isChecked: Bool
  var isSync: Bool
  var mode: LockMode
  var hardirqsOff: Bool
  /// The strictest inner wait type from the start of this irq context up to here.
  var waitFloor: UInt8
  /// A wait-override class below replaced what the context allows.
  var waitOverridden: Bool

  /// What lies under a task's first lock: process context, everything allowed.
  static let bottom = HeldEntry(
    previousChainKey: ChainKey.initial, frame: .none, lock: noIndex, classIndex: noIndex,
    nest: noIndex, references: 0, pinCount: 0, irqContext: 0, isTrylock: false, isChecked: false,
    isSync: false, mode: .exclusive, hardirqsOff: false, waitFloor: .max, waitOverridden: false)
}

struct TaskEntry {
  /// Room for `Limits.depth` entries, with ``HeldEntry/bottom`` at index -1.
  let held: UnsafeMutablePointer<HeldEntry>
  var depth: Int32 = 0
  /// Nonzero: the validator looks away (recursion, NMI).
  var bypass: UInt32 = 0
  var chainKey: UInt64 = ChainKey.initial
  var softirqContext: Int32 = 0
  /// The task's share of `preempt_count`.
  var hardirqCount: Int32 = 0
  var softirqCount: Int32 = 0
  var nmiCount: Int32 = 0
  var recursion: Int32 = 0
  var softirqsEnabled = true {
    didSet { usageWhenOn = softirqsEnabled ? Self.usageWithSoftirqs : Self.usageWithHardirqs }
  }
  /// The write usages of a lock taken in process context with hardirqs on.
  private(set) var usageWhenOn = Self.usageWithSoftirqs
  var hardirqThreaded = false
  var irqConfig = false
  var irqTrace = IRQTrace()

  private static let usageWithHardirqs: UInt16 = 1 << 8 | 1 << 2
  private static let usageWithSoftirqs: UInt16 = 1 << 8 | 1 << 2 | 1 << 6

  init() {
    let memory = UnsafeMutablePointer<HeldEntry>.allocate(capacity: Limits.depth + 1)
    memory.initialize(to: .bottom)
    held = memory + 1
  }

  func deallocate() {
    (held - 1).deallocate()
  }
}

struct CPUEntry {
  var hardirqsEnabled = true
  var hardirqContext: Int32 = 0
}

/// The hash of a stack of held locks (the kernel's `iterate_chain_key`).
enum ChainKey {
  /// Of an empty stack.
  static let initial: UInt64 = .max

  /// `key` with one more lock: its class and its read kind.
  @inline(__always)
  static func append(_ key: UInt64, classIndex: UInt32, mode: LockMode) -> UInt64 {
    let id = UInt64(classIndex) | UInt64(mode.rawValue) << 32
    let product = (key ^ (id &+ 1)) &* 0x9e37_79b9_7f4a_7c15
    return product ^ (product &>> 29)
  }
}
