public import Diagnosis
public import Recording

/// A run in parts, for a page that runs scenarios itself: what `dmar report` puts one under the other
/// stands there side by side, bits can be flipped, and each event can be looked at.
///
/// Items of the log and of the timeline carry `data-event`, the event's place in the record, and
/// `data-step`; a line's `data-shows` is the event of the timeline that it is about,
/// and its `data-entry` the address of the entry that it prints. The head of a step has
/// `data-file` and `data-line`. A bit that can be flipped has `data-address`, `data-bit` and
/// `data-value`, the word as it is.
public struct RunView {
  private let record: RunRecord
  private let page: RunPage

  /// The parts of a run.
  ///
  /// - Parameters:
  ///   - record: what happened.
  ///   - explanation: what the run's log means, where it means anything.
  public init(_ record: RunRecord, explanation: Explanation?) {
    self.record = record
    page = RunPage(record, explanation: explanation, sources: [], producer: "")
  }

  /// The style sheet that all of it needs.
  public static var style: String { StyleSheet.page }

  /// What faulted and why, which lock rule was broken, and what cures it.
  public var verdict: String {
    Element.group([.tag("h2", [], page.headline), page.verdict]).markup
  }

  /// The requests that `dmar report` shows, with all their pictures; empty where there is none.
  public var requests: String {
    var parts: [Element] = []
    for event in page.shown {
      let section = RequestSection(record: record, event: event)
      parts.append(.tag("h2", [], section.title))
      parts += section.elements
    }
    return Element.group(parts).markup
  }

  /// The kernel's log; empty where nothing was printed.
  public var log: String {
    if record.lines.isEmpty { return "" }
    let places = LinePlaces(
      record, tree: TableTree(record), locks: LockSection(record), section: { _ in nil })
    return LogSection(record, places: places, isLive: true).element.markup
  }

  /// Every event that tells something, by steps.
  public var timeline: String {
    Element.group(TimelineSection(record, isLive: true).elements).markup
  }

  /// The entries that the walks read; empty where none did.
  public var tables: String {
    let tree = TableTree(record)
    return tree.isEmpty ? "" : tree.element.markup
  }

  /// What the lock validator reported; empty where it reported nothing.
  public var locks: String {
    let locks = LockSection(record)
    return locks.isEmpty ? "" : Element.group(locks.elements).markup
  }

  /// One event with its pictures, why it came about and what the caches held then; empty where the record
  /// has no such event.
  ///
  /// - Parameter event: its place in the record's events.
  public func moment(_ event: Int) -> String {
    guard record.events.indices.contains(event) else { return "" }
    return Element.group(MomentSection(record: record, event: record.events[event]).elements).markup
  }
}
