internal import KernelProfiles
internal import KernelRuntime
internal import Lockdep
internal import VTdFormats

/// What the DMA API keeps for a domain: its addresses, and what waits to be flushed
/// (`struct iommu_dma_cookie`).
final class DMAAddressSpace {
  private let kernel: KernelContext
  private var allocator = IOVAAllocator()
  /// Freed ranges of 1, 2, 4 … 32 pages, kept for the next request of their size.
  ///
  /// The kernel keeps them in magazines of 127, two for each CPU and 32 for all; here there is one
  /// CPU and one stack of as many as these hold.
  private var cached = [[UInt64]](repeating: [], count: DMAAddressSpace.cachedSizes)
  private let treeLock: KernelLock
  private let cacheLock: KernelLock
  private let depotLock: KernelLock
  /// Nil in a domain that flushes at once.
  var queue: FlushQueue?

  /// IOVA_RANGE_CACHE_MAX_SIZE.
  private static let cachedSizes = 6
  private static let capacity = 127 * (2 + 32)

  init(isLazy: Bool, reserved: [ClosedRange<UInt64>], in kernel: KernelContext) {
    self.kernel = kernel
    treeLock = kernel.makeLock(
      .spinlock, class: "&iovad->iova_rbtree_lock", instance: "iovad.iova_rbtree_lock")
    cacheLock = kernel.makeLock(
      .spinlock, class: "&cpu_rcache->lock", instance: "iovad.cpu_rcache.lock")
    depotLock = kernel.makeLock(.spinlock, class: "&rcache->lock", instance: "iovad.rcache.lock")
    for range in reserved { reserve(range) }
    if isLazy { queue = FlushQueue(in: kernel) }
  }

  func reserve(_ range: ClosedRange<UInt64>) {
    kernel.locked(treeLock, .irqsave) { allocator.reserve(range) }
  }

  /// alloc_iova_fast: pages for a mapping of `count`, the last of them at most `last`.
  func allocate(_ count: UInt64, upTo last: UInt64, flushesCache: Bool) -> UInt64? {
    let size = rounded(count)
    if let kept = takeCached(size, upTo: last) { return kept }
    if let found = search(size, upTo: last) { return found }
    guard flushesCache else { return nil }
    for index in cached.indices {
      for first in cached[index] {
        kernel.locked(treeLock, .irqsave) { allocator.free(first) }
      }
      cached[index] = []
    }
    return search(size, upTo: last)
  }

  private func search(_ size: UInt64, upTo last: UInt64) -> UInt64? {
    kernel.locked(treeLock, .irqsave) { allocator.allocate(size, below: last + 1) }
  }

  /// free_iova_fast.
  func free(_ first: UInt64, _ count: UInt64) {
    let order = Self.order(of: count)
    if order < Self.cachedSizes, cached[order].count < Self.capacity {
      kernel.locked(cacheLock, .irqsave) { cached[order].append(first) }
    } else {
      kernel.locked(treeLock, .irqsave) { allocator.free(first) }
    }
  }

  /// What can be cached is rounded up to a power of two, so that it can be used again.
  private func rounded(_ count: UInt64) -> UInt64 {
    count < 1 << UInt64(Self.cachedSizes - 1) ? 1 << UInt64(Self.order(of: count)) : count
  }

  private static func order(of count: UInt64) -> Int {
    count <= 1 ? 0 : 64 - (count - 1).leadingZeroBitCount
  }

  private func takeCached(_ size: UInt64, upTo last: UInt64) -> UInt64? {
    let order = Self.order(of: size)
    guard order < Self.cachedSizes else { return nil }
    return kernel.locked(cacheLock, .irqsave) {
      if cached[order].isEmpty { kernel.locked(depotLock, .plain) {} }
      guard let index = cached[order].lastIndex(where: { $0 + size <= last + 1 }) else {
        return nil
      }
      // The newest fills the gap.
      cached[order].swapAt(index, cached[order].count - 1)
      return cached[order].removeLast()
    }
  }
}

/// Unmapped ranges that wait for one flush of the whole domain (`struct iova_fq`).
struct FlushQueue {
  struct Entry {
    let first: UInt64
    let count: UInt64
    /// Page tables that the unit may still walk.
    let tables: [PhysicalAddress]
    /// Flushes that had begun when it was queued: it is free when one more has ended.
    let flush: Int
  }

  var entries: [Entry] = []
  var startedFlushes = 0
  var finishedFlushes = 0
  var isTimerOn = false
  let lock: KernelLock
  /// What the validator knows the timer by.
  let timerMap: KernelLock

  /// A ring of IOVA_FQ_SIZE holds one less.
  static let capacity = 255
  /// IOVA_FQ_TIMEOUT, in microseconds.
  static let timeout: UInt64 = 10_000

  init(in kernel: KernelContext) {
    lock = kernel.makeLock(.spinlock, class: "&fq->lock", instance: "fq.lock")
    timerMap = kernel.makeLock(.map, class: "(&cookie->fq_timer)", instance: "fq_timer")
  }
}
