import KernelLog
import Text
import VTdFormats

/// The walk through a unit's tables that Xen prints behind a fault with `iommu=verbose`
/// (`print_vtd_entries`, xen/drivers/passthrough/vtd/utils.c), and its count of lines left out.
enum XenDump {
  /// What a line with Xen's mark says; empty for any other.
  static func read(_ line: CleanLine) -> [LogEvent.Kind] {
    let prefix = line.bytes[..<min(line.body, line.bytes.count)]
    guard prefix.contains(UInt8(ascii: "(")), ByteSearch.contains("(XEN)", in: Array(prefix)) else {
      return []
    }
    var cursor = TextCursor(line.bytes, at: line.body)
    cursor.skipBlanks()
    return dump(cursor).map { .dump($0, wording: nil) } + suppressed(cursor)
  }

  private static func dump(_ start: TextCursor) -> [DumpLine] {
    var cursor = start
    if cursor.take("print_vtd_entries: iommu #"), let unit = cursor.decimalNumber(),
      cursor.take(" dev "), !cursor.word().isEmpty, cursor.take(" gmfn "),
      let frame = cursor.hexNumber()
    {
      return [.header(unit: "iommu\(unit)", address: IOVA(rawValue: UInt64(page: frame.value)))]
    }
    cursor = start
    if cursor.take("root_entry["), cursor.hexNumber() != nil, cursor.take("]") {
      if cursor.take(" not present") { return [.stop(.noContextTable)] }
      guard cursor.take(" = "), let entry = cursor.hexNumber() else { return [] }
      return [.rootEntry(low: entry.value)]
    }
    cursor = start
    if cursor.take("ctxt_entry["), cursor.hexNumber() != nil, cursor.take("] not present") {
      return [.stop(.noLegacyPageTable)]
    }
    cursor = start
    if cursor.take("context["), cursor.hexNumber() != nil, cursor.take("] = "),
      let high = cursor.hexNumber(), cursor.take("_"), let low = cursor.hexNumber()
    {
      return [.contextEntry(high: high.value, low: low.value)]
    }
    return level(start)
  }

  /// `l3[003] = 0 --`: level, index, the entry, and what it allows.
  private static func level(_ start: TextCursor) -> [DumpLine] {
    var cursor = start
    guard cursor.take("l"), let level = cursor.decimalNumber(maximumDigits: 1),
      cursor.take("["), cursor.hexNumber() != nil, cursor.take("]")
    else { return [] }
    if cursor.take(" not present") { return [.stop(.entryNotPresent(level: level))] }
    guard cursor.take(" = "), let entry = cursor.hexNumber() else { return [] }
    let line = DumpLine.pageTableEntry(level: level, value: entry.value)
    return entry.value & 3 == 0 ? [line, .stop(.entryNotPresent(level: level))] : [line]
  }

  /// `printk: 26235 messages suppressed.`
  private static func suppressed(_ start: TextCursor) -> [LogEvent.Kind] {
    var cursor = start
    guard cursor.take("printk: "), let count = cursor.decimalNumber(maximumDigits: 9),
      cursor.take(" messages suppressed")
    else { return [] }
    return [.suppressed(function: "printk", count: count)]
  }
}

/// What Xen says of the DMAR table (`iommu=verbose`): its reserved regions and the devices of its scopes.
enum XenTable {
  /// The end was an `end_address` once.
  private static let region = ReadingForm("RMRR region: base_addr %x %s %x")
  private static let device = ReadingForm("endpoint: %p")

  static func read(_ line: String) -> LogFact? {
    let bytes = Array(line.utf8)
    if let place = ByteSearch.find("RMRR region:", in: bytes),
      let values = region.read(TextCursor(bytes, at: place)), values.numbers.count == 2
    {
      return .reservedRegion(start: values.numbers[0], end: values.numbers[1])
    }
    guard let place = ByteSearch.find("endpoint:", in: bytes) else { return nil }
    return device.read(TextCursor(bytes, at: place))?.device.map { .scopeDevice($0) }
  }
}
