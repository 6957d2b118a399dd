internal import KernelLog
public import Recording
internal import Text
internal import VTdFormats

/// A run as lines: what happens between the kernel's lines stands behind `# `, a cause above what it
/// led to and one step further left.
public struct TimelineText {
  private let record: RunRecord
  private let timestamps: Bool
  private let glyphs: Glyphs
  private var lines: [String] = []

  private init(_ record: RunRecord, timestamps: Bool, _ glyphs: Glyphs) {
    self.record = record
    self.timestamps = timestamps
    self.glyphs = glyphs
  }

  /// The lines of a run.
  ///
  /// - Parameters:
  ///   - record: the record of the run.
  ///   - timestamps: whether the kernel's lines have their time stamps.
  ///   - glyphs: the characters that pictures are drawn with.
  public static func lines(of record: RunRecord, timestamps: Bool, glyphs: Glyphs) -> [String] {
    var timeline = TimelineText(record, timestamps: timestamps, glyphs)
    timeline.draw()
    return timeline.lines
  }

  private mutating func draw() {
    var index = 0
    var isInBoot = false
    while index < record.events.count {
      let event = record.events[index]
      if event.step == 0, !isInBoot {
        isInBoot = true
        let place = event.file.isEmpty ? "" : " (\(event.file):\(event.line))"
        add("boot\(place), kernel \(record.release)", depth: 0)
      }
      let run = group(at: index)
      if run > Self.longestList {
        addGroup(record.events[index..<index + run])
        index += run
      } else {
        draw(event)
        index += 1
      }
    }
  }

  /// Up to this many changes of memory or registers in a row are listed one by one.
  private static let longestList = 4

  /// How many events from `start` on are accesses to memory or registers by the same actor in the
  /// same step.
  private func group(at start: Int) -> Int {
    var count = 0
    while start + count < record.events.count {
      let event = record.events[start + count]
      guard event.who == record.events[start].who, event.step == record.events[start].step else {
        break
      }
      switch event.what {
      case .memory, .register: count += 1
      default: return count
      }
    }
    return count
  }

  private mutating func addGroup(_ events: ArraySlice<RunEvent>) {
    guard let first = events.first else { return }
    var words = 0
    var written: [String] = []
    var reads = 0
    for event in events {
      switch event.what {
      case .memory(let fact): words += 1 + fact.more
      case .register(let fact) where fact.isWrite:
        if !written.contains(fact.name) { written.append(fact.name) }
      case .register: reads += 1
      default: break
      }
    }
    var parts: [String] = []
    if words > 0 { parts.append("changes \(words) words of memory") }
    if !written.isEmpty { parts.append("writes \(written.joined(separator: ", "))") }
    if !parts.isEmpty, reads > 0 { parts.append("reads registers \(reads) times") }
    if parts.isEmpty { return }
    add(
      "\(Words.describe(first.who)) \(parts.joined(separator: ", "))",
      depth: record.depth(of: first))
  }

  private mutating func draw(_ event: RunEvent) {
    if case .line(let fact) = event.what {
      let level = LogLevel(rawValue: UInt8(clamping: fact.level)) ?? .info
      let line = LogRecord(level: level, microseconds: event.microseconds, text: fact.text)
      lines += line.lines(timestamps ? .console : .bare)
      return
    }
    if case .step = event.what {
      let step = record.step(event.step)
      let place =
        event.file == record.scenario ? "line \(event.line)" : "\(event.file):\(event.line)"
      let text = "step \(event.step) (\(place))  \(step?.text ?? "")"
      return add(Wrapping.shortened(text, to: 3 * Wrapping.width), depth: 0)
    }
    if let text = EventText.describe(event, in: record) {
      add(text, depth: record.depth(of: event))
    }
    if let comparison = CacheComparison(record, event) {
      let indent = "# " + String(repeating: "  ", count: record.depth(of: event) + 1)
      for line in comparison.lines(glyphs, width: Wrapping.width - indent.count) {
        lines.append(indent + PrintableText.oneLine(line))
      }
    }
  }

  private mutating func add(_ text: String, depth: Int) {
    let indent = "# " + String(repeating: "  ", count: depth)
    lines += Wrapping.lines(PrintableText.oneLine(text), first: indent, next: indent + "    ")
  }
}
