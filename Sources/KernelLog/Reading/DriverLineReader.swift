import VTdFormats

/// Reads the driver's lines other than fault records: status, limiter, dump and queue errors.
enum DriverLineReader {
  static func status(_ cursor: inout TextCursor) -> UInt32? {
    var trial = cursor
    _ = trial.take("DRHD: ")
    // A slip may have taken the first letter, but looking for slips in every line costs time.
    guard let first = trial.next, [0x68, 0x48, 0x61].contains(first),
      trial.takeRoughly("handling fault status reg"),
      let number = trial.hexNumber(maximumDigits: 8)
    else { return nil }
    cursor = trial
    return UInt32(truncatingIfNeeded: number.value)
  }

  /// `dmar_fault: 29 callbacks suppressed`; the colon gets lost where it is typed.
  static func suppressed(_ cursor: inout TextCursor) -> (String, Int)? {
    var trial = cursor
    var function = trial.word()
    if function.hasSuffix(":") { function.removeLast() }
    guard !function.isEmpty, function.utf8.allSatisfy({ isIdentifier($0) }),
      let count = trial.decimalNumber(), trial.take(" callbacks suppressed")
    else { return nil }
    cursor = trial
    return (function, count)
  }

  private static func isIdentifier(_ byte: UInt8) -> Bool {
    byte == 0x5f || byte == 0x2e || (0x30...0x39).contains(byte)
      || (0x61...0x7a).contains(byte | 0x20)
  }

  static func dump(_ cursor: inout TextCursor) -> (DumpLine, DumpWording?)? {
    var trial = cursor
    guard let result = dumpEntry(&trial) ?? dumpStop(&trial) else { return nil }
    cursor = trial
    return result
  }

  private static func dumpEntry(_ cursor: inout TextCursor) -> (DumpLine, DumpWording?)? {
    let start = cursor
    if cursor.take("Dump ") {
      let unit = cursor.word()
      guard unit.hasPrefix("dmar"), cursor.take(" table entries for IOVA "),
        let address = cursor.hexNumber(acrossJoins: true)
      else { return nil }
      return (.header(unit: unit, address: IOVA(rawValue: address.value)), nil)
    }
    cursor = start
    if cursor.take("scalable mode root entry: hi "), let (high, low) = pair(&cursor) {
      return (.scalableRootEntry(high: high, low: low), nil)
    }
    cursor = start
    if cursor.take("root entry: "), let value = entry(&cursor) {
      return (.rootEntry(low: value), nil)
    }
    cursor = start
    if cursor.take("context entry: hi "), let (high, low) = pair(&cursor) {
      return (.contextEntry(high: high, low: low), nil)
    }
    cursor = start
    if cursor.take("pasid dir entry: "), let value = entry(&cursor) {
      return (.pasidDirectoryEntry(value), nil)
    }
    cursor = start
    if cursor.take("pasid table entry["), let index = cursor.decimalNumber(maximumDigits: 2),
      cursor.take("]: "), let value = entry(&cursor)
    {
      return (.pasidTableEntry(index: index, value: value), nil)
    }
    cursor = start
    if cursor.take("pte level: "), let level = cursor.decimalNumber(maximumDigits: 1),
      cursor.take(", pte value: "), let value = entry(&cursor)
    {
      return (.pageTableEntry(level: level, value: value), nil)
    }
    cursor = start
    return nil
  }

  private static func entry(_ cursor: inout TextCursor) -> UInt64? {
    guard let number = cursor.hexNumber(acrossJoins: true), number.hasPrefix else { return nil }
    return number.value
  }

  private static func pair(_ cursor: inout TextCursor) -> (UInt64, UInt64)? {
    guard let high = entry(&cursor), cursor.take(", low "), let low = entry(&cursor) else {
      return nil
    }
    return (high, low)
  }

  /// The stops whose words do not depend on numbers, in both wordings.
  private static let stops: [(StaticString, DumpStop, DumpWording)] = [
    ("root table entry is not present", .noRootTable, .original),
    ("root table is not present", .noRootTable, .revised),
    ("context table entry is not present", .noContextTable, .original),
    ("context table is not present", .noContextTable, .revised),
    ("legacy mode page table is not present", .noLegacyPageTable, .revised),
    ("pasid directory entry is not present", .noPASIDDirectory, .original),
    ("pasid directory table is not present", .noPASIDDirectory, .revised),
    ("pasid table entry is not present", .noPASIDTable, .original),
    ("pasid table is not present", .noPASIDTable, .revised),
    ("scalable mode page table is not present", .noScalablePageTable, .revised),
    ("no page table setup", .noPageTableSetUp, .original),
  ]

