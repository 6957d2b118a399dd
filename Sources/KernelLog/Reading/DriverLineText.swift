import PCI
import VTdFormats

extension DriverLine {
  /// The line that `text` is, without the log's prefix; nil for any other text.
  ///
  /// A record of two lines has a newline inside.
  public init?(reading text: String) {
    guard let line = DriverTextReader.line(text) else { return nil }
    self = line
  }
}

/// Reads one record's text to a value: through the log's reader for what logs are read for, and by
/// itself for the rest.
enum DriverTextReader {
  static func line(_ text: String) -> DriverLine? {
    let bytes = text.utf8.map { $0 == 0x0a ? TextCursor.join : $0 }
    return rare(bytes) ?? common(text)
  }

  /// What the log's reader knows.
  private static func common(_ text: String) -> DriverLine? {
    var lines: [DriverLine] = []
    var reader = LogReader()
    let take: (LogEvent) -> Void = { event in
      if let line = DriverLine(event.kind) { lines.append(line) }
    }
    var bytes = Array(text.utf8)
    bytes.append(0x0a)
    bytes.withUnsafeBytes { reader.read($0, emit: take) }
    reader.finish(emit: take)
    return lines.first
  }

  private static func rare(_ bytes: [UInt8]) -> DriverLine? {
    if let line = pageRequest(bytes) { return .pageRequest(line) }
    if let note = note(bytes) { return .note(note) }
    return boot(bytes).map(DriverLine.boot)
  }

  // MARK: Page requests

  private static func pageRequest(_ bytes: [UInt8]) -> PageRequestLine? {
    var cursor = TextCursor(bytes)
    if cursor.take("Unexpected page request in Privilege Mode") { return .privileged(unit: nil) }
    if cursor.take("Execution request not supported") { return .execute(unit: nil) }
    _ = cursor.take("IOMMU: ")
    guard cursor.take("dmar"), let number = cursor.decimalNumber(maximumDigits: 4),
      cursor.take(": ")
    else { return nil }
    let unit = "dmar\(number)"
    if cursor.take("Page request without PASID") {
      return .withoutPASID(unit: unit, cursor.take(": ") ? words(&cursor) : nil)
    }
    if cursor.take("Address is not canonical") { return .notCanonical(unit: unit) }
    if cursor.take("Page request in Privilege Mode") { return .privileged(unit: unit) }
    if cursor.take("Execution request not supported") { return .execute(unit: unit) }
    if cursor.take("PRQ overflow detected") { return .overflow(unit: unit) }
    if cursor.take("PRQ overflow cleared") { return .overflowCleared(unit: unit) }
    if cursor.take("Page request for invalid PASID "), let pasid = cursor.decimalNumber(),
      cursor.take(": "), let words = words(&cursor)
    {
      return .unknownPASID(unit: unit, pasid: UInt32(truncatingIfNeeded: pasid), words)
    }
    if cursor.take("Invalid page request: "), let words = words(&cursor) {
      return .invalid(unit: unit, words)
    }
    return nil
  }

  private static func words(_ cursor: inout TextCursor) -> PageRequestLine.Words? {
    guard let low = cursor.hexNumber(), cursor.take(" "), let high = cursor.hexNumber() else {
      return nil
    }
    return PageRequestLine.Words(low: low.value, high: high.value)
  }

  // MARK: Notes

  private static func note(_ bytes: [UInt8]) -> DriverNote? {
    var cursor = TextCursor(bytes)
    if cursor.take("Kernel panic - not syncing: DMAR hardware is malfunctioning") {
      return .malfunctioning
    }
    if case .deviceNote(let device, let driver, let text) = FactReader.read(
      &cursor, isTagged: false), let note = DriverNote.DeviceNote(rawValue: text)
    {
      return .device(device, driver: driver, note)
    }
    cursor = TextCursor(bytes)
    guard cursor.take("DMAR: ") else { return nil }
    if let note = DriverNote.DeviceNote(rawValue: cursor.restOfLine()) {
      return .unnamedDevice(note)
    }
    if cursor.take("Invalidate non-aligned address "), let address = cursor.hexNumber(),
      cursor.take(", order "), let order = cursor.decimalNumber(maximumDigits: 2)
    {
      return .nonAlignedInvalidation(IOVA(rawValue: address.value), order: order)
    }
    if cursor.take("ERROR: DMA PTE for vPFN "), let frame = cursor.hexNumber(),
      cursor.take(" already set (to "), let old = cursor.hexNumber(), cursor.take(" not "),
      let new = cursor.hexNumber()
    {
      return .entryAlreadySet(frame: frame.value, old: old.value, new: new.value)
    }
    return nil
  }

