import KernelLog
import PCI
import Text
import VTdFormats

/// Reads what stands in a log beside the remapping driver's own lines.
enum FactReader {
  /// `cursor` stands at the message's beginning, behind the log's prefix.
  static func read(_ cursor: inout TextCursor) -> LogEvent.Kind? {
    var trial = cursor
    let fact = system(&trial) ?? memory(&trial)
    let found = fact.map(LogEvent.Kind.fact) ?? device(&trial) ?? listing(&trial).map { .fact($0) }
    if found != nil { cursor = trial }
    return found
  }

  private static func system(_ cursor: inout TextCursor) -> LogFact? {
    guard mayBeOfSystem(cursor.next) else { return nil }
    let start = cursor
    if cursor.take("Linux version ") { return .kernelVersion(cursor.word()) }
    if cursor.take("Kernel command line: ") || cursor.take("Command line: ") {
      return .commandLine(line(&cursor))
    }
    if cursor.take("Hardware name: ") || cursor.take("DMI: ") {
      // 6.12 prints other lines of DMI before and behind the machine's.
      var trial = cursor
      if trial.take("Memory slots populated: ") || trial.take("SMBIOS ") { return nil }
      // sysfs has a string by which modules are found: `dmi:bvnVENDOR:bvrVERSION:…`.
      if trial.take("bvn") { return nil }
      return .machine(machine(&cursor))
    }
    if let defect = defect(&cursor) { return .defect(defect) }
    cursor = start
    for (name, level) in toolEntries {
      cursor = start
      // `PML4: 0x      1a34fbb003`: some tools pad behind the prefix.
      if cursor.take(name), cursor.take(" 0x"), let value = cursor.hexNumber() {
        return .toolEntry(level: level, value: value.value)
      }
    }
    cursor = start
    if cursor.take("iommu: Default domain type: ") {
      return .defaultDomain(passesThrough: cursor.word() == "Passthrough")
    }
    cursor = start
    return nil
  }

  /// Whether one of the system's lines begins with a byte; a blank may stand before any.
  private static func mayBeOfSystem(_ byte: UInt8?) -> Bool {
    guard let byte, byte > ASCII.space else { return true }
    return "lkchdwpi".utf8.contains(ASCII.lowercased(byte))
  }

  /// `WARNING: CPU: 0 PID: 318 at drivers/iommu/intel-iommu.c:592 domain_get_iommu+0x61/0x70` and
  /// `kernel BUG at drivers/iommu/intel-iommu.c:667!`, where it is about remapping.
  private static func defect(_ cursor: inout TextCursor) -> String? {
    let start = cursor
    guard cursor.take("WARNING: CPU: ") || cursor.take("kernel BUG at ") else { return nil }
    cursor = start
    let text = line(&cursor)
    let words = ["iommu", "dmar", "iova", "pasid", "svm"]
    guard words.contains(where: { text.contains($0) }) else { return nil }
    return String(text.prefix(200))
  }

  private static let toolEntries: [(StaticString, Int)] = [
    ("PML5:", 5), ("pml5e:", 5), ("PML4:", 4), ("pml4e:", 4), ("PDPE:", 3), ("PDE:", 2),
    ("PTE:", 1),
  ]

  /// `VENDOR PRODUCT/BOARD, BIOS VERSION DATE`; a mail program may have broken it before the BIOS.
  private static func machine(_ cursor: inout TextCursor) -> String {
    var text = line(&cursor)
    for _ in 0..<2 where !text.contains("BIOS ") && cursor.next == TextCursor.join {
      cursor.skipBlanks()
      let more = line(&cursor)
      // Without the BIOS at last it is another line.
      guard !more.isEmpty else { break }
      text += " " + more
    }
    return text
  }

  private static func line(_ cursor: inout TextCursor) -> String {
    let text = withoutGluedLine(cursor.takeRestOfLine())
    return String(text.prefix(1024))
  }

  /// The text up to a further line's time stamp, `[  186.957346] `, that a mail program put there.
  private static func withoutGluedLine(_ text: String) -> Substring {
    var from = text.startIndex
    while let open = text[from...].firstIndex(of: "[") {
      let inside = text[text.index(after: open)...].drop { $0 == " " }.prefix { $0 != "]" }
      let parts = inside.split(separator: ".")
      if parts.count == 2, parts[1].count == 6, parts.allSatisfy({ $0.allSatisfy({ $0.isNumber }) })
      {
        var end = open
        while end > text.startIndex, text[text.index(before: end)] == " " {
          end = text.index(before: end)
        }
        return text[..<end]
      }
      from = text.index(after: open)
    }
    return text[...]
  }

