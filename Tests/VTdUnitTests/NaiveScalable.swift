import PhysicalMemory
import VTdFormats

@testable import VTdUnit

/// A request as the naive unit sees it.
struct NaiveRequest: CustomStringConvertible {
  var source: UInt16 = 0x18
  var iova: UInt64
  var read: Bool
  var write: Bool
  var execute = false
  var pasid: UInt64?
  var privileged = false
  var zeroLength = false

  var description: String {
    "iova \(hex(iova)) \(read ? "r" : "")\(write ? "w" : "")\(execute ? "x" : "")"
      + (pasid.map { " pasid \(hex($0))" } ?? "") + (privileged ? " privileged" : "")
      + (zeroLength ? " zero-length" : "")
  }

  var dma: DMARequest {
    .test(
      read ? (write ? .atomic : .read) : .write, iova, source: SourceID(rawValue: source),
      isZeroLength: zeroLength, pasid: pasid.map { UInt32($0) }, isPrivileged: privileged,
      isExecute: execute)
  }
}

// Scalable mode from the root entry to the page, straight from the reference's sections 3 and 4.
extension NaiveUnit {
  func scalable(root: UInt64, _ request: NaiveRequest) -> Answer {
    let upper = request.source & 0x80 != 0
    let rootAddress = root + UInt64(request.source >> 8) * 16 + (upper ? 8 : 0)
    guard let rootHalf = word(rootAddress) else { return .fault(0x38, silent: false) }
    if !bit(rootHalf, 0) { return .fault(0x39, silent: false) }
    if any(rootHalf, 11, 1) || any(rootHalf, 63, hostWidth) { return .fault(0x3a, silent: false) }
    let place = rootHalf & ~0xfff + UInt64(request.source & 0x7f) * 32
    let entry = (0..<4).compactMap { word(place + UInt64($0) * 8) }
    if entry.count < 4 { return .fault(0x40, silent: false) }
    var silent = bit(entry[0], 1)
    if !bit(entry[0], 0) { return .fault(0x41, silent: silent) }
    if any(entry[0], 8, 5) || any(entry[0], 63, hostWidth) || any(entry[1], 63, 21)
      || entry[2] | entry[3] != 0
    {
      return .fault(0x42, silent: silent)
    }
    let lacks =
      bit(entry[0], 2) && !bit(ecap, 2) || bit(entry[0], 3) && !bit(ecap, 40)
      || bit(entry[0], 4) && !bit(ecap, 29) || bit(entry[1], 20) && !bit(ecap, 31)
    if lacks { return .fault(0x43, silent: silent) }
    let limit = UInt64(1) << (bits(entry[0], 11, 9) + 7 + 6)
    let pasid: UInt64
    if let given = request.pasid {
      if !bit(entry[0], 3) { return .fault(0x45, silent: silent) }
      if given >= limit { return .fault(0x46, silent: silent) }
      pasid = given
    } else {
      pasid = bit(ecap, 49) ? bits(entry[1], 19, 0) : 0
      if pasid >= limit { return .fault(0x48, silent: silent) }
    }
    guard let directory = word(entry[0] & ~0xfff + (pasid >> 6) * 8) else {
      return .fault(0x50, silent: silent)
    }
    silent = silent || bit(directory, 1)
    if !bit(directory, 0) { return .fault(0x51, silent: silent) }
    if any(directory, 11, 2) || any(directory, 63, hostWidth) {
      return .fault(0x52, silent: silent)
    }
    let table = directory & ~0xfff + (pasid & 63) * 64
    let words = (0..<8).compactMap { word(table + UInt64($0) * 8) }
    if words.count < 8 { return .fault(0x58, silent: silent) }
    silent = silent || bit(words[0], 1)
    let supervisor = request.privileged || request.pasid == nil && bit(entry[1], 20)
    switch pasidEntry(words, request, supervisor) {
    case .page(let page): return .page(page)
    case .fault(let reason, _): return .fault(reason, silent: silent)
    }
  }

