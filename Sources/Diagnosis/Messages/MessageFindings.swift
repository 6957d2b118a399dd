import KernelLog
import LogReading
import PCI
import VTdFormats

/// Findings for messages other than fault records.
enum MessageFindings {
  static func find(_ log: LogContents) -> [Finding] {
    var findings: [Finding] = []
    var blocks: [BlockKey: Int] = [:]
    for group in log.messages {
      guard let meaning = MessageMeaning.of(group.message.kind),
        !isToldElsewhere(group, log)
      else { continue }
      let finding = finding(group, meaning)
      // One block for one message of one device; its numbers may differ.
      let key = BlockKey(kind: group.message.kind, verdict: finding.verdict)
      if let index = blocks[key] {
        findings[index].why[0].places += group.places
      } else {
        blocks[key] = findings.count
        findings.append(finding)
      }
    }
    return findings + entriesAlreadySet(log)
  }

  private struct BlockKey: Hashable {
    var kind: KernelMessage.Kind
    var verdict: String
  }

  /// Whether another finding tells what a message says: broken firmware has one for the whole table, so
  /// that a line of it needs none; and a BAR that QEMU cannot map has one of its own, beside that for memory.
  private static func isToldElsewhere(_ group: LogContents.MessageGroup, _ log: LogContents) -> Bool
  {
    switch group.message.kind {
    case .unitReportedBroken:
      log.boot.contains { line in
        if case .firmwareBadUnit = line.value { return group.places.contains(line.place) }
        return false
      }
    case .guestMapping:
      log.messages.contains { other in
        other.message.kind == .guestBarMapping
          && other.places.contains(where: group.places.contains)
      }
    default: false
    }
  }

  private static func finding(
    _ group: LogContents.MessageGroup, _ meaning: MessageMeaning
  ) -> Finding {
    let message = group.message
    let count = group.count > 1 ? " (\(group.count) times)" : ""
    return Finding(
      meaning.cause, id: message.kind.rawValue, confidence: 95, severity: meaning.weight.severity,
      culprit: fill(meaning.culprit, message), verdict: fill(meaning.verdict, message),
      why: [
        Finding.Evidence("the line says so\(count): \(message.text)", group.places),
        Finding.Evidence(fill(meaning.meaning, message)),
      ], next: meaning.next.map { fill($0, message) })
  }

  /// Puts a message's device, numbers and words into a text.
  static func fill(_ text: String, _ message: KernelMessage) -> String {
    var filled = ""
    var rest = Substring(text)
    while let open = rest.firstIndex(of: "{") {
      filled += rest[..<open]
      rest = rest[rest.index(after: open)...]
      guard let close = rest.firstIndex(of: "}") else { return filled + rest }
      filled += value(String(rest[..<close]), message)
      rest = rest[rest.index(after: close)...]
    }
    return filled + rest
  }

  private static func value(_ hole: String, _ message: KernelMessage) -> String {
    if hole == "device" { return message.device?.shortDescription ?? "a device" }
    if hole.first == "w", let index = Int(hole.dropFirst()) {
      return message.words.indices.contains(index) ? message.words[index] : "?"
    }
    if hole.first == "#", let index = Int(hole.dropFirst()) {
      return message.numbers.indices.contains(index) ? "\(message.numbers[index])" : "?"
    }
    guard let index = Int(hole), message.numbers.indices.contains(index) else { return "?" }
    return hex(message.numbers[index])
  }

  /// Entries that were not empty: the same value twice is a region that was mapped twice, another
  /// sane value a mapping that was left, anything else corruption.
  private static func entriesAlreadySet(_ log: LogContents) -> [Finding] {
    let groups = log.messages.filter {
      $0.message.kind == .entryAlreadySet && $0.message.numbers.count == 3
    }
    guard !groups.isEmpty else { return [] }
    let same = groups.filter { $0.message.numbers[1] == $0.message.numbers[2] }
    let others = groups.filter { $0.message.numbers[1] != $0.message.numbers[2] }
    let corrupt = others.filter { EntrySanity.isCorrupt($0.message.numbers[1]) }
    let left = others.filter { !EntrySanity.isCorrupt($0.message.numbers[1]) }
    return [twice(same, log), stray(corrupt), left.isEmpty ? nil : leftOver(left)].compactMap { $0 }
  }

  private static func twice(
    _ groups: [LogContents.MessageGroup], _ log: LogContents
  ) -> Finding? {
    guard let first = groups.first else { return nil }
    let address = UInt64(page: first.message.numbers[0])
    let region = log.regions.first { $0.value.contains(address) }
    var why = [
      Finding.Evidence(
        "the entry held the very value that was written to it again",
        groups.flatMap { $0.places }.sorted().prefix(6).map { $0 })
    ]
    if let region {
      why.append(
        Finding.Evidence(
          "0x\(hex(address)) lies in the reserved region 0x\(hex(region.value.start))-"
            + "0x\(hex(region.value.end))", [region.place]))
    }
    return Finding(
      .message, id: "entry-set-twice", confidence: 95, severity: .harmless,
      culprit: "nobody: the same region is reserved for two devices of a group",
      verdict: "\(groups.count) entries were written twice with the same value: the same reserved "
        + "region was mapped twice; harmless", why: why, next: ["ignore it"])
  }

  private static func stray(_ groups: [LogContents.MessageGroup]) -> Finding? {
    guard let first = groups.first else { return nil }
    let old = first.message.numbers[1]
    return Finding(
      .memoryCorruption, confidence: 86, severity: .serious,
      culprit: "hardware: memory; data in memory is in danger",
      verdict: "memory corruption: the entry of page 0x\(hex(first.message.numbers[0])) held "
        + "0x\(hex(old)), which is not an entry (\(EntrySanity.words(old)))",
      why: [
        Finding.Evidence(
          "the kernel never writes such an entry", groups.flatMap { $0.places }.sorted())
      ],
      next: [
        "run a memory test for some hours; look for ECC and machine-check messages",
        "then suspect board, processor and memory, in that order of cost; not the device's driver",
      ])
  }

  private static func leftOver(_ groups: [LogContents.MessageGroup]) -> Finding {
    let first = groups[0].message
    return Finding(
      .message, id: "entry-left-over", confidence: 70, severity: .serious,
      culprit: "the IOMMU driver or its user: a mapping was left behind",
      verdict:
        "the entry of page 0x\(hex(first.numbers[0])) was still set (to 0x\(hex(first.numbers[1]))) "
        + "when 0x\(hex(first.numbers[2])) was to be written: a mapping was not removed, or the "
        + "address was given twice",
      why: [
        Finding.Evidence(
          "\(groups.count) such entries", groups.flatMap { $0.places }.sorted().prefix(6).map { $0 }
        )
      ],
      next: [
        "look for the user of the old mapping: two owners of one address write into each other's data"
      ])
  }
}
