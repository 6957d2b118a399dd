public import Diagnosis
internal import KernelLog
public import LogReading

/// The boots of one or several logs, each with what is said of its machine and with its faults: each has a
/// clock, tables and devices of its own.
///
/// Files may tell the same boot, a `dmesg` beside a journal, or each another one. A banner of another kernel
/// begins another boot; of the same kernel the first line of the driver, or the first fault, tells: it has
/// the same time in both files where the boot is the same. What is told twice is taken once.
public struct LogBoots: Sendable {
  /// What the logs hold of one boot.
  public struct Boot: Sendable {
    /// Its facts.
    public var collector = LogCollector(keepsTables: true)
    /// Its faults.
    public var timeline = FaultTimeline()
    /// Where it begins: the banner, or the first line that was read of it.
    fileprivate var place: LogPlace?
    fileprivate var banner: (text: String, hasTime: Bool)?
    /// The driver's lines about the boot, with the time of each.
    fileprivate var bootLines: [BootLine: LogTime] = [:]
    /// Lines of the driver with their times, and the file that has them.
    fileprivate var told: [Told: Int] = [:]

    /// Whether it has lines that tell it from another boot.
    fileprivate var tellsBoot: Bool { !bootLines.isEmpty || !told.isEmpty }
  }

  /// A line that was printed once.
  fileprivate struct Told: Hashable {
    var line: DriverLine
    var uptime: UInt64

    /// Nothing for a line without a time.
    init?(_ line: DriverLine?, _ time: LogTime?) {
      guard let line, let uptime = time?.uptime, uptime > 0 else { return nil }
      self.line = line
      self.uptime = uptime
    }
  }

  /// The boots, in the order of the logs.
  public private(set) var boots = [Boot()]
  private var files: [String] = []
  private var bounds = BootBounds()
  /// Events of a file whose banner is that of the boot before, until one tells which boot it is.
  private var undecided: [LogEvent]?
  /// Whether a banner or a line that tells the boot was read in this file.
  private var knowsBoot = false

  /// No line was heard yet.
  public init() {}

  /// From here on events come from another file.
  public mutating func begin(file: String) {
    settle(asAnother: false)
    files.append(file)
    (bounds, knowsBoot) = (BootBounds(), files.count == 1)
    open()
  }

  private mutating func open() {
    guard let file = files.last else { return }
    boots[boots.count - 1].collector.begin(file: file)
    boots[boots.count - 1].timeline.begin(file: file)
  }

  /// Takes what the reader of logs found next.
  public mutating func take(_ event: LogEvent) {
    if bounds.begins(with: event) {
      settle(asAnother: false)
      beginBoot()
      knowsBoot = true
    }
    if !knowsBoot { decide(with: event) }
    if undecided != nil {
      undecided?.append(event)
    } else {
      keep(event)
    }
  }

  /// How many events of a file may wait for the one that tells its boot.
  private static let longestWait = 4096

  /// Looks whether an event of a further file tells which boot the file is of.
  private mutating func decide(with event: LogEvent) {
    let last = boots[boots.count - 1]
    switch event.kind {
    case .fact(.kernelVersion(let text)):
      if let banner = last.banner, banner.text != text {
        beginBoot()
        knowsBoot = true
      } else if event.time != nil, last.banner?.hasTime ?? last.tellsBoot {
        undecided = undecided ?? []
      }
    case .boot(let line):
      guard let time = last.bootLines[line],
        let isOther = BootBounds.isAtAnotherTime(time, event.time)
      else { return }
      settle(asAnother: isOther)
    case .fault:
      // Both begin with the boot: the same boot has this fault as well.
      guard undecided != nil, !last.told.isEmpty, let told = Told(event.kind.line, event.time)
      else {
        return
      }
      settle(asAnother: last.told[told] == nil)
    default:
      if let undecided, undecided.count >= Self.longestWait { settle(asAnother: false) }
    }
  }

  /// Gives the waiting events to the boot before, or to one of their own.
  private mutating func settle(asAnother isOther: Bool) {
    knowsBoot = true
    let waiting = undecided ?? []
    undecided = nil
    if isOther { beginBoot() }
    for event in waiting { keep(event) }
  }

  private mutating func beginBoot() {
    boots.append(Boot())
    open()
  }