  private func pasidEntry(
    _ words: [UInt64], _ request: NaiveRequest, _ supervisor: Bool
  ) -> Answer {
    func fault(_ reason: UInt8) -> Answer { .fault(reason, silent: false) }
    if !bit(words[0], 0) { return fault(0x59) }
    let type = bits(words[0], 8, 6)
    let second = type == 2 || type == 3
    let first = type == 1 || type == 3
    if bit(words[0], 5) || any(words[0], 11, 10) || any(words[1], 22, 16) || bit(words[2], 6)
      || any(words[2], 11, 8) || words[3...].contains(where: { $0 != 0 })
      || second && any(words[0], 63, hostWidth) || first && any(words[2], 63, hostWidth)
      || bit(words[0], 9) && !bit(ecap, 45) || bit(words[1], 23) && !bit(ecap, 48)
      || bit(words[1], 24) && !bit(ecap, 7) || bit(words[2], 0) && !bit(ecap, 31)
      || bit(words[2], 1) && !bit(ecap, 30) || bit(words[2], 7) && !bit(ecap, 34)
    {
      return fault(0x5a)
    }
    let secondLevels = bits(words[0], 4, 2) + 2
    let mode = bits(words[2], 3, 2)
    let hasFirst = bit(ecap, 47) && (mode == 0 || mode == 1 && bit(cap, 60))
    let hasSecond = bit(ecap, 46) && hasLevels(secondLevels)
    let possible =
      switch type {
      case 1: hasFirst
      case 2: hasSecond
      case 3: bit(ecap, 26) && hasFirst && hasSecond
      case 4: bit(ecap, 6)
      default: false
      }
    if !possible { return fault(0x5b) }
    if request.execute && !bit(words[2], 1) { return fault(0x5c) }
    if supervisor && !bit(words[2], 0) { return fault(0x5d) }
    var walk = NaiveWalk(
      unit: self, request: request, supervisor: supervisor,
      second: words[0] & ~0xfff, secondLevels: Int(secondLevels), tracksSecond: bit(words[0], 9),
      snoops: bit(words[1], 23), writeProtect: bit(words[2], 4), noExecute: bit(words[2], 5),
      extended: bit(words[2], 7))
    let result: NaiveWalk.Result =
      switch type {
      case 1:
        walk.firstStage(words[2] & ~0xfff, levels: 4 + Int(mode), nested: false)
      case 2:
        tooWide(request.iova, secondLevels)
          ? .fault(0x83) : walk.secondStage(request.iova, write: request.write, read: request.read)
      case 3:
        walk.firstStage(words[2] & ~0xfff, levels: 4 + Int(mode), nested: true)
      default:
        request.iova >> (bits(cap, 21, 16) + 1) != 0 ? .fault(0x83) : .page(request.iova)
      }
    switch result {
    case .page(let page): return page >> 20 == 0xfee ? fault(0x87) : .page(page)
    case .fault(let reason): return fault(reason)
    }
  }
}

/// The walk of both stages with everything that a PASID entry can ask for. Accessed and dirty bits
/// are looked at, not written.
struct NaiveWalk {
  let unit: NaiveUnit
  let request: NaiveRequest
  let supervisor: Bool
  let second: UInt64
  let secondLevels: Int
  let tracksSecond: Bool
  let snoops: Bool
  let writeProtect: Bool
  let noExecute: Bool
  let extended: Bool

  enum Result {
    case page(UInt64)
    case fault(UInt8)
  }

  /// Whether the second stage lets what was walked last be written, and its dirty bit allows it.
  private var writable = false

  init(
    unit: NaiveUnit, request: NaiveRequest, supervisor: Bool, second: UInt64, secondLevels: Int,
    tracksSecond: Bool, snoops: Bool, writeProtect: Bool, noExecute: Bool, extended: Bool
  ) {
    self.unit = unit
    self.request = request
    self.supervisor = supervisor
    self.second = second
    self.secondLevels = secondLevels
    self.tracksSecond = tracksSecond
    self.snoops = snoops
    self.writeProtect = writeProtect
    self.noExecute = noExecute
    self.extended = extended
  }

