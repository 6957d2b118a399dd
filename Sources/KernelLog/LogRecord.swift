import Text

/// The severity of a printk record, 0 (emergency) to 7 (debug): `KERN_EMERG` to `KERN_DEBUG`.
public enum LogLevel: UInt8, Hashable, Sendable, CaseIterable {
  /// The system is unusable.
  case emergency = 0
  /// Something has to be done at once.
  case alert = 1
  /// Critical.
  case critical = 2
  /// An error.
  case error = 3
  /// A warning.
  case warning = 4
  /// Normal, and worth a look.
  case notice = 5
  /// Information.
  case info = 6
  /// For debugging.
  case debug = 7
}

/// One printk record: what the kernel hands to the console and to `/dev/kmsg` in one piece.
public struct LogRecord: Hashable, Sendable {
  /// How much it matters.
  public var level: LogLevel
  /// Microseconds since boot, the resolution that the console prints.
  public var microseconds: UInt64
  /// The message without its final newline. A newline inside makes a record of several lines.
  public var text: String

  /// A record; its text may hold several lines.
  public init(level: LogLevel, microseconds: UInt64, text: String) {
    self.level = level
    self.microseconds = microseconds
    self.text = text
  }
}

#if !hasFeature(Embedded)
  // Here and not in Codable.swift: the compiler writes it in the type's own file only.
  extension LogRecord: Codable {}
#endif

/// How records become lines of text.
public struct LogStyle: Hashable, Sendable {
  /// What stands before the second and later lines of one record.
  public enum Continuation: Hashable, Sendable {
    /// The record's own prefix again, as the kernel's console prints it (`record_print_text`).
    case repeated
    /// As many blanks as the prefix is wide, as `dmesg` prints it.
    case indented
  }

  /// `[   32.288571] ` before each line.
  public var timestamps: Bool
  /// `<3>` before each line, as `dmesg --raw` and a serial console with raw output have it.
  public var level: Bool
  /// What stands in front of a record's further lines.
  public var continuation: Continuation

  /// A way to print records.
  public init(
    timestamps: Bool = true, level: Bool = false, continuation: Continuation = .repeated
  ) {
    self.timestamps = timestamps
    self.level = level
    self.continuation = continuation
  }

  /// What a serial console shows: time stamps, no level.
  public static let console = LogStyle()
  /// The messages alone.
  public static let bare = LogStyle(timestamps: false)
}

extension LogRecord {
  /// `[   32.288571] `: printk's `[%5lu.%06lu] `.
  public static func timestamp(_ microseconds: UInt64) -> String {
    let seconds = String(microseconds / 1_000_000).aligned(to: 5)
    return "[\(seconds).\(String(microseconds % 1_000_000).aligned(to: 6, with: "0"))] "
  }

  /// The lines of the record, without newlines. An empty line keeps the blank that ends its prefix.
  public func lines(_ style: LogStyle = .console) -> [String] {
    var prefix = style.level ? "<\(level.rawValue)>" : ""
    if style.timestamps { prefix += Self.timestamp(microseconds) }
    let newline = UInt8(ascii: "\n")
    guard text.utf8.contains(newline) else { return [prefix + text] }
    var lines: [String] = []
    for part in text.utf8.split(separator: newline, omittingEmptySubsequences: false) {
      let start =
        lines.isEmpty || style.continuation == .repeated
        ? prefix : String(repeating: " ", count: prefix.utf8.count)
      lines.append(start + String(Substring(part)))
    }
    return lines
  }

  /// One JSON object on one line: `{"time_us":32288571,"level":3,"text":"DMAR: …"}`.
  public var json: String {
    JSONValue.object([
      ("time_us", .unsigned(microseconds)), ("level", .unsigned(UInt64(level.rawValue))),
      ("text", .string(text)),
    ]).compact
  }
}
