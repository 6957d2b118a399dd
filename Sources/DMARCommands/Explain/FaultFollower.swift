internal import Diagnosis

/// What is new in a log that is followed: faults, dumps that came behind faults that were told
/// already, and how often a fault has come again.
struct FaultFollower {
  /// Indices into the log's faults.
  struct News {
    /// To be explained: new ones, and those whose dump has come since.
    var faults: [Int] = []
    /// To be counted.
    var counts: [Int] = []

    var isEmpty: Bool { faults.isEmpty && counts.isEmpty }
  }

  private struct Told {
    var count: Int
    var dumpLines: Int
  }

  private var told: [Told] = []
  private var events = 0
  /// Faults that came again are counted once in this time.
  private static let pause = Duration.seconds(1)
  private var lastCount: ContinuousClock.Instant?

  /// What to tell now, which is told with it.
  ///
  /// - Parameter isQuiet: whether the log has paused: a dump that has begun is whole then.
  mutating func news(of contents: LogContents, isQuiet: Bool) -> News {
    var news = News()
    let isCounting = lastCount.map { ContinuousClock.now - $0 >= Self.pause } ?? true
    guard contents.eventCount > events || isQuiet && isCounting else { return news }
    events = contents.eventCount
    for (index, fault) in contents.faults.enumerated() {
      let now = Told(count: fault.count, dumpLines: fault.dump?.lines.count ?? 0)
      guard index < told.count else {
        told.append(now)
        news.faults.append(index)
        continue
      }
      if now.dumpLines > told[index].dumpLines, isQuiet {
        told[index] = now
        news.faults.append(index)
      } else if now.count > told[index].count, isCounting, news.counts.count < 16 {
        told[index].count = now.count
        news.counts.append(index)
      }
    }
    if !news.counts.isEmpty { lastCount = .now }
    return news
  }
}