  // MARK: Boot lines that no explanation needs

  private static let plainLines: [BootLine] = [
    .disabled, .graphicsUnmapped, .integratedGraphicsUnmapped, .superpagesOff,
    .scalableModeDisallowed, .interruptRemappingLeftOff, .usingTable, .batchingDisallowed,
    .settingReservedRegions, .lowMemoryMap, .graphicsStayOn(nil), .graphicsDisabled(nil),
    .firmwareNoUnit, .tableNotParsed, .highAddressesForced, .highAddressesDeprecated, .batchingOff,
    .strictDeprecated, .notForcedByTboot, .invalidAddressWidth, .unsupportedScope, .noUnits,
    .interruptRemappingFailed, .forcedByTboot,
  ]

  /// A range follows, or in kernels to 5.0 a device first.
  private static let ignoredMap = "Ignoring identity map for HW passthrough"

  private static func boot(_ bytes: [UInt8]) -> BootLine? {
    let text = String(decoding: bytes, as: UTF8.self)
    for line in plainLines {
      for generation in BootLineGeneration.allCases where line.text(generation) == text {
        return line
      }
    }
    var cursor = TextCursor(bytes)
    let isNamed = cursor.take("DMAR: Setting identity map for device ")
    cursor = TextCursor(bytes)
    switch FactReader.read(&cursor, isTagged: false) {
    case .identityMap(let device, let start, let end):
      let line = BootLine.identityMap(device, start: start, end: end)
      return isNamed ? .inLine(line) : line
    case .deviceNote(let device, _, let text)
    where text.hasPrefix(ignoredMap):
      var range = TextCursor(Array(text.utf8.dropFirst(ignoredMap.utf8.count)))
      guard let (start, end) = FactReader.range(&range) else { return nil }
      return .identityMapIgnored(device, start: start, end: end)
    case .deviceNote(let device, _, "Hardware identity mapping"):
      return .staticIdentity(device, isHardware: true)
    case .deviceNote(let device, _, "Software identity mapping"):
      return .staticIdentity(device, isHardware: false)
    case .deviceNote(let device, _, "Skip IOMMU disabling for graphics"):
      return .graphicsStayOn(device)
    case .deviceNote(let device, _, "Disabling IOMMU for graphics on this chipset"):
      return .graphicsDisabled(device)
    default: break
    }
    cursor = TextCursor(bytes)
    _ = Tag.take(&cursor)
    return device(&cursor) ?? unit(&cursor) ?? identity(bytes)
  }

  private static func device(_ cursor: inout TextCursor) -> BootLine? {
    let start = cursor
    if cursor.take("ACPI device \"") {
      let name = cursor.restOfLine().prefix { $0 != "\"" }
      cursor.advance(to: cursor.at + name.utf8.count)
      if cursor.take("\" under DMAR at "), let base = cursor.hexNumber(), cursor.take(" as "),
        let source = DriverLineReader.busDeviceFunction(&cursor)
      {
        return .namespaceDeviceFound(
          name: String(name), base: PhysicalAddress(rawValue: base.value), source: source)
      }
    }
    cursor = start
    if cursor.take("No IOMMU scope found for ANDD enumeration ID "),
      let number = cursor.decimalNumber(maximumDigits: 3), cursor.take(" (")
    {
      let name = cursor.restOfLine().prefix { $0 != ")" }
      return .namespaceDeviceWithoutScope(
        number: UInt8(truncatingIfNeeded: number), name: String(name))
    }
    cursor = start
    if cursor.take("Failed to find handle for ACPI object ") {
      return .namespaceDeviceUnknown(cursor.word())
    }
    cursor = start
    if cursor.take("Device scope type does not match for "),
      let device = FactReader.address(&cursor)
    {
      return .scopeMismatch(device)
    }
    _ = cursor.take("[Firmware Bug]: ")
    if cursor.take("RMRR entry for device "),
      let source = DriverLineReader.busDeviceFunction(&cursor), cursor.take(" is broken")
    {
      return .firmwareBadScope(source)
    }
    if cursor.take("ioapic "), let id = cursor.decimalNumber(maximumDigits: 4),
      cursor.take(" has no mapping iommu")
    {
      return .firmwareUnmappedIOAPIC(id: id)
    }
    if cursor.take("Unknown option - '") {
      return .unknownOption(String(cursor.restOfLine().prefix { $0 != "'" }))
    }
    cursor = start
    return nil
  }

