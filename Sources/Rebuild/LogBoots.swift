public import Diagnosis
public import LogReading

/// The boots of a log, each with what it says of its machine and with its faults: the second banner in
/// a file begins another one, with a clock, tables and devices of its own. The same banner without a
/// time is what somebody printed of `/proc/version`.
public struct LogBoots: Sendable {
  /// What the log holds of one boot.
  public struct Boot: Sendable {
    /// Its facts.
    public var collector = LogCollector(keepsTables: true)
    /// Its faults.
    public var timeline = FaultTimeline()
  }

  /// The boots, in the order of the log.
  public private(set) var boots = [Boot()]
  private var file = ""
  private var banner: String?

  public init() {}

  /// From here on events come from another file.
  public mutating func begin(file: String) {
    self.file = file
    banner = nil
    open()
  }

  private mutating func open() {
    boots[boots.count - 1].collector.begin(file: file)
    boots[boots.count - 1].timeline.begin(file: file)
  }

  /// Takes what the reader of logs found next.
  public mutating func take(_ event: LogEvent) {
    if case .fact(.kernelVersion(let text)) = event.kind {
      if let banner, event.time != nil || text != banner {
        boots.append(Boot())
        open()
      }
      banner = text
    }
    boots[boots.count - 1].collector.take(event)
    boots[boots.count - 1].timeline.take(event)
  }

  /// Gives every boot what is known of the machine from elsewhere.
  public mutating func giveEach(_ give: (inout LogCollector) -> Void) {
    for index in boots.indices { give(&boots[index].collector) }
  }

  /// The boot with the most faults, the last of several with as many; and the faults of the others.
  public var chosen: (boot: Boot, others: [LeftOut]) {
    var best = 0
    for (index, boot) in boots.enumerated()
    where boot.timeline.weight >= boots[best].timeline.weight {
      best = index
    }
    let others = boots.enumerated().filter { $0.offset != best }.flatMap { place, boot in
      boot.timeline.places.map {
        LeftOut(
          $0, "it belongs to boot \(place + 1) of the log, and boot \(best + 1) is imported",
          in: boot.timeline.files)
      }
    }
    return (boots[best], others)
  }

  /// The boot of this number, from 1 on; nil where the log has no such boot.
  public subscript(number: Int) -> Boot? {
    boots.indices.contains(number &- 1) ? boots[number - 1] : nil
  }
}

extension FaultTimeline {
  fileprivate var weight: Int { faults.count + queueStops.count + refusedPages.count }
  fileprivate var places: [LogPlace] {
    faults.map { $0.place } + queueStops.map { $0.place } + refusedPages.map { $0.place }
  }
}
