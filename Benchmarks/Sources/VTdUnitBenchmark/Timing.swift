import CAffinity
import CTranslation
import Glibc
import PhysicalMemory
import VTdFormats
import VTdUnit

/// Times as ratios within one run: rounds of Swift and C in turn, the best of each, since whatever
/// else the machine does only ever adds.
enum Timing {
  static func report() throws {
    print("\(padded("the unit, in this run", 44))  result     bar")
    try hit()
    try miss()
    try threads()
    try memory()
    try allocations()
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(width - text.count, 0))
  }

  private static func row(_ name: String, _ value: Double, _ unit: String, bar: String) {
    let rounded = (value * 1000).rounded() / 1000
    print("\(padded(name, 44))  \(padded("\(rounded)\(unit)", 10)) \(bar)")
  }

  /// Processor time of this thread.
  static func seconds(_ body: () -> Void) -> Double {
    var before = timespec()
    var after = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before)
    body()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after)
    return Double(after.tv_sec - before.tv_sec) + Double(after.tv_nsec - before.tv_nsec) * 1e-9
  }

  /// The best of 31 rounds each, in turn.
  private static func best(_ swift: () -> Void, _ c: () -> Void) -> (swift: Double, c: Double) {
    var result = (swift: Double.infinity, c: Double.infinity)
    for _ in 0..<31 {
      result.swift = min(result.swift, seconds(swift))
      result.c = min(result.c, seconds(c))
    }
    return result
  }

  /// A look-up that hits, against the same look-up in C.
  private static func hit() throws {
    let bench = try BenchUnit(.legacy, pages: 512)
    let requests = BenchUnit.requests(512)
    for request in requests { _ = bench.unit.translate(request) }
    // The C side: one requester, the same pages, with a space of its own.
    let cache = c_cache_make(512)
    let space: UInt64 = 0x35
    let attributes: UInt64 = 0x18 | 1 << 40 | 1 << 52 | ~0 << 55
    var requesters = [UInt64](repeating: 0, count: 256)
    requesters[Int((attributes ^ attributes >> 16) & 255)] =
      attributes & ((1 << 41) - 1) | space << 43
    let iovas = requests.map(\.address.rawValue)
    for iova in iovas { c_cache_fill(cache, space, iova, iova & ~0xfff | 7) }
    let repeats = 200
    var sums: (swift: UInt64, c: UInt64) = (0, 0)
    let times = withExtendedLifetime(bench.unit) {
      requests.withUnsafeBytes { raw in
        withUnsafePointer(to: cache) { cache in
          best(
            {
              guard let start = raw.baseAddress else { return }
              for _ in 0..<repeats { sums.swift &+= measureTranslate(bench.handle, start, 512) }
            },
            {
              for _ in 0..<repeats {
                sums.c &+= measureCHit(requesters, cache, iovas, attributes, 512)
              }
            })
        }
      }
    }
    if sums.swift == 0 || sums.c == 0 { print("nothing was translated") }
    row("IOTLB hit", times.swift / Double(512 * repeats) * 1e9, " ns", bar: "")
    row("IOTLB hit, to the same look-up in C", times.swift / times.c, "x", bar: "1.2x")
  }

  /// A miss of four levels, against four dependent loads through the same tables in C, with the
  /// checks that a walk needs. Pages lie 2 MiB apart, so that each has its own table, and are asked
  /// for in an order that no processor foresees.
  ///
  /// The first ratio is of requests that wait for one another, so that the loads of both sides are
  /// as dependent as they can be. In the second they do not, and a processor has several short walks
  /// of the loop in C in flight at once. Unlike that loop the unit looks up three caches first and
  /// fills two of them, each with a locked exchange: the third ratio has that in C as well.
  private static func miss() throws {
    let count = 4096
    let bench = try BenchUnit(.legacy, pages: count, stride: 2 << 20)
    var requests = BenchUnit.requests(count, stride: 2 << 20)
    var state: UInt64 = 1
    for index in stride(from: count - 1, to: 0, by: -1) {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      requests.swapAt(index, Int(state >> 33) % (index + 1))
    }
    for request in requests { _ = bench.unit.translate(request) }
    let iovas = requests.map(\.address.rawValue)
    let size: UInt64 = 1 << 30
    guard let bytes = c_memory_make(size) else { return }
    defer { c_memory_free(bytes, size) }
    bench.copyTables(to: bytes)
    var sums: (swift: UInt64, c: UInt64) = (0, 0)
    let (chained, times) = withExtendedLifetime(bench.unit) {
      requests.withUnsafeBytes { raw in
        (
          best(
            {
              guard let start = raw.baseAddress else { return }
              sums.swift &+= measureTranslateChained(bench.handle, start, count)
            }, { sums.c &+= measureCWalkChained(bytes, size, bench.topTable, iovas, count) }),
          best(
            {
              guard let start = raw.baseAddress else { return }
              sums.swift &+= measureTranslate(bench.handle, start, count)
            }, { sums.c &+= measureCWalk(bytes, size, bench.topTable, iovas, count) })
        )
      }
    }
    if sums.swift != sums.c { print("Swift and C do not agree") }
    row("miss, four levels", chained.swift / Double(count) * 1e9, " ns", bar: "")
    row("miss, to the same dependent loads in C", chained.swift / chained.c, "x", bar: "1.5x")
    row("independent misses", times.swift / Double(count) * 1e9, " ns", bar: "")
    row("independent misses, to loads in C", times.swift / times.c, "x", bar: "")
    let cache = c_cache_make(512)
    let tables = c_cache_make(512)
    let whole = withExtendedLifetime(bench.unit) {
      requests.withUnsafeBytes { raw in
        withUnsafePointer(to: cache) { cache in
          withUnsafePointer(to: tables) { tables in
            best(
              {
                guard let start = raw.baseAddress else { return }
                sums.swift &+= measureTranslate(bench.handle, start, count)
              },
              {
                sums.c &+= measureCMiss(
                  cache, tables, bytes, size, bench.topTable, iovas, count)
              })
          }
        }
      }
    }
    row("independent misses, to C with look-ups, fills", whole.swift / whole.c, "x", bar: "")
  }

  /// Two threads on different source-ids against one. Each thread's own processor time counts, so
  /// that a busy machine does not: what threads do to one another shows in it, for none ever sleeps.
  private static func threads() throws {
    let bench = try BenchUnit(.legacy, pages: 64)
    let first = BenchUnit.requests(64)
    let second = BenchUnit.requests(64, source: SourceID(rawValue: 0x20))
    for request in first + second { _ = bench.unit.translate(request) }
    var one = Double.infinity
    var two = Double.infinity
    for _ in 0..<25 {
      one = min(one, try run([first], bench))
      two = min(two, try run([first, second], bench))
    }
    row("2 threads, throughput to one", 2 * one / two, "x", bar: "1.8x")
  }

  /// The processor time of the thread that took longest.
  private static func run(_ work: [[DMARequest]], _ bench: BenchUnit) throws -> Double {
    let threads = try work.map { requests in
      try Thread {
        requests.withUnsafeBytes { raw in
          guard let start = raw.baseAddress else { return }
          for _ in 0..<20_000 { _ = measureTranslate(bench.handle, start, requests.count) }
        }
      }
    }
    return threads.map { $0.join() }.max() ?? 0
  }

  /// A tebibyte of address space of which a gibibyte is written, page by page.
  private static func memory() throws {
    let memory = try PhysicalMemory(size: 1 << 40)
    let touched: UInt64 = 1 << 30
    for page in 0..<touched / 4096 {
      memory.store64(1, at: PhysicalAddress(rawValue: page * 4096 * 1024))
    }
    row(
      "memory of 1 TiB, 1 GiB touched", Double(memory.residentBytes) / Double(touched), "x",
      bar: "1.05x")
  }

  /// What hits and misses allocate, of 100,000 requests.
  private static func allocations() throws {
    let bench = try BenchUnit(.legacy, pages: 8192)
    let requests = BenchUnit.requests(8192)
    for request in requests { _ = bench.unit.translate(request) }
    let before = allocations_so_far()
    for _ in 0..<12 { for request in requests { _ = bench.unit.translate(request) } }
    let afterMisses = allocations_so_far()
    for _ in 0..<100_000 { _ = bench.unit.translate(requests[8191]) }
    let afterHits = allocations_so_far()
    row("allocations, misses", Double(afterMisses - before), "", bar: "0")
    row("allocations, hits", Double(afterHits - afterMisses), "", bar: "0")
  }
}

/// A thread of its own, which measures its processor time.
final class Thread: @unchecked Sendable {
  private var thread: pthread_t = 0
  private var time = 0.0
  private let body: () -> Void

  struct CannotStart: Error {}

  init(_ body: @escaping () -> Void) throws {
    self.body = body
    let context = Unmanaged.passRetained(self).toOpaque()
    let status = pthread_create(
      &thread, nil,
      { argument in
        if let argument {
          let thread = Unmanaged<Thread>.fromOpaque(argument).takeRetainedValue()
          thread.time = Timing.seconds(thread.body)
        }
        return nil
      }, context)
    if status != 0 { throw CannotStart() }
  }

  func join() -> Double {
    pthread_join(thread, nil)
    return time
  }
}