  /// Lines that name their device at the end, of kernels to 5.0.
  private static func identity(_ bytes: [UInt8]) -> BootLine? {
    for (words, isHardware) in [
      ("hardware", true), ("software", false), ("Hardware", true), ("Software", false),
    ] {
      let isCurrent = words.first?.isUppercase == true
      let prefix = (isCurrent ? "DMAR: " : "IOMMU: ") + "\(words) identity mapping for device "
      guard bytes.starts(with: prefix.utf8) else { continue }
      var cursor = TextCursor(Array(bytes.dropFirst(prefix.utf8.count)))
      guard let device = FactReader.address(&cursor) else { return nil }
      let line = BootLine.staticIdentity(device, isHardware: isHardware)
      return isCurrent ? .inLine(line) : line
    }
    let ignored = ignoredMap + " device "
    let isCurrent = bytes.starts(with: "DMAR: ".utf8)
    let rest = isCurrent ? Array(bytes.dropFirst(6)) : bytes
    guard rest.starts(with: ignored.utf8) else { return nil }
    var cursor = TextCursor(Array(rest.dropFirst(ignored.utf8.count)))
    guard let device = FactReader.address(&cursor), let (start, end) = FactReader.range(&cursor)
    else { return nil }
    let line = BootLine.identityMapIgnored(device, start: start, end: end)
    return isCurrent ? .inLine(line) : line
  }

  private static func unit(_ cursor: inout TextCursor) -> BootLine? {
    let start = cursor
    if cursor.take("Failed to copy translation tables from previous kernel for dmar"),
      let number = cursor.decimalNumber(maximumDigits: 4)
    {
      return .translationTablesNotCopied(unit: number)
    }
    if cursor.take("Failed to copy IR table for dmar"),
      let number = cursor.decimalNumber(maximumDigits: 4)
    {
      return .interruptTableNotCopied(unit: number)
    }
    if cursor.take("Translation was enabled for dmar"),
      let number = cursor.decimalNumber(maximumDigits: 4)
    {
      return .translationNotKdump(unit: number)
    }
    cursor = start
    if cursor.take("Cannot get a valid agaw for iommu (seq_id = "),
      let number = cursor.decimalNumber(maximumDigits: 4)
    {
      return .unitWithoutValidWidth(number)
    }
    cursor = start
    guard cursor.take("dmar") || cursor.take("IOMMU "),
      let number = cursor.decimalNumber(maximumDigits: 4)
    else { return nil }
    if cursor.take(" does not support EIM") { return .unitWithoutExtendedInterrupts(number) }
    if cursor.take(": No supported address widths.") { return .unitWithoutWidths(number) }
    return nil
  }
}

extension DriverLine {
  /// What the log's reader found, as far as it is a line of the driver.
  init?(_ kind: LogEvent.Kind) {
    switch kind {
    case .fault(let observation):
      guard let line = observation.line else { return nil }
      self = .fault(line)
    case .status(let status): self = .status(FaultStatusLine(status: status))
    case .suppressed(let function, let count):
      guard function == "dmar_fault" else { return nil }
      self = .suppressed(SuppressedLine(count: count))
    case .dump(let line, _): self = .dump(line)
    case .queueError(let line): self = .queueError(line)
    case .boot(let line): self = .boot(line)
    case .fact, .amdFault: return nil
    }
  }
}