  private static func dumpStop(_ cursor: inout TextCursor) -> (DumpLine, DumpWording?)? {
    for (words, stop, wording) in stops where cursor.take(words) { return (.stop(stop), wording) }
    if cursor.take("PTE not present at level "),
      let level = cursor.decimalNumber(maximumDigits: 1)
    {
      return (.stop(.entryNotPresent(level: level)), .original)
    }
    if cursor.take("page table not present at level "),
      let level = cursor.decimalNumber(maximumDigits: 1)
    {
      // The line names the table below the entry.
      return (.stop(.entryNotPresent(level: level + 1)), .revised)
    }
    let start = cursor
    if cursor.take("device ["), let source = busDeviceFunction(&cursor), cursor.take("] not probed")
    {
      return (.stop(.deviceNotProbed(source)), .original)
    }
    cursor = start
    return nil
  }

  /// `bb:dd.f`
  static func busDeviceFunction(_ cursor: inout TextCursor) -> SourceID? {
    let start = cursor
    guard let bus = cursor.hexNumber(maximumDigits: 2), cursor.next == 0x3a else {
      cursor = start
      return nil
    }
    cursor.advance(to: cursor.at + 1)
    guard let slot = cursor.hexNumber(maximumDigits: 2), slot.value <= 0x1f, cursor.next == 0x2e
    else {
      cursor = start
      return nil
    }
    cursor.advance(to: cursor.at + 1)
    guard let function = cursor.hexNumber(maximumDigits: 1), function.value <= 7 else {
      cursor = start
      return nil
    }
    return SourceID(
      bus: UInt8(bus.value), device: UInt8(slot.value), function: UInt8(function.value))
  }

  static func queueError(_ cursor: inout TextCursor) -> QueueErrorLine? {
    var trial = cursor
    guard let line = queueErrorLine(&trial) else { return nil }
    cursor = trial
    return line
  }

  private static func queueErrorLine(_ cursor: inout TextCursor) -> QueueErrorLine? {
    if cursor.take("VT-d detected Invalidation ") {
      if cursor.take("Queue Error: Reason "), let value = cursor.hexNumber() {
        return .queueError(reason: value.value)
      }
      if cursor.take("Time-out Error: SID "), let value = cursor.hexNumber() {
        return .timeout(source: value.value)
      }
      if cursor.take("Completion Error: SID "), let value = cursor.hexNumber() {
        return .completionError(source: value.value)
      }
      return nil
    }
    if cursor.take("VT-d detected invalid descriptor: ") {
      guard cursor.take("qw0 = ") || cursor.take("low="), let low = cursor.hexNumber(),
        cursor.take(", qw1 = ") || cursor.take(", high="), let high = cursor.hexNumber()
      else { return nil }
      return .invalidDescriptor(qw0: low.value, qw1: high.value)
    }
    if cursor.take("Invalidation ") {
      if cursor.take("Queue Error (IQE) cleared") { return .queueErrorCleared }
      if cursor.take("Time-out Error (ITE) cleared") { return .timeoutCleared }
      if cursor.take("Completion Error (ICE) cleared") { return .completionErrorCleared }
      return nil
    }
    let position: QueueErrorLine.Position
    if cursor.take("QI HEAD: ") {
      position = .head
    } else if cursor.take("QI PRIOR: ") {
      position = .prior
    } else {
      return nil
    }
    // The descriptor's name, one to four words.
    var words = 0
    while !cursor.take("qw0 = ") {
      words += 1
      guard words <= 5, !cursor.word().isEmpty else { return nil }
      cursor.skipBlanks()
    }
    guard let qw0 = cursor.hexNumber(acrossJoins: true) else { return nil }
    // The first word has the type and the source; the second may be cut off.
    let qw1 = cursor.take(", qw1 = ") ? cursor.hexNumber(acrossJoins: true) : nil
    return .descriptor(position, qw0: qw0.value, qw1: qw1?.value ?? 0)
  }
}
