import CTranslation
import Glibc
import VTdFormats
import VTdUnit

/// Times as ratios within one run: rounds of Swift and C in turn, the median of each.
enum Timing {
  static func report() throws {
    try hit()
    try threads()
  }

  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

  private static func print2(_ name: String, _ value: Double, _ unit: String) {
    let rounded = (value * 100).rounded() / 100
    print("\(name): \(rounded) \(unit)")
  }

  /// A look-up that hits, against the same look-up in C.
  private static func hit() throws {
    let bench = try BenchUnit(.legacy, pages: 512)
    let requests = BenchUnit.requests(512)
    for request in requests { _ = bench.unit.translate(request) }
    // The C side: one requester, the same pages, with a space number of its own.
    let cache = c_cache_make(256)
    let space: UInt64 = 0x9e375 << 2 & 0x7fffff
    let attributes: UInt64 = 0x18 | 1 << 40 | 1 << 61
    var requesters = [UInt64](repeating: 0, count: 256)
    requesters[Int((attributes ^ attributes >> 16) & 255)] =
      attributes & ((1 << 41) - 1) | space << 41
    let iovas = requests.map(\.address.rawValue)
    for iova in iovas { c_cache_fill(cache, space, iova, iova & ~0xfff | 7) }
    var swift: [Double] = []
    var c: [Double] = []
    let repeats = 200
    withExtendedLifetime(bench.unit) {
      requests.withUnsafeBytes { raw in
        iovas.withUnsafeBufferPointer { iovas in
          requesters.withUnsafeBufferPointer { requesters in
            guard let start = raw.baseAddress, let addresses = iovas.baseAddress,
              let slots = requesters.baseAddress
            else { return }
            var sum: UInt64 = 0
            withUnsafePointer(to: cache) { cache in
              for _ in 0..<31 {
                var before = now()
                for _ in 0..<repeats { sum &+= measureTranslate(bench.handle, start, 512) }
                swift.append(now() - before)
                before = now()
                for _ in 0..<repeats {
                  sum &+= measureCHit(slots, cache, addresses, attributes, 512)
                }
                c.append(now() - before)
              }
            }
            if sum == 0 { print("nothing was translated") }
          }
        }
      }
    }
    print2("IOTLB hit", median(swift) / Double(512 * repeats) * 1e9, "ns")
    print2("IOTLB hit against the same look-up in C", median(swift) / median(c), "x")
  }

  /// Two threads on different source-ids against one.
  private static func threads() throws {
    let bench = try BenchUnit(.legacy, pages: 64)
    let first = BenchUnit.requests(64)
    let second = BenchUnit.requests(64, source: SourceID(rawValue: 0x20))
    for request in first + second { _ = bench.unit.translate(request) }
    var ratios: [Double] = []
    for _ in 0..<15 {
      let one = try run([first], bench)
      let two = try run([first, second], bench)
      ratios.append(2 * one / two)
    }
    print2("2 threads against one", median(ratios), "x the throughput")
  }

  private static func run(_ work: [[DMARequest]], _ bench: BenchUnit) throws -> Double {
    let before = now()
    let threads = try work.map { requests in
      try Thread {
        requests.withUnsafeBytes { raw in
          guard let start = raw.baseAddress else { return }
          for _ in 0..<20_000 { _ = measureTranslate(bench.handle, start, requests.count) }
        }
      }
    }
    for thread in threads { thread.join() }
    return now() - before
  }
}

/// A thread of its own.
final class Thread: @unchecked Sendable {
  private var thread: pthread_t = 0
  private let body: () -> Void

  struct CannotStart: Error {}

  init(_ body: @escaping () -> Void) throws {
    self.body = body
    let context = Unmanaged.passRetained(self).toOpaque()
    let status = pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Thread>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
      }, context)
    if status != 0 { throw CannotStart() }
  }

  func join() { pthread_join(thread, nil) }
}
