internal import KernelLog
public import LogReading

/// Sees where another boot begins in a log.
///
/// A second banner begins one, and so does a mark of the journal. Logs of which somebody kept the driver's
/// lines alone have neither: there the driver's first words of the DMAR table, which each boot prints
/// once, come again at another time. What somebody printed of `/proc/version` is a banner without a time,
/// and an excerpt has the same line at the same time: neither is another boot.
public struct BootBounds: Sendable {
  private var banner: (text: String, hasTime: Bool)?
  private var tables: (width: Int, time: LogTime?)?

  /// Before the first line of a file.
  public init() {}

  /// Whether an event, of those of one file in their order, belongs to another boot than the one before.
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

  /// Whether an event is the banner of this boot once more, as `/proc/version` has it: without a time where
  /// the first one had one.
  public func isRepeat(_ event: LogEvent) -> Bool {
    guard case .fact(.kernelVersion(let text)) = event.kind, let banner else { return false }
    return banner.hasTime && event.time == nil && text == banner.text
  }

  /// Whether two lines cannot be one that was printed once; nil where their times do not tell.
  public static func isAtAnotherTime(_ one: LogTime?, _ other: LogTime?) -> Bool? {
    if let one = one?.host, let other = other?.host, one != other { return nil }
    if let one = one?.uptime, let other = other?.uptime { return one != other }
    // Clocks of two forms are not compared.
    if let one = one?.wallClock, let other = other?.wallClock, one.utf8.count == other.utf8.count {
      return one != other
    }
    return nil
  }
}
