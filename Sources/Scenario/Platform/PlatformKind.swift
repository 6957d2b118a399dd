internal import Text

/// The kinds of files that are given with logs and are not logs: they say what the machine has.
package enum PlatformKind: Sendable {
  /// A snapshot of the machine's bus.
  case snapshot
  /// The machine's DMAR table.
  ///
  /// - `isReadable`: whether a scenario can name the file as it is.
  case table(isReadable: Bool)

  /// So many bytes are enough to tell a table or a snapshot from a log.
  package static let headLength = 4096

  /// What a file with these first bytes is; nil where it is a log.
  package init?(head: [UInt8], path: String) {
    if head.starts(with: Array("DMAR".utf8)), head.prefix(8).contains(where: { $0 < 9 }) {
      self = .table(isReadable: true)
      return
    }
    guard !head.contains(0) else { return nil }
    let text = String(decoding: head, as: UTF8.self)
    if text.hasPrefix("pci_snapshot:") || text.contains("\npci_snapshot:") {
      self = .snapshot
    } else if path.hasSuffix(".yaml") || path.hasSuffix(".yml"),
      text.contains("host_address_width:")
    {
      self = .table(isReadable: true)
    } else if Self.isDump(text) {
      self = .table(isReadable: false)
    } else {
      return nil
    }
  }

  /// What is said of a scenario that somebody wants explained.
  package static let scenarioWords = "a scenario; `dmar replay` prints its kernel's log"

  /// Whether a file with these first bytes is a scenario, whole in them and without lines of a log.
  package static func isScenario(head: [UInt8], path: String) -> Bool {
    guard path.hasSuffix(".yaml") || path.hasSuffix(".yml"), head.count < headLength else {
      return false
    }
    let text = "\n" + String(decoding: head, as: UTF8.self)
    let keys = ["kernel:", "machine:", "boot:", "extends:", "steps:", "expect:"]
    return keys.count { text.contains("\n" + $0) } >= 2 && !text.contains("DMAR: ")
  }

  /// The output of acpidump or of iasl -d, which ends in a dump of the bytes.
  private static func isDump(_ text: String) -> Bool {
    text.hasPrefix("DMAR @ 0x") || text.contains("\nDMAR @ 0x")
      || text.contains("Signature : \"DMAR\"")
  }
}
