import VTdFormats
import VTdUnit

/// The loops whose instructions are counted. Each warms up without being counted (the measured
/// symbol is entered once more often than is counted: `iterations` says how often the loop ran).
enum CountedLoop: String, CaseIterable {
  case hitLegacy = "hit-legacy"
  case hitSecondStage = "hit-second-stage"
  case hitFirstStage = "hit-first-stage"
  case hitNested = "hit-nested"
  case hitPassThrough = "hit-pass-through"
  case hitOutcome = "hit-outcome"
  case hitLarge = "hit-large"
  case hitHuge = "hit-huge"
  case hitLargeFirst = "hit-large-first"
  case missLegacy = "miss-legacy"
  case missSecondStage = "miss-second-stage"
  case missFirstStage = "miss-first-stage"
  case missLegacyTable = "miss-legacy-table"
  case missSecondStageTable = "miss-second-stage-table"
  case missFirstStageTable = "miss-first-stage-table"
  case missLarge = "miss-large"
  case missBesideLarge = "miss-beside-large"
  case nestedUncached = "nested-uncached"
  case invalidatePage = "invalidate-page"
  case invalidateLarge = "invalidate-large"
  case invalidateBesideLarge = "invalidate-beside-large"
  case invalidateQueued = "invalidate-queued"
  case invalidateQueuedPASID = "invalidate-queued-pasid"

  /// Prints what callgrind's sum is to be divided by, then runs the loop.
  func run() throws {
    switch self {
    case .hitLegacy: try hits(.legacy)
    case .hitSecondStage: try hits(.secondStage)
    case .hitFirstStage: try hits(.firstStage)
    case .hitNested: try hits(.nested)
    case .hitPassThrough: try hits(.passThrough)
    case .hitOutcome: try outcomes()
    case .hitLarge: try hits(.legacy, leaf: .large)
    case .hitHuge: try hits(.firstStage, leaf: .huge)
    case .hitLargeFirst: try firstTouches()
    case .missLegacy: try misses(.legacy)
    case .missSecondStage: try misses(.secondStage)
    case .missFirstStage: try misses(.firstStage)
    case .missLegacyTable: try misses(.legacy, stride: 4096)
    case .missSecondStageTable: try misses(.secondStage, stride: 4096)
    case .missFirstStageTable: try misses(.firstStage, stride: 4096)
    case .missLarge: try misses(.legacy, stride: 2 << 20, leaf: .large)
    case .missBesideLarge: try misses(.legacy, stride: 2 << 20, besideLarge: true)
    case .nestedUncached: try uncached()
    case .invalidatePage: try invalidations()
    case .invalidateLarge: try invalidations(leaf: .large)
    case .invalidateBesideLarge: try invalidations(besideLarge: true)
    case .invalidateQueued: try queued(.legacy)
    case .invalidateQueuedPASID: try queued(.firstStage)
    }
  }

  private func hits(_ mode: BenchUnit.Mode, leaf: BenchUnit.Leaf = .page) throws {
    let bench = try BenchUnit(mode, pages: 512, leaf: leaf)
    let requests = BenchUnit.requests(512)
    for request in requests { _ = bench.unit.translate(request) }
    translate(bench, requests, rounds: 20)
  }

  /// Each 4 KiB of a page of 2 MiB for the first time.
  private func firstTouches() throws {
    let bench = try BenchUnit(.legacy, pages: 512, leaf: .large)
    let requests = BenchUnit.requests(512)
    _ = bench.unit.translate(requests[511])
    translate(bench, Array(requests.dropLast()), rounds: 1)
  }

  private func outcomes() throws {
    let bench = try BenchUnit(.legacy, pages: 512)
    for request in BenchUnit.requests(512) { _ = bench.unit.translate(request) }
    print("iterations \(512 * 20)")
    for _ in 0..<20 {
      _ = measureTranslateOutcome(bench.handle, BenchUnit.source.rawValue, BenchUnit.base, 512)
    }
  }

  /// More pages than the caches hold, in order: every request misses; the context is cached.
  ///
  /// Pages 2 MiB apart miss the paging-structure caches as well: four levels are read, and both
  /// caches filled. Those side by side have a table that is cached. `besideLarge` has a page of
  /// 2 MiB in the IOTLB meanwhile.
  private func misses(
    _ mode: BenchUnit.Mode, stride: UInt64 = 2 << 20, leaf: BenchUnit.Leaf = .page,
    besideLarge: Bool = false
  ) throws {
    var bench = try BenchUnit(mode, pages: 2048, stride: stride, leaf: leaf)
    let requests = BenchUnit.requests(2048, stride: stride)
    for request in requests { _ = bench.unit.translate(request) }
    if besideLarge { bench.useLargePage() }
    translate(bench, requests, rounds: 1)
  }

  private func uncached() throws {
    let bench = try BenchUnit(.nested, pages: 512, caches: .off)
    translate(bench, BenchUnit.requests(512), rounds: 4)
  }

  private func invalidations(
    leaf: BenchUnit.Leaf = .page, besideLarge: Bool = false
  ) throws {
    var bench = try BenchUnit(.legacy, pages: 1000, leaf: leaf)
    let requests = BenchUnit.requests(1000)
    if besideLarge { bench.useLargePage() }
    for request in requests { _ = bench.unit.translate(request) }
    print("iterations 1000")
    measureInvalidate(bench.handle, BenchUnit.base, 1000)
  }

  /// A page of domain 1, by the domain or by its PASID 0.
  private func queued(_ mode: BenchUnit.Mode) throws {
    let wide = mode == .firstStage
    let bench = try BenchUnit(mode, pages: 1000)
    bench.startQueue(wide: wide)
    let requests = BenchUnit.requests(1000)
    for request in requests { _ = bench.unit.translate(request) }
    print("iterations 1000")
    let low: UInt64 = wide ? 0x36 | 1 << 16 : 0x32 | 1 << 16
    measureInvalidateQueued(bench.handle, low, BenchUnit.base, wide, 1000)
  }

  private func translate(_ bench: BenchUnit, _ requests: [DMARequest], rounds: Int) {
    print("iterations \(requests.count * rounds)")
    requests.withUnsafeBytes { raw in
      guard let start = raw.baseAddress else { return }
      for _ in 0..<rounds { _ = measureTranslate(bench.handle, start, requests.count) }
    }
  }
}

extension BenchUnit {
  /// The unit for a C-callable loop; valid while the unit lives.
  var handle: UnsafeRawPointer { UnsafeRawPointer(Unmanaged.passUnretained(unit).toOpaque()) }
}
