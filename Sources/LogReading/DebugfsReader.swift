import KernelLog
import PCI
import Text
import VTdFormats

/// Reads rows of the driver's debugfs files, pasted into a log or printed there by a script.
enum DebugfsReader {
  static func read(_ cursor: inout TextCursor) -> DebugfsRow? {
    var trial = cursor
    guard let row = heading(&trial) ?? page(&trial) ?? context(&trial) ?? interrupt(&trial) else {
      return nil
    }
    cursor = trial
    return row
  }

  private static func heading(_ cursor: inout TextCursor) -> DebugfsRow? {
    let start = cursor
    if cursor.take("IOMMU dmar") {
      if let number = cursor.decimalNumber(maximumDigits: 4),
        cursor.take(": Root Table Address: "), let address = cursor.hexNumber()
      {
        return .rootTable(unit: "dmar\(number)", address: address.value)
      }
      cursor = start
      return nil
    }
    if cursor.take("IOMMU: dmar"), let number = cursor.decimalNumber(maximumDigits: 4),
      cursor.take(" Register Base Address: "), let base = cursor.hexNumber()
    {
      return .registers(unit: "dmar\(number)", base: base.value)
    }
    cursor = start
    if cursor.take("IR table address:"), let address = cursor.hexNumber() {
      return .interruptTable(address: address.value)
    }
    cursor = start
    if cursor.take("Remapped Interrupt supported on IOMMU: dmar")
      || cursor.take("Posted Interrupt supported on IOMMU: dmar"),
      let number = cursor.decimalNumber(maximumDigits: 4)
    {
      return .interrupts(unit: "dmar\(number)")
    }
    cursor = start
    if cursor.take("Device "), let address = cursor.pciAddress() {
      // With a PASID behind it in scalable mode: `Device 0000:00:0a.0 with pasid 1 @0x…`.
      if cursor.take(" with pasid ") { _ = cursor.hexNumber() }
      if cursor.take(" @"), let table = cursor.hexNumber(), table.hasPrefix {
        return .domain(address, pageTable: table.value)
      }
    }
    cursor = start
    return nil
  }

  /// `0x0000000000fff |<tab>0x…<tab>0x…`
  private static func page(_ cursor: inout TextCursor) -> DebugfsRow? {
    let start = cursor
    guard let frame = cursor.hexNumber(), frame.hasPrefix, cursor.take(" |") else {
      cursor = start
      return nil
    }
    var entries: [UInt64] = []
    while entries.count < 5 {
      var trial = cursor
      // A row may end with a large page; what follows then is the next one's frame, of 13 digits.
      guard let entry = trial.hexNumber(), entry.hasPrefix, entry.digits == 16 else { break }
      entries.append(entry.value)
      cursor = trial
    }
    guard entries.count >= 3 else {
      cursor = start
      return nil
    }
    return .page(frame: frame.value, entries: entries)
  }

  /// `00:1a.0<tab>hi:lo<tab>hi:lo<tab>pasid<tab>q2:q1:q0`
  private static func context(_ cursor: inout TextCursor) -> DebugfsRow? {
    let start = cursor
    guard let source = cursor.sourceID(),
      let root = entryWords(&cursor, count: 2), let context = entryWords(&cursor, count: 2)
    else {
      cursor = start
      return nil
    }
    var pasid: PASID?
    var entry: [UInt64] = []
    let rest = cursor
    if cursor.take(" -1 ") {
      _ = entryWords(&cursor, count: 3)
    } else if let number = cursor.decimalNumber(maximumDigits: 7),
      let words = entryWords(&cursor, count: 3)
    {
      pasid = PASID(rawValue: UInt32(truncatingIfNeeded: number))
      entry = Array(words.reversed())
    } else {
      cursor = rest
    }
    return .context(
      source, rootHigh: root[0], rootLow: root[1], contextHigh: context[0],
      contextLow: context[1], pasid: pasid, pasidEntry: entry)
  }

  private static func entryWords(_ cursor: inout TextCursor, count: Int) -> [UInt64]? {
    var words: [UInt64] = []
    while words.count < count {
      guard let word = cursor.hexNumber(), word.hasPrefix else { return nil }
      words.append(word.value)
      if words.count < count {
        guard cursor.next == UInt8(ascii: ":") else { return nil }
        cursor.advance(to: cursor.at + 1)
      }
    }
    return words
  }

  /// ` 0     ff:00.0 00000100 24  000000000004ff00<tab>000001000024000d`
  private static func interrupt(_ cursor: inout TextCursor) -> DebugfsRow? {
    let start = cursor
    guard let index = cursor.decimalNumber(maximumDigits: 5), cursor.next == ASCII.space,
      let source = cursor.sourceID()
    else {
      cursor = start
      return nil
    }
    var words: [TextCursor.Number] = []
    while words.count < 6, let word = cursor.hexNumber() {
      words.append(word)
      // The entry's two words end the row; what follows is the next one's index.
      if word.digits == 16, words.dropLast().last?.digits == 16 { break }
    }
    guard words.count >= 4, let low = words.last, low.digits == 16,
      words[words.count - 2].digits == 16
    else {
      cursor = start
      return nil
    }
    return .interruptEntry(
      index: UInt32(index), source: source, high: words[words.count - 2].value, low: low.value)
  }

  /// `GSTS<tab>0x1c<tab>0x00000000c7000000`; only below a `Register Base Address` line.
  static func register(_ cursor: inout TextCursor) -> DebugfsRow? {
    let start = cursor
    let name = cursor.word()
    guard !name.isEmpty,
      name.utf8.allSatisfy({
        ASCII.isUpperCase($0) || ASCII.isDigit($0) || $0 == UInt8(ascii: "_")
          || $0 == UInt8(ascii: "x") || $0 == UInt8(ascii: "a")
      }),
      let offset = cursor.hexNumber(maximumDigits: 4), offset.hasPrefix,
      let value = cursor.hexNumber(), value.hasPrefix
    else {
      cursor = start
      return nil
    }
    return .register(name: name, offset: offset.value, value: value.value)
  }
}