  private mutating func keep(_ event: LogEvent) {
    let last = boots.count - 1
    let file = max(files.count - 1, 0)
    if boots[last].place == nil {
      boots[last].place = LogPlace(file: file, line: event.lines.lowerBound)
    }
    if case .fact(.kernelVersion(let text)) = event.kind {
      let hasTime = event.time != nil
      if !(boots[last].banner?.hasTime ?? false) || hasTime { boots[last].banner = (text, hasTime) }
    }
    if case .boot(let line) = event.kind, let time = event.time, boots[last].bootLines[line] == nil
    {
      boots[last].bootLines[line] = time
    }
    boots[last].collector.take(event)
    if let told = Told(event.kind.line, event.time) {
      // Another file has told it already.
      if let teller = boots[last].told[told], teller != file { return }
      if boots[last].told.count < FaultTimeline.mostLines { boots[last].told[told] = file }
    }
    boots[last].timeline.take(event)
  }

  /// Gives every boot what is known of the machine from elsewhere.
  public mutating func giveEach(_ give: (inout LogCollector) -> Void) {
    for index in boots.indices { give(&boots[index].collector) }
  }

  /// What was read, with the end of the last file.
  private var settled: LogBoots {
    var copy = self
    copy.settle(asAnother: false)
    return copy
  }

  /// The boot with the most faults, the last of several with as many; and the faults of the others.
  public var chosen: (boot: Boot, others: [LeftOut]) {
    let settled = settled
    let best = settled.bestIndex
    return (settled.boots[best], settled.others(than: best))
  }

  private var bestIndex: Int {
    var best = 0
    for (index, boot) in boots.enumerated()
    where boot.timeline.weight >= boots[best].timeline.weight {
      best = index
    }
    return best
  }

  /// The faults of the other boots, those that stand together as one.
  private func others(than best: Int) -> [LeftOut] {
    var others: [LeftOut] = []
    for (index, boot) in boots.enumerated() where index != best {
      let reason =
        "it belongs to boot \(index + 1) of the log, and boot \(best + 1) is imported"
      var parts: [LeftOut] = []
      for place in boot.timeline.places where !isTold(place, of: boot, in: boots[best]) {
        let left = LeftOut(place, reason, in: boot.timeline.files)
        if let last = parts.indices.last, parts[last].file == left.file {
          parts[last].lastLine = left.line
        } else {
          parts.append(left)
        }
      }
      others += parts
    }
    return others
  }

  /// Whether another boot of the list is the same one, told by another file, and has this fault.
  private func isTold(_ place: LogPlace, of boot: Boot, in other: Boot) -> Bool {
    guard
      let fault = boot.timeline.faults.first(where: { $0.place == place }),
      let told = Told(fault.observation.line.map { DriverLine.fault($0) }, fault.time)
    else { return false }
    return other.told[told] != nil
  }

  /// The boot of this number, from 1 on; nil where the log has no such boot.
  public subscript(number: Int) -> Boot? {
    let boots = settled.boots
    return boots.indices.contains(number &- 1) ? boots[number - 1] : nil
  }

  /// How many there are.
  public var count: Int { settled.boots.count }

  /// What `dmar import` says where there are several: how many, which one is taken, and how to have another.
  ///
  /// - Parameter number: the boot that was asked for; nil for that with the most faults.
  /// - Returns: its lines; none where there is one boot.
  public func notes(taking number: Int? = nil) -> [String] {
    let settled = settled
    guard settled.boots.count > 1 else { return [] }
    let taken = "\(settled.boots.count) boots: boot \(number ?? settled.bestIndex + 1) is imported"
    var lines = [number == nil ? taken + "; none has more faults, and --boot takes another" : taken]
    for (index, boot) in settled.boots.enumerated().prefix(Self.mostTold) {
      var text = "boot \(index + 1): "
      if let banner = boot.banner { text += "kernel \(banner.text), " }
      let count = boot.timeline.weight
      text += count == 1 ? "1 fault" : "\(count) faults"
      if let place = boot.place, settled.files.indices.contains(place.file) {
        text += ", from \(settled.files[place.file]):\(place.line) on"
      }
      lines.append(text)
    }
    if settled.boots.count > Self.mostTold { lines.append("and further boots") }
    return lines.map { "dmar: \($0)" }
  }

  /// More boots than this are counted, and not listed.
  private static let mostTold = 16
}

extension FaultTimeline {
  fileprivate var weight: Int { faults.count + queueStops.count + refusedPages.count }
  fileprivate var places: [LogPlace] {
    faults.map { $0.place } + queueStops.map { $0.place } + refusedPages.map { $0.place }
  }
}