  /// `BIOS-e820: [mem 0x…-0x…] usable`, and without `[mem` before 3.5; since 7.0 the types have other
  /// words, and rows of gaps, without a type, stand between.
  private static func memory(_ cursor: inout TextCursor) -> LogFact? {
    let start = cursor
    guard cursor.take("BIOS-e820: ") else { return xenMemory(&cursor) }
    if cursor.take("[mem "), let first = cursor.hexNumber(), cursor.take("-"),
      let last = cursor.hexNumber(), cursor.take("]")
    {
      cursor.skipBlanksOnLine()
      return .memory(start: first.value, end: last.value, type: memoryType(line(&cursor)))
    }
    cursor = start
    if cursor.take("BIOS-e820: "), let first = cursor.hexNumber(), cursor.take(" - "),
      let end = cursor.hexNumber(), cursor.take(" (")
    {
      let type = line(&cursor)
      return .memory(
        start: first.value, end: end.value &- 1, type: String(type.prefix { $0 != ")" }))
    }
    cursor = start
    return nil
  }

  /// The words that a type had before 7.0.
  private static func memoryType(_ text: String) -> String {
    switch text {
    case "System RAM": "usable"
    case "device reserved": "reserved"
    default:
      text.hasPrefix("persistent RAM") ? "persistent" + text.dropFirst(14) : text
    }
  }

  /// Xen's rows, ` 00000000b97fc000 - 00000000b9803000 (ACPI NVS)`: the kernel's form without name.
  private static func xenMemory(_ cursor: inout TextCursor) -> LogFact? {
    let start = cursor
    if let first = cursor.hexNumber(), first.digits == 16, !first.hasPrefix, cursor.take(" - "),
      let end = cursor.hexNumber(), end.digits == 16, cursor.take(" ("), end.value > first.value
    {
      let type = String(line(&cursor).prefix { $0 != ")" })
      if ["usable", "reserved", "ACPI NVS", "ACPI data", "unusable"].contains(type) {
        return .memory(start: first.value, end: end.value - 1, type: type)
      }
    }
    cursor = start
    return nil
  }

  /// `driver ssss:bb:dd.f: words`
  private static func device(_ cursor: inout TextCursor) -> LogEvent.Kind? {
    let start = cursor
    let driver = cursor.word()
    // A script's own headings begin with signs: `== 0000:00:1a.0: read`.
    guard let first = driver.utf8.first, ASCII.isLetter(first) || ASCII.isDigit(first),
      driver.utf8.count <= 40, cursor.next == ASCII.space
    else {
      cursor = start
      return nil
    }
    guard let address = cursor.pciAddress() else {
      cursor = start
      return nil
    }
    // The first process of the golden logs prints `pci 0000:00:1f.2 0x8086 0x2922`.
    if cursor.next == ASCII.space, driver == "pci", let vendor = cursor.hexNumber(maximumDigits: 4),
      vendor.hasPrefix, let device = cursor.hexNumber(maximumDigits: 4), device.hasPrefix
    {
      return .fact(
        .pciFunction(
          address, vendor: UInt16(vendor.value), device: UInt16(device.value), classCode: nil,
          words: ""))
    }
    guard cursor.next == UInt8(ascii: ":") else {
      cursor = start
      return nil
    }
    cursor.advance(to: cursor.at + 1)
    cursor.skipBlanksOnLine()
    if let line = DriverForms.read(&cursor, of: address, driver: driver) {
      return LogEvent.Kind(line)
    }
    return .fact(words(address, driver, &cursor))
  }

