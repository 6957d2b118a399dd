import PhysicalMemory
import VTdFormats

/// A second implementation of the translation, written straight from the reference's tables with
/// no regard for speed: bit numbers as they are printed there, no shared code with the unit.
///
/// It covers untranslated requests of legacy and scalable mode, without caches.
struct NaiveUnit {
  let memory: PhysicalMemory
  let cap: UInt64
  let ecap: UInt64
  let hostWidth: Int

  enum Answer: Equatable {
    case page(UInt64)
    case fault(UInt8, silent: Bool)
  }

  func bit(_ word: UInt64, _ number: Int) -> Bool { word >> UInt64(number) & 1 == 1 }
  func bits(_ word: UInt64, _ high: Int, _ low: Int) -> UInt64 {
    word >> UInt64(low) & (UInt64.max >> UInt64(63 - (high - low)))
  }
  func word(_ address: UInt64) -> UInt64? { memory.load64(PhysicalAddress(rawValue: address)) }
  func any(_ word: UInt64, _ high: Int, _ low: Int) -> Bool {
    high >= low && bits(word, high, low) != 0
  }

  func hasLevels(_ levels: UInt64) -> Bool {
    levels >= 3 && levels <= 5 && bit(cap, 6 + Int(levels))
  }

  func legacy(root: UInt64, source: UInt16, iova: UInt64, write: Bool) -> Answer {
    let rootAddress = root + UInt64(source >> 8) * 16
    guard let rootLow = word(rootAddress), let rootHigh = word(rootAddress + 8) else {
      return .fault(0x08, silent: false)
    }
    if !bit(rootLow, 0) { return .fault(0x01, silent: false) }
    if any(rootLow, 11, 1) || rootHigh != 0 || any(rootLow, 63, hostWidth) {
      return .fault(0x0a, silent: false)
    }
    let address = rootLow & ~0xfff + UInt64(source & 0xff) * 16
    guard let low = word(address), let high = word(address + 8) else {
      return .fault(0x09, silent: false)
    }
    let silent = bit(low, 1)
    if !bit(low, 0) { return .fault(0x02, silent: silent) }
    if any(low, 11, 4) || bit(high, 7) || any(high, 63, 24) || any(low, 63, hostWidth) {
      return .fault(0x0b, silent: silent)
    }
    let type = bits(low, 3, 2)
    if type == 3 || type == 1 && !bit(ecap, 2) || type == 2 && !bit(ecap, 6) {
      return .fault(0x03, silent: silent)
    }
    let levels = bits(high, 2, 0) + 2
    if !hasLevels(levels) { return .fault(0x03, silent: silent) }
    if tooWide(iova, levels) { return .fault(0x04, silent: silent) }
    if type == 2 { return .page(iova) }
    switch secondStage(iova, low & ~0xfff, Int(levels), write: write) {
    case .page(let page, _): return page >> 20 == 0xfee ? .fault(0x0e, silent: silent) : .page(page)
    case .unreadable(let top): return .fault(top ? 0x03 : 0x07, silent: silent)
    case .reserved: return .fault(0x0c, silent: silent)
    case .missing, .denied: return .fault(write ? 0x05 : 0x06, silent: silent)
    }
  }

  func tooWide(_ address: UInt64, _ levels: UInt64) -> Bool {
    let width = min(bits(cap, 21, 16) + 1, 12 + 9 * levels)
    return address >> width != 0
  }

  enum Stage: Equatable {
    case page(UInt64, writable: Bool)
    case unreadable(top: Bool)
    case reserved, missing, denied
  }

