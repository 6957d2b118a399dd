import PCI
import Text
import VTdFormats

extension FormTemplate {
  /// Reads the words at `cursor` and sets the values that stand in them. Where they do not fit, the
  /// cursor may be anywhere.
  ///
  /// - Parameter hasSlips: whether the words between `%~` marks may have slips of a writer's hand.
  static func read(
    _ words: StaticString, _ cursor: inout TextCursor, _ values: inout FormValues,
    hasSlips: Bool = false
  ) -> Bool {
    words.withUTF8Buffer { FormTemplate($0).read(&cursor, &values, hasSlips: hasSlips) }
  }

  func read(
    _ cursor: inout TextCursor, _ values: inout FormValues, hasSlips: Bool = false
  ) -> Bool {
    var template = self
    var end: TextCursor?
    var isRough = false
    while let piece = template.next() {
      let fits: Bool
      switch piece {
      case .words(let words):
        fits = (isRough ? cursor.takeRoughly(words) : cursor.take(words)) || template.takeLack()
      case .hole(let hole):
        fits = hole.read(&cursor, &values, isRough: isRough, before: template)
      case .mayEnd:
        end = cursor
        continue
      case .slips:
        isRough = hasSlips && !isRough
        continue
      case .mayLack: continue
      }
      if !fits {
        guard let end else { return false }
        cursor = end
        return true
      }
    }
    return true
  }

  /// How many bytes of words stand at the beginning of each line that `read` takes, without slips.
  static func certainWords(_ words: StaticString) -> Int {
    words.withUTF8Buffer { bytes in
      var template = FormTemplate(bytes)
      guard case .words(let words)? = template.next(), !template.takeLack() else { return 0 }
      return words.count
    }
  }

  /// Whether the words just passed may be missing.
  private mutating func takeLack() -> Bool {
    var trial = self
    guard case .mayLack = trial.next() else { return false }
    self = trial
    return true
  }

  /// The words that follow, marks passed over; nil where only blanks do, which end a word anyway.
  fileprivate func wordsAhead() -> UnsafeBufferPointer<UInt8>? {
    var ahead = self
    while let piece = ahead.next() {
      switch piece {
      case .words(let words): return words.allSatisfy(ASCII.isBlank) ? nil : words
      case .hole: return nil
      case .mayEnd, .mayLack, .slips: continue
      }
    }
    return nil
  }
}

extension FormTemplate.Hole {
  fileprivate func read(
    _ cursor: inout TextCursor, _ values: inout FormValues, isRough: Bool, before rest: FormTemplate
  ) -> Bool {
    switch letter {
    case UInt8(ascii: "d"):
      guard let number = cursor.decimalNumber(maximumDigits: mostDigits(12)) else { return false }
      values.set(slot, UInt64(number))
    case UInt8(ascii: "x"):
      guard let number = cursor.hexNumber(maximumDigits: mostDigits(16), acrossJoins: isLong)
      else { return false }
      values.set(slot, number.value)
    case UInt8(ascii: "b"):
      guard let source = source(&cursor, isRough) else { return false }
      values.set(slot, UInt64(source.rawValue))
    case UInt8(ascii: "D"):
      guard let address = address(&cursor, isRough) else { return false }
      address.put(into: &values, at: slot)
    case UInt8(ascii: "p"):
      cursor.skipBlanks()
      guard
        let address = cursor.pciAddress()
          ?? cursor.sourceID().map({ PCIAddress(sourceID: $0) })
      else { return false }
      address.put(into: &values, at: slot)
    case UInt8(ascii: "g"):
      guard let address = cursor.guestAddress() else { return false }
      address.put(into: &values, at: slot)
    case UInt8(ascii: "a"):
      // A read is never two slips away from a write.
      if isRough ? cursor.takeRoughly("Write") : cursor.take("Write") {
        values.set(slot, 1)
      } else if isRough ? cursor.takeRoughly("Read") : cursor.take("Read") {
        values.set(slot, 0)
      } else {
        return false
      }
    case UInt8(ascii: "u"):
      guard cursor.take("dmar"), let number = cursor.decimalNumber(maximumDigits: 4) else {
        return false
      }
      values.set(slot, "dmar\(number)")
    case UInt8(ascii: "h"):
      guard let text = cursor.hiddenNumber() else { return false }
      values.set(slot, text)
    case UInt8(ascii: "i"):
      guard let name = cursor.identifier() else { return false }
      values.set(slot, name)
    case UInt8(ascii: "F"):
      var name = FormValues()
      guard FormTemplate.read(FirmwareName.words, &cursor, &name) else { return true }
      FirmwareName(name, at: 0).put(into: &values, at: slot)
    case UInt8(ascii: "s"):
      let text = cursor.words(before: rest.wordsAhead(), isOne: true)
      guard let text, !text.isEmpty else { return false }
      values.set(slot, text)
    default:
      guard let text = cursor.words(before: rest.wordsAhead(), isOne: false) else { return false }
      values.set(slot, text)
    }
    return true
  }

  private func source(_ cursor: inout TextCursor, _ isRough: Bool) -> SourceID? {
    guard isRough else { return cursor.sourceID(hasPrefix: hasPrefix) }
    var trial = cursor
    guard let device = trial.roughDevice(), device.segment == nil, device.hasPrefix == hasPrefix
    else { return nil }
    cursor = trial
    return device.source
  }

  private func address(_ cursor: inout TextCursor, _ isRough: Bool) -> PCIAddress? {
    guard isRough else { return cursor.pciAddress() }
    guard let device = cursor.roughDevice(), let segment = device.segment else { return nil }
    return PCIAddress(segment: UInt32(segment), sourceID: device.source)
  }
}
