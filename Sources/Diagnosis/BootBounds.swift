internal import KernelLog
public import LogReading

/// Recognises where another boot begins in a log.
///
/// A boot begins at a second kernel banner, or where the journal marks one. A log that was reduced
/// to the driver's lines has neither; there another boot shows by the line on the DMAR table's
/// address width, which each boot prints once, when it comes again at another time. Two things look
/// alike but are no boot: a banner without a time, which comes from `/proc/version`, and an
/// excerpt, which repeats a line with the same time.
public struct BootBounds: Sendable {
  private var banner: (text: String, hasTime: Bool)?
  private var tables: (width: Int, time: LogTime?)?

  /// The state before the first line of a file.
  public init() {}

  /// Whether another boot begins with an event. Give it all events of one file in their order.
  public mutating func begins(with event: LogEvent) -> Bool {
    switch event.kind {
    case .fact(.boot):
      (banner, tables) = (nil, nil)
      return true
    case .fact(.kernelVersion(let text)):
      if isRepeat(event) { return false }
      defer { (banner, tables) = ((text, event.time != nil), nil) }
      return banner != nil
    case .boot(.hostAddressWidth(let width)):
      defer { tables = (width, event.time) }
      guard let tables else { return false }
      return tables.width != width || Self.isAtAnotherTime(tables.time, event.time) ?? false
    default: return false
    }
  }

  /// Whether an event repeats the banner of this boot, as `/proc/version` shows it: without a time,
  /// where the first one had a time.
  public func isRepeat(_ event: LogEvent) -> Bool {
    guard case .fact(.kernelVersion(let text)) = event.kind, let banner else { return false }
    return banner.hasTime && event.time == nil && text == banner.text
  }

  /// Whether two equal lines were printed at different times; nil where their times do not show it.
  public static func isAtAnotherTime(_ one: LogTime?, _ other: LogTime?) -> Bool? {
    if let one = one?.host, let other = other?.host, one != other { return nil }
    if let one = one?.uptime, let other = other?.uptime { return one != other }
    // Times of day that are written in different forms cannot be compared as text.
    if let one = one?.wallClock, let other = other?.wallClock, one.utf8.count == other.utf8.count {
      return one != other
    }
    return nil
  }
}
