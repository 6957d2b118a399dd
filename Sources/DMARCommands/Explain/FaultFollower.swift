internal import Diagnosis

/// Finds what is new in a log that is followed: faults, table dumps of faults that were explained
/// already, and repeated faults. It takes time in proportion to what has changed.
struct FaultFollower {
  /// Indices into the log's faults.
  struct News {
    /// The faults to explain: new ones, and those whose dump has come since.
    var faults: [Int] = []
    /// The faults that came again and whose count is to be shown.
    var counts: [Int] = []
    /// Whether to show how many faults came beyond those that are kept separately.
    var tellsOthers = false

    var isEmpty: Bool { faults.isEmpty && counts.isEmpty && !tellsOthers }
  }

  private struct Told {
    var count: Int
    var dumpLines: Int
    /// Whether it waits in `queue` for its count to be shown.
    var isQueued = false
  }

  private var told: [Told] = []
  /// Faults whose dump has grown; a dump counts as complete when the log pauses.
  private var dumps: Set<Int> = []
  /// Faults that came again, the longest waiting first.
  private var queue: [Int] = []
  private var others = 0
  /// The counts of repeated faults are shown at most once in this time.
  private static let pause = Duration.seconds(1)
  /// How many counts are shown at once.
  private static let mostCounts = 16
  private var lastCount: ContinuousClock.Instant?

  /// Returns what is to be shown now, and takes it as shown.
  ///
  /// - Parameters:
  ///   - changes: the faults that are new or have changed since the last call, in order.
  ///   - isQuiet: whether the log has paused: a dump that has begun is whole then.
  mutating func news(of contents: LogContents, changes: [Int], isQuiet: Bool) -> News {
    var news = News()
    for index in changes { take(index, contents.faults[index], &news) }
    if isQuiet, !dumps.isEmpty {
      for index in dumps.sorted() {
        note(index, contents.faults[index])
        news.faults.append(index)
      }
      dumps = []
    }
    let isCounting = lastCount.map { ContinuousClock.now - $0 >= Self.pause } ?? true
    guard isCounting else { return news }
    var taken = 0
    while taken < queue.count, news.counts.count < Self.mostCounts {
      let index = queue[taken]
      taken += 1
      told[index].isQueued = false
      let count = contents.faults[index].count
      // An explanation may have shown this count since.
      guard count > told[index].count else { continue }
      told[index].count = count
      news.counts.append(index)
    }
    queue.removeFirst(taken)
    if contents.faultsNotKept > others {
      others = contents.faultsNotKept
      news.tellsOthers = true
    }
    if !news.counts.isEmpty || news.tellsOthers { lastCount = .now }
    return news
  }

  private mutating func take(_ index: Int, _ fault: FaultGroup, _ news: inout News) {
    guard index < told.count else {
      told.append(Told(count: 0, dumpLines: 0))
      note(index, fault)
      news.faults.append(index)
      return
    }
    if fault.dump?.lines.count ?? 0 > told[index].dumpLines { dumps.insert(index) }
    if fault.count > told[index].count, !told[index].isQueued {
      told[index].isQueued = true
      queue.append(index)
    }
  }

  private mutating func note(_ index: Int, _ fault: FaultGroup) {
    told[index].count = fault.count
    told[index].dumpLines = fault.dump?.lines.count ?? 0
  }
}