  func secondStage(_ iova: UInt64, _ table: UInt64, _ levels: Int, write: Bool) -> Stage {
    var table = table
    var readable = true
    var writable = true
    for level in (1...levels).reversed() {
      let low = 12 + 9 * (level - 1)
      guard let entry = word(table + bits(iova, low + 8, low) * 8) else {
        return .unreadable(top: level == levels)
      }
      if !bit(entry, 0) && !bit(entry, 1) { return .missing }
      let isPage = level == 1 || level <= 3 && bit(entry, 7)
      if any(entry, 51, hostWidth) { return .reserved }
      if level >= 4 && bit(entry, 7) { return .reserved }
      if (level == 2 || level == 3) && bit(entry, 7) && !bit(cap, 32 + level) { return .reserved }
      if bit(entry, 11) && !(isPage && bit(ecap, 7)) { return .reserved }
      if bit(entry, 62) && !(isPage && bit(ecap, 2)) { return .reserved }
      if isPage && any(entry, low - 1, 12) { return .reserved }
      readable = readable && bit(entry, 0)
      writable = writable && bit(entry, 1)
      if isPage {
        if write ? !writable : !readable { return .denied }
        let page = bits(entry, 51, 12) << 12 | bits(iova, low - 1, 0)
        return .page(page, writable: writable)
      }
      table = bits(entry, 51, 12) << 12
    }
    return .missing
  }

  /// Scalable mode from the PASID entry on; the entry is known to be good.
  func scalable(
    type: UInt64, first: UInt64, firstLevels: Int, second: UInt64, secondLevels: Int,
    iova: UInt64, write: Bool
  ) -> UInt8? {
    if type == 2 {
      if tooWide(iova, UInt64(secondLevels)) { return 0x83 }
      switch secondStage(iova, second, secondLevels, write: write) {
      case .page(let page, _): return page >> 20 == 0xfee ? 0x87 : nil
      case .unreadable(let top): return top ? 0x7b : 0x78
      case .reserved: return 0x7a
      case .missing: return 0x79
      case .denied: return write ? 0x85 : 0x86
      }
    }
    let sign = 12 + 9 * firstLevels - 1
    let above = iova >> UInt64(sign)
    if above != 0 && above != UInt64.max >> UInt64(sign) { return 0x80 }
    var table = first
    var user = true
    var writable = true
    for level in (1...firstLevels).reversed() {
      let low = 12 + 9 * (level - 1)
      var address = table + bits(iova, low + 8, low) * 8
      var updatable = true
      if type == 3 {
        if tooWide(address, UInt64(secondLevels)) { return 0x74 }
        switch secondStage(address, second, secondLevels, write: false) {
        case .page(let page, let mayWrite): (address, updatable) = (page, mayWrite)
        case .unreadable(let top): return top ? 0x7b : 0x78
        case .reserved: return 0x7a
        case .missing: return 0x79
        case .denied: return level == firstLevels ? 0x75 : 0x76
        }
      }
      guard let entry = word(address) else { return level == firstLevels ? 0x73 : 0x70 }
      if !bit(entry, 0) { return 0x71 }
      let isPage = level == 1 || level <= 3 && bit(entry, 7)
      if any(entry, 51, hostWidth) || level >= 4 && bit(entry, 7) { return 0x72 }
      if level == 3 && isPage && !bit(cap, 56) { return 0x72 }
      if isPage && level > 1 && any(entry, low - 1, 13) { return 0x72 }
      user = user && bit(entry, 2)
      writable = writable && bit(entry, 1)
      if isPage {
        if !user { return 0x81 }
        if write && !writable { return 0x85 }
      }
      let lacks = !bit(entry, 5) || isPage && write && !bit(entry, 6)
      if lacks && !updatable { return 0x77 }
      if isPage {
        let page = (bits(entry, 51, low) << UInt64(low)) | bits(iova, low - 1, 0)
        if type == 1 { return page >> 20 == 0xfee ? 0x87 : nil }
        if tooWide(page, UInt64(secondLevels)) { return 0x84 }
        switch secondStage(page, second, secondLevels, write: write) {
        case .page(let host, _): return host >> 20 == 0xfee ? 0x87 : nil
        case .unreadable(let top): return top ? 0x7b : 0x78
        case .reserved: return 0x7a
        case .missing: return 0x79
        case .denied: return write ? 0x85 : 0x86
        }
      }
      table = bits(entry, 51, 12) << 12
    }
    return nil
  }
}