  /// For the page itself `read` and `write` are the request's; a table is only read.
  mutating func secondStage(
    _ address: UInt64, write: Bool, read: Bool, isTable: Bool = false
  ) -> Result {
    var table = second
    var (readable, executable) = (true, true)
    writable = true
    for level in (1...secondLevels).reversed() {
      let low = 12 + 9 * (level - 1)
      guard let entry = unit.word(table + unit.bits(address, low + 8, low) * 8) else {
        return .fault(level == secondLevels ? 0x7b : 0x78)
      }
      if unit.bits(entry, 1, 0) == 0 { return .fault(0x79) }
      let leaf = level == 1 || level <= 3 && unit.bit(entry, 7)
      if reserved(entry, level, leaf) { return .fault(0x7a) }
      readable = readable && unit.bit(entry, 0)
      writable = writable && unit.bit(entry, 1)
      executable = executable && unit.bit(entry, 2)
      if leaf {
        if write && !writable { return .fault(0x85) }
        let zero = !isTable && request.zeroLength && unit.bit(unit.cap, 22) && writable
        if read && !readable && !zero { return .fault(0x86) }
        if !isTable && request.execute && !executable { return .fault(0x82) }
      }
      // The accessed bit of each entry, the dirty bit of a leaf that is written.
      let due = !unit.bit(entry, 8) || leaf && write && !unit.bit(entry, 9)
      if tracksSecond && due && !snoops { return .fault(0x7c) }
      if leaf {
        return .page(unit.bits(entry, 51, 12) << 12 | unit.bits(address, low - 1, 0))
      }
      table = unit.bits(entry, 51, 12) << 12
    }
    return .fault(0x79)
  }

  private func reserved(_ entry: UInt64, _ level: Int, _ leaf: Bool) -> Bool {
    unit.any(entry, 51, unit.hostWidth) || level >= 4 && unit.bit(entry, 7)
      || (level == 2 || level == 3) && unit.bit(entry, 7) && !unit.bit(unit.cap, 32 + level)
      || unit.bit(entry, 11) && !(leaf && unit.bit(unit.ecap, 7))
      || unit.bit(entry, 62) && !(leaf && unit.bit(unit.ecap, 2))
      || leaf && unit.any(entry, 12 + 9 * (level - 1) - 1, 12)
  }

  mutating func firstStage(_ top: UInt64, levels: Int, nested: Bool) -> Result {
    let sign = 12 + 9 * levels - 1
    let above = request.iova >> UInt64(sign)
    if above != 0 && above != UInt64.max >> UInt64(sign) { return .fault(0x80) }
    var table = top
    var (user, mayWrite, mayExecute) = (true, true, true)
    for level in (1...levels).reversed() {
      let low = 12 + 9 * (level - 1)
      var address = table + unit.bits(request.iova, low + 8, low) * 8
      var tableWritable = true
      if nested {
        if unit.tooWide(address, UInt64(secondLevels)) { return .fault(0x74) }
        switch secondStage(address, write: false, read: true, isTable: true) {
        case .page(let host): address = host
        case .fault(0x86): return .fault(level == levels ? 0x75 : 0x76)
        case .fault(let reason): return .fault(reason)
        }
        tableWritable = writable
      }
      guard let entry = unit.word(address) else { return .fault(level == levels ? 0x73 : 0x70) }
      if !unit.bit(entry, 0) { return .fault(0x71) }
      let leaf = level == 1 || level <= 3 && unit.bit(entry, 7)
      if unit.any(entry, 51, unit.hostWidth) || level >= 4 && unit.bit(entry, 7)
        || level == 3 && leaf && !unit.bit(unit.cap, 56)
        || leaf && level > 1 && unit.any(entry, low - 1, 13)
      {
        return .fault(0x72)
      }
      user = user && unit.bit(entry, 2)
      mayWrite = mayWrite && unit.bit(entry, 1)
      mayExecute = mayExecute && !(noExecute && unit.bit(entry, 63))
      if leaf {
        if !supervisor && !user { return .fault(0x81) }
        if request.execute && !mayExecute { return .fault(0x82) }
        if request.write && !mayWrite && !(supervisor && !writeProtect) { return .fault(0x85) }
      }
      let due =
        !unit.bit(entry, 5) || extended && !unit.bit(entry, 10)
        || leaf && request.write && !unit.bit(entry, 6)
      if due && !snoops { return .fault(0x90) }
      if due && !tableWritable { return .fault(0x77) }
      if leaf {
        let page = unit.bits(entry, 51, low) << UInt64(low) | unit.bits(request.iova, low - 1, 0)
        if !nested { return .page(page) }
        if unit.tooWide(page, UInt64(secondLevels)) { return .fault(0x84) }
        return secondStage(page, write: request.write, read: request.read)
      }
      table = unit.bits(entry, 51, 12) << 12
    }
    return .fault(0x71)
  }
}