  private static func words(
    _ address: PCIAddress, _ driver: String, _ cursor: inout TextCursor
  ) -> LogFact {
    let start = cursor
    if cursor.take("Adding to iommu group "), let group = cursor.decimalNumber() {
      return .iommuGroup(address, group: group)
    }
    if cursor.take("Removing from iommu group "), let group = cursor.decimalNumber() {
      return .leftIOMMUGroup(address, group: group)
    }
    if cursor.take("["), let vendor = cursor.hexNumber(maximumDigits: 4), vendor.digits == 4,
      cursor.take(":"), let device = cursor.hexNumber(maximumDigits: 4), cursor.take("]")
    {
      var classCode: UInt32?
      if cursor.take(" type "), cursor.hexNumber(maximumDigits: 2) != nil {
        // 6.9 and later name the port's kind between type and class.
        var words = 0
        while words < 5, !cursor.take(" class ") {
          _ = cursor.word()
          words += 1
        }
        classCode = cursor.hexNumber(maximumDigits: 6).map { UInt32($0.value) }
      }
      return .pciFunction(
        address, vendor: UInt16(vendor.value), device: UInt16(device.value), classCode: classCode,
        words: "")
    }
    cursor = start
    if let window = window(&cursor) {
      return .pciWindow(address, start: window.0, end: window.1)
    }
    cursor = start
    if cursor.take("PCI bridge to [bus "), let first = cursor.hexNumber(maximumDigits: 2) {
      var last = first.value
      if cursor.take("-"), let end = cursor.hexNumber(maximumDigits: 2) { last = end.value }
      return .pciBridge(address, secondary: UInt8(first.value), subordinate: UInt8(last))
    }
    cursor = start
    let tagged = cursor.take("DMAR: ")
    let text = line(&cursor)
    return tagged
      ? .deviceNote(address, driver: driver, text: text)
      : .driverMessage(address, driver: driver, text: text)
  }

  /// `reg 0x10: [mem 0x…-0x… 64bit]` or `BAR 0 [mem 0x…-0x…]`.
  private static func window(_ cursor: inout TextCursor) -> (UInt64, UInt64)? {
    if cursor.take("reg "), cursor.hexNumber() != nil {
      _ = cursor.take(": ")
    } else if cursor.take("BAR "), cursor.decimalNumber(maximumDigits: 2) != nil {
      _ = cursor.take(": ")
    } else {
      return nil
    }
    guard cursor.take(" [mem "), let first = cursor.hexNumber(), cursor.take("-"),
      let last = cursor.hexNumber()
    else { return nil }
    return (first.value, last.value)
  }

  /// A line of `lspci`: `00:02.0 VGA compatible controller [0300]: Intel … [8086:5916] (rev 02)`.
  private static func listing(_ cursor: inout TextCursor) -> LogFact? {
    let start = cursor
    let address = cursor.pciAddress() ?? cursor.sourceID().map { PCIAddress(sourceID: $0) }
    guard let address, cursor.next == ASCII.space else {
      cursor = start
      return nil
    }
    cursor.skipBlanksOnLine()
    var words = line(&cursor)
    addWrappedIdentity(&words, &cursor)
    // The class comes first and ends with a colon; a row of a debugfs file begins with a number.
    guard let colon = words.firstIndex(of: ":"),
      words.first?.isNumber != true || words.prefix(5).last == ":",
      words[..<colon].count >= 4, !words.hasPrefix("0x")
    else {
      cursor = start
      return nil
    }
    let ids = identity(words)
    return .pciFunction(
      address, vendor: ids.vendor, device: ids.device, classCode: ids.classCode,
      words: String(words.prefix(160)))
  }

  /// A mail program may have broken the line before vendor and device.
  private static func addWrappedIdentity(_ words: inout String, _ cursor: inout TextCursor) {
    let ids = identity(words)
    guard ids.vendor == nil, ids.classCode != nil, cursor.next == TextCursor.join else { return }
    var trial = cursor
    trial.skipBlanks()
    let more = line(&trial)
    guard identity(more).vendor != nil, more.first?.isNumber != true else { return }
    words += " " + more
    cursor = trial
  }

  private static func identity(_ words: String) -> (
    vendor: UInt16?, device: UInt16?, classCode: UInt32?
  ) {
    var vendor: UInt16?
    var device: UInt16?
    var classCode: UInt32?
    for piece in words.split(separator: "[").dropFirst() {
      let inside = piece.prefix { $0 != "]" }
      if inside.count == 9, inside.dropFirst(4).first == ":" {
        vendor = UInt16(inside.prefix(4), radix: 16)
        device = UInt16(inside.suffix(4), radix: 16)
      } else if inside.count == 4, let value = UInt32(inside, radix: 16) {
        classCode = value << 8
      }
    }
    return (vendor, device, classCode)
  }
}
