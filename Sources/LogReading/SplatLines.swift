import KernelLog
package import Lockdep
import Text

/// Finds the lines of lock reports by the words that the validator prints them with.
///
/// What stays apart from the printing: the line of a lock and the lines of stacks, which differ by
/// generation in shape and not in words, and are read in all shapes at once (`SplatCollector`); the trace of
/// the processor, which another part of the kernel prints; and the model. `LockReport` has the validator's
/// classes and stacks, from which each kernel's text is made; `LockSplat` has what a text still shows.
package enum SplatLines {
  private struct Row: Sendable {
    let line: ReportLine
    let form: ReadingForm
  }

  private static let rows = ReportLine.allCases.map {
    Row(line: $0, form: ReadingForm($0.words))
  }

  /// The line with what stands in its places; nil where no form begins with it.
  package static func read(_ text: Substring) -> (line: ReportLine, values: [String])? {
    let cursor = TextCursor(Array(text.utf8))
    for row in rows {
      if let values = row.form.texts(cursor) { return (row.line, values) }
    }
    return nil
  }

  /// Titles and what they mean.
  private static let kinds: [(line: ReportLine, kind: LockSplat.Kind)] = [
    (.inconsistent, .inconsistentState), (.circular, .circular), (.inversion, .inversion),
    (.unsafeOrder, .unsafeOrder), (.recursive, .recursive), (.waitContext, .waitContext),
    (.suspiciousRCU, .rcu), (.nestedLock, .nestLock), (.imbalance, .badUnlock),
    (.freed, .heldFreed), (.stillHeld, .exit), (.exitTime, .exit), (.userReturn, .userReturn),
    (.contention, .badContention), (.nonStaticKey, .unregistered), (.tooLow, .tableFull),
    (.sleeping, .sleeping),
  ]

  private static let titles = kinds.map { title in
    let form = ReadingForm(title.line.words)
    return (kind: title.kind, form: form, mark: form.mark)
  }

  /// The title that stands somewhere in a line: the report's kind, and what the title says beside it.
  static func title(in bytes: [UInt8]) -> (kind: LockSplat.Kind, detail: String)? {
    guard mayBeTitle(bytes) else { return nil }
    if let check = failedCheck(in: bytes) { return (.failedCheck, check) }
    for title in titles {
      guard let place = ByteSearch.find(title.mark, in: bytes) else { continue }
      let values = title.form.texts(TextCursor(bytes, at: place)) ?? []
      return switch title.kind {
      case .sleeping: (title.kind, String((values.first ?? "").prefix(160)))
      case .tableFull: (title.kind, "MAX_" + (values.first ?? ""))
      default: (title.kind, "")
      }
    }
    return nil
  }

  /// The function in `WARNING: CPU: 1 PID: 7 at kernel/locking/lockdep.c:3676 lock_release+0x6e6/0xa40`,
  /// from 6.19 on `WARNING: kernel/locking/lockdep.c:3676 at lock_release+0x6e6/0xa40, CPU#1: sh/7`.
  private static func failedCheck(in bytes: [UInt8]) -> String? {
    guard ByteSearch.contains("WARNING: ", in: bytes),
      let place = ByteSearch.find("/lockdep.c:", in: bytes)
    else { return nil }
    let rest = String(decoding: bytes[place...].dropFirst(11), as: UTF8.self)
      .drop { $0.isNumber || $0 == " " }
    let name = rest.hasPrefix("at ") ? rest.dropFirst(3) : rest
    guard let plus = name.firstRange(of: "+0x") else { return nil }
    return String(name[..<plus.lowerBound].prefix { $0 != "." }.prefix(64))
  }

  /// `WARNING: `, `BUG: ` and `INFO: ` begin reports: an upper-case word with a colon, and not the
  /// driver's own, which most lines that are read have.
  private static func mayBeTitle(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBufferPointer { bytes in
      var colon = 3
      while colon < bytes.count {
        if bytes[colon] == UInt8(ascii: ":"),
          bytes[(colon - 3)..<colon].allSatisfy(ASCII.isUpperCase),
          !bytes[(colon - 3)..<colon].elementsEqual("MAR".utf8)
        {
          return true
        }
        colon += 1
      }
      return false
    }
  }
}
