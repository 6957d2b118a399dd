import VTdFormats

/// Reads a fault record from text that begins at its tag (`[DMA …` or `INTR-REMAP…`).
enum FaultReader {
  struct Result {
    var observation: FaultObservation
    var repairs: [Repair]
    /// Where the record ends in the joined text.
    var end: Int
  }

  private enum Tag {
    case dma(FaultLine.Access, pasid: PASID?, hasPASID: Bool)
    case interrupt

    var isDMA: Bool {
      if case .dma = self { true } else { false }
    }
  }

  static func read(_ text: [UInt8], at start: Int, reasonLine: [UInt8]? = nil) -> Result? {
    var cursor = TextCursor(text, at: start)
    guard let tag = tag(&cursor) else { return nil }
    guard cursor.takeRoughly(" Request device") else { return nil }
    guard let device = device(&cursor) else { return nil }
    var pasid: PASID?
    var pasidPlace: FaultLineLayout.PASIDPlace = .absent
    var isWide = false
    if case .dma(_, let value, let hasPASID) = tag, hasPASID {
      pasid = value
      pasidPlace = .inTag
    }
    if pasidPlace == .absent, cursor.take(" PASID ") {
      guard let number = cursor.hexNumber(maximumDigits: 16, acrossJoins: true) else { return nil }
      pasid =
        number.value == 0xffff_ffff
        ? nil : PASID(rawValue: UInt32(truncatingIfNeeded: number.value))
      pasidPlace = .behindDevice
    }
    guard cursor.take(" fault index") || cursor.takeRoughly(" fault addr") else { return nil }
    let beforeNumber = cursor
    let read = cursor.hexNumber(acrossJoins: true)
    var hidden: String?
    // The halves of an old record may be glued behind an index, but not behind an address.
    if read == nil || tag.isDMA && Self.isHiding(cursor.next) {
      cursor = beforeNumber
      hidden = Self.hiddenNumber(&cursor)
      if hidden == nil { return nil }
    }
    let value = hidden == nil ? read?.value ?? 0 : 0
    if read?.hasPrefix == true { isWide = true }
    let request: FaultLine.Request
    switch tag {
    case .dma(let access, _, _):
      request = .dma(access: access, pasid: pasid, address: IOVA(rawValue: value))
    case .interrupt:
      if hidden != nil { return nil }
      request = .interrupt(index: UInt16(truncatingIfNeeded: value))
    }
    var observation = FaultObservation(
      request: request, source: device.source, segment: device.segment, reason: nil)
    observation.hiddenAddress = hidden
    var repairs: [Repair] = hidden == nil ? [] : [.hiddenNumber]
    let reasonPart = ReasonReader.read(&cursor, elsewhere: reasonLine)
    observation.isXen = reasonPart.isXen
    observation.reason = reasonPart.reason
    observation.reasonText = reasonPart.text
    observation.printedReason = reasonPart.printed
    repairs += reasonPart.repairs
    if cursor.slips > 0 || device.isMisspelt {
      repairs.insert(
        .misspelt(
          String(decoding: text[start..<min(start + 48, text.count)], as: UTF8.self)
            .replacing(0)), at: 0)
    }
    observation.generation = generation(
      tag: tag, device: device, pasid: pasidPlace, isWide: isWide, reason: reasonPart,
      slips: cursor.slips, text: text, start: start)
    return Result(observation: observation, repairs: repairs, end: cursor.at)
  }

  /// Whether a number goes on with something that is no digit: its author masked a part of it, or it
  /// was cut in the middle.
  private static func isHiding(_ byte: UInt8?) -> Bool {
    guard let byte else { return false }
    return byte >= 0x30 && byte <= 0x39 || (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a
      || [0x2a, 0x3f, 0x23, 0x5f, 0xe2].contains(byte)
  }

  /// The word that stands in a number's place, up to white space or a bracket.
  private static func hiddenNumber(_ cursor: inout TextCursor) -> String? {
    cursor.skipBlanks()
    let word = cursor.word()
    let shown = word.prefix { $0 != "[" && $0 != "," }
    guard !shown.isEmpty, shown.utf8.count <= 24 else { return nil }
    cursor.advance(to: cursor.at - (word.utf8.count - shown.utf8.count))
    return String(shown)
  }

  /// `[DMA Read]`, `[DMA Write NO_PASID]`, `[DMA Read PASID 0x2]`, `[INTR-REMAP]`, `INTR-REMAP:`.
  private static func tag(_ cursor: inout TextCursor) -> Tag? {
    _ = cursor.take("[")
    if cursor.take("INTR-REMAP") {
      _ = cursor.take("]") || cursor.take(":")
      return .interrupt
    }
    guard cursor.take("DMA ") else { return nil }
    let access: FaultLine.Access
    if cursor.takeRoughly("Write") {
      access = .write
    } else if cursor.takeRoughly("Read") {
      access = .read
    } else {
      return nil
    }
    var pasid: PASID?
    var hasPASID = false
    if cursor.take(" NO_PASID") || cursor.take(" NO PASID") {
      hasPASID = true
    } else if cursor.take(" PASID ") {
      guard let number = cursor.hexNumber(maximumDigits: 8, acrossJoins: true) else { return nil }
      pasid = PASID(rawValue: UInt32(truncatingIfNeeded: number.value))
      hasPASID = true
    }
    guard cursor.take("]") else { return nil }
    return .dma(access, pasid: pasid, hasPASID: hasPASID)
  }

  struct Device {
    var source: SourceID
    var segment: UInt16?
    var hasPrefixes: Bool
    var isMisspelt: Bool
    var hasTwoBrackets: Bool
  }

  /// `[bb:dd.f]`, `[[bb:dd.f]`, `[0xbb:0xdd.f]`, `[ssss:bb:dd.f]`; `.` typed for `:`.
  private static func device(_ cursor: inout TextCursor) -> Device? {
    guard cursor.take(" [") else { return nil }
    let two = cursor.take("[")
    var parts: [(TextCursor.Number, separator: UInt8)] = []
    while parts.count < 4 {
      guard let number = cursor.hexNumber(maximumDigits: 4, acrossJoins: true) else { return nil }
      cursor.skipBlanks()
      guard let separator = cursor.next else { return nil }
      cursor.advance(to: cursor.at + 1)
      parts.append((number, separator))
      if separator == 0x5d { break }
      guard separator == 0x3a || separator == 0x2e else { return nil }
    }
    guard parts.last?.separator == 0x5d, parts.count == 3 || parts.count == 4 else { return nil }
    let offset = parts.count - 3
    let bus = parts[offset].0.value
    let slot = parts[offset + 1].0.value
    let function = parts[offset + 2].0.value
    guard bus <= 0xff, slot <= 0x1f, function <= 7 else { return nil }
    return Device(
      source: SourceID(bus: UInt8(bus), device: UInt8(slot), function: UInt8(function)),
      segment: offset == 1 ? UInt16(truncatingIfNeeded: parts[0].0.value) : nil,
      hasPrefixes: parts[offset].0.hasPrefix,
      isMisspelt: parts[offset].separator != 0x3a || parts[offset + 1].separator != 0x2e,
      hasTwoBrackets: two)
  }

  /// The generation whose layout has these very features, or nil.
  private static func generation(
    tag: Tag, device: Device, pasid: FaultLineLayout.PASIDPlace, isWide: Bool,
    reason: ReasonReader.Result, slips: Int, text: [UInt8], start: Int
  ) -> FaultLineGeneration? {
    guard slips == 0, !device.isMisspelt, device.segment == nil, !reason.isXen else { return nil }
    if device.hasPrefixes { return .f6 }
    if isWide { return .f7 }
    if reason.hasOwnTag || device.hasTwoBrackets {
      let before = text[..<start]
      if ByteSearch.find("dmar: DMAR:", in: Array(before.suffix(24))) != nil {
        return before.suffix(11).first == 0x64 ? .f2 : .f3
      }
      if case .interrupt = tag {
        if before.suffix(6).elementsEqual("DMAR: ".utf8) { return .f3 }
        if before.suffix(6).elementsEqual("dmar: ".utf8) { return .f2 }
      }
      return .f1
    }
    switch pasid {
    case .behindDevice: return .f5
    case .inTag: return .f7
    case .absent: return .f4
    }
  }
}

extension String {
  /// Joins, which are NUL characters in the reader's text, shown as blanks.
  fileprivate func replacing(_ join: Int) -> String {
    String(map { $0 == "\0" || $0 == "\u{1}" ? " " : $0 })
  }
}
