import KernelLog
import PCI
import Text
import VTdFormats

/// What stands before a message: levels, time stamps, host names, in any of the orders seen.
struct LinePrefix {
  private(set) var time: LogTime?
  /// Where the message begins.
  var end = 0
  /// Whether the prefix is one that a kernel's log has: a time since boot, a level, or the word.
  private(set) var isOfKernel = false

  let bytes: [UInt8]
  var at = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    if kernelMessageDevice() {
      isOfKernel = true
      return
    }
    readPieces()
    if time?.uptime == nil, foreignPrefix() { readPieces() }
    isOfKernel = time?.uptime != nil || holds("kernel:") || holds("(XEN)")
    // The one blank that ends a prefix is not the message's.
    if end > 0, end < bytes.count, bytes[end] == ASCII.space { end += 1 }
  }

  /// Whether the prefix holds a word, without a copy of it.
  private func holds(_ word: StaticString) -> Bool {
    var at = 0
    while at + word.utf8CodeUnitCount <= end {
      if ByteSearch.hasWord(word, in: bytes, at: at) { return true }
      at += 1
    }
    return false
  }

  /// Each piece may come once or twice and in any order; eight are more than any logger writes.
  private mutating func readPieces() {
    for _ in 0..<8 {
      let start = at
      skipBlanks()
      if bracket() || lostBracket() || level() || logcat() || syslogDate() || isoDate() || clock()
        || weekday() || ctime() || epoch() || facility() || lineNumber() || word("kernel:")
        || word("(XEN)") || structuredKernel() || hostKernel() || podName() || debugfsPath()
        || fileName()
      {
        end = at
        continue
      }
      at = start
      break
    }
  }

  var next: UInt8? { at < bytes.count ? bytes[at] : nil }

  mutating func skipBlanks() {
    while let byte = next, byte == ASCII.space || byte == ASCII.tab { at += 1 }
  }

  mutating func word(_ literal: StaticString) -> Bool {
    guard ByteSearch.hasPrefix(literal, in: bytes, at: at) else { return false }
    at += literal.utf8CodeUnitCount
    return true
  }

  mutating func digits() -> (value: UInt64, count: Int)? {
    var value: UInt64 = 0
    var count = 0
    while let byte = next, ASCII.isDigit(byte), count < 18 {
      value = value * 10 + UInt64(byte - UInt8(ascii: "0"))
      at += 1
      count += 1
    }
    return count > 0 ? (value, count) : nil
  }

  mutating func take(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    at += 1
    return true
  }

  private mutating func note(uptime: UInt64) {
    if time?.uptime == nil {
      var noted = time ?? LogTime()
      noted.uptime = uptime
      time = noted
    }
  }

  private mutating func note(host range: Range<Int>) {
    guard time != nil, !range.isEmpty else { return }
    time?.host = String(decoding: bytes[range], as: UTF8.self)
  }

  /// - Parameter epoch: microseconds since 1970.
  mutating func note(epoch: UInt64) {
    guard time?.wallClock == nil else { return }
    time = LogTime(uptime: time?.uptime, wallClock: WallClock.text(epoch))
  }

  mutating func note(wallClock range: Range<Int>) {
    guard time?.wallClock == nil else { return }
    var noted = time ?? LogTime()
    noted.wallClock = String(decoding: bytes[range], as: UTF8.self)
    time = noted
  }

  /// `6,1234,5678901,-;`: a record of /dev/kmsg (priority, sequence, microseconds, flags).
  private mutating func kernelMessageDevice() -> Bool {
    skipBlanks()
    skipRelease()
    guard digits() != nil, take(UInt8(ascii: ",")), digits() != nil, take(UInt8(ascii: ",")),
      let uptime = digits(),
      take(UInt8(ascii: ",")), let close = bytes[at...].prefix(64).firstIndex(of: UInt8(ascii: ";"))
    else {
      at = 0
      return false
    }
    note(uptime: uptime.value)
    at = close + 1
    end = at
    return true
  }

  /// `[   27.498868]`, `[  +0.000011]`, `[Thu Oct 22 08:54:51 2020]`, `[    T1]`, `[2017-… ]`.
  mutating func bracket() -> Bool {
    let start = at
    guard take(UInt8(ascii: "[")) else { return false }
    let inside = at
    skipBlanks()
    if let byte = next, byte == UInt8(ascii: "T") || byte == UInt8(ascii: "C") {
      at += 1
      if digits() != nil, take(UInt8(ascii: "]")) { return true }
      at = inside
      skipBlanks()
    }
    if take(UInt8(ascii: "+")), digits() != nil, take(UInt8(ascii: ".")) || take(UInt8(ascii: ",")),
      digits() != nil, take(UInt8(ascii: "]"))
    {
      note(wallClock: start + 1..<at - 1)
      return true
    }
    at = inside
    skipBlanks()
    if let seconds = digits(), take(UInt8(ascii: ".")), let fraction = digits(), endOfStamp() {
      note(uptime: Self.microseconds(seconds.value, fraction))
      return true
    }
    at = inside
    // `[10:00:10]`, which ts and some consoles put before the kernel's own stamp.
    if time24(), take(UInt8(ascii: "]")) {
      note(wallClock: inside..<at - 1)
      return true
    }
    at = inside
    // `[2026-03-02T10:00:10.000Z]`, of continuous integration.
    if isoStamp(), take(UInt8(ascii: "]")) {
      note(wallClock: inside..<at - 1)
      return true
    }
    at = inside
    // dmesg -H: `[Apr27 22:04]`, the month in any language, at the first line of a minute.
    if letters(3...9), digits() != nil, next == ASCII.space {
      skipBlanks()
      if digits()?.count == 2, take(UInt8(ascii: ":")), digits()?.count == 2,
        take(UInt8(ascii: "]"))
      {
        note(wallClock: inside..<at - 1)
        return true
      }
    }
    at = inside
    guard let close = bytes[inside...].prefix(40).firstIndex(of: UInt8(ascii: "]")),
      close - inside >= 8,
      bytes[inside..<close].filter({ $0 == UInt8(ascii: ":") }).count >= 2,
      bytes[inside..<close].allSatisfy({ $0 != UInt8(ascii: "[") })
    else {
      at = start
      return false
    }
    // A date holds colons, as a device in brackets does, but also a blank and a four-digit year.
    let dateEnd = withoutDistance(inside..<close)
    guard bytes[inside..<dateEnd].contains(ASCII.space), ASCII.isDigit(bytes[dateEnd - 1]) else {
      at = start
      return false
    }
    note(wallClock: inside..<dateEnd)
    at = close + 1
    return true
  }

  /// The bracket that ends a time stamp, behind the distance to the line before where one is shown
  /// (`dmesg -d`, `journalctl -o short-delta`): ` <    0.000100>]`.
  private mutating func endOfStamp() -> Bool {
    if take(UInt8(ascii: "]")) { return true }
    guard next == ASCII.space else { return false }
    skipBlanks()
    if take(UInt8(ascii: "<")) {
      skipBlanks()
      guard digits() != nil, take(UInt8(ascii: ".")), digits() != nil else { return false }
      skipBlanks()
      guard take(UInt8(ascii: ">")) else { return false }
      skipBlanks()
    }
    return take(UInt8(ascii: "]"))
  }

  /// `kern  :err   : `, facility and level as words (`dmesg -x`).
  private mutating func facility() -> Bool {
    let start = at
    let facilities: [StaticString] = ["kern", "user", "daemon", "auth", "syslog"]
    guard facilities.contains(where: { word($0) }) else { return false }
    skipBlanks()
    guard take(UInt8(ascii: ":")) else {
      at = start
      return false
    }
    let level = at
    while let byte = next, ASCII.isLowerCase(byte) { at += 1 }
    guard at > level else {
      at = start
      return false
    }
    skipBlanks()
    guard take(UInt8(ascii: ":")) else {
      at = start
      return false
    }
    return true
  }

  /// `Mon 2026-03-02 10:00:10 UTC host kernel:` (`journalctl -o short-full`).
  private mutating func weekday() -> Bool {
    let start = at
    guard letters(2...4), blank() else {
      at = start
      return false
    }
    let date = at
    guard let year = digits(), year.count == 4, take(UInt8(ascii: "-")), digits() != nil,
      take(UInt8(ascii: "-")),
      digits() != nil, blank(), time24()
    else {
      at = start
      return false
    }
    // The zone, and the host behind it.
    let clock = at
    if blank() {
      let zone = at
      while let byte = next, byte != ASCII.space, byte != UInt8(ascii: "[") { at += 1 }
      if at == zone { at = clock }
    }
    note(wallClock: date..<at)
    host()
    return true
  }

  /// `1772445610.000100 host kernel:` (`journalctl -o short-unix`): seconds since 1970.
  private mutating func epoch() -> Bool {
    let start = at
    guard let seconds = digits(), seconds.count == 10, take(UInt8(ascii: ".")),
      let fraction = digits(),
      fraction.count == 6, next == ASCII.space
    else {
      at = start
      return false
    }
    note(epoch: Self.microseconds(seconds.value, fraction))
    host()
    return true
  }

  /// `host kernel:` behind a time stamp that is not a date.
  private mutating func hostKernel() -> Bool {
    guard time != nil else { return false }
    let start = at
    while let byte = next, byte != ASCII.space, byte != UInt8(ascii: "["),
      byte != UInt8(ascii: ":"), at - start < 64
    { at += 1 }
    let end = at
    guard at > start, blank(), word("kernel:") else {
      at = start
      return false
    }
    note(host: start..<end)
    return true
  }

  static func microseconds(_ seconds: UInt64, _ fraction: (value: UInt64, count: Int)) -> UInt64 {
    var value = fraction.value
    var count = fraction.count
    while count < 6 {
      value *= 10
      count += 1
    }
    while count > 6 {
      value /= 10
      count -= 1
    }
    return min(seconds, 1 << 43) &* 1_000_000 &+ value
  }

  /// `8.490167] `: a time stamp that lost its bracket.
  mutating func lostBracket() -> Bool {
    let start = at
    guard let seconds = digits(), take(UInt8(ascii: ".")), let fraction = digits(),
      fraction.count == 6,
      take(UInt8(ascii: "]"))
    else {
      at = start
      return false
    }
    note(uptime: Self.microseconds(seconds.value, fraction))
    return true
  }

  private mutating func level() -> Bool {
    let start = at
    guard take(UInt8(ascii: "<")), let value = digits(), value.value < 200, take(UInt8(ascii: ">"))
    else {
      at = start
      return false
    }
    skipSyslogVersion()
    return true
  }

  /// `May 30 17:35:46 localhost kernel:` or without the host; the month in any language.
  mutating func syslogDate() -> Bool {
    let start = at
    guard letters(3...9), blank(), let day = digits(), day.value <= 31, blank(), time24() else {
      at = start
      return false
    }
    note(wallClock: start..<at)
    host()
    return true
  }

  /// `Mon Mar  2 10:00:10 2026 host kernel:`, a date of C's library.
  private mutating func ctime() -> Bool {
    let start = at
    guard letters(2...4), blank(), letters(3...9), blank(), let day = digits(), day.value <= 31,
      blank(), time24(), blank(), digits()?.count == 4
    else {
      at = start
      return false
    }
    note(wallClock: start..<at)
    host()
    return true
  }

  /// `2014-04-25T09:37:53.595431+01:00 host kernel:`
  mutating func isoDate() -> Bool {
    let start = at
    guard isoClock(allowsBlank: true) else {
      at = start
      return false
    }
    while let byte = next, !ASCII.isBlank(byte) { at += 1 }
    note(wallClock: start..<at)
    host()
    return true
  }

  /// `2026-03-02T10:00:10`, with a blank in the middle where that is allowed.
  mutating func isoClock(allowsBlank: Bool) -> Bool {
    guard digits()?.count == 4, take(UInt8(ascii: "-")), digits() != nil, take(UInt8(ascii: "-")),
      digits() != nil, take(UInt8(ascii: "T")) || allowsBlank && take(ASCII.space)
    else { return false }
    return time24()
  }

  /// `01:46:35 `
  private mutating func clock() -> Bool {
    let start = at
    guard time24(), next == ASCII.space else {
      at = start
      return false
    }
    note(wallClock: start..<at)
    return true
  }

  /// `316668 Jul 19 …`: the line number that grep -n put before a date.
  mutating func lineNumber() -> Bool {
    let start = at
    guard digits() != nil, take(UInt8(ascii: ":")) || blank() else {
      at = start
      return false
    }
    let after = at
    skipBlanks()
    if syslogDate() || isoDate() { return true }
    // A number may also be the rest of a broken line: only a time stamp behind it tells.
    let stamp = at
    guard bracket() else {
      at = start
      return false
    }
    at = min(after, stamp)
    return true
  }

  /// `host kernel: ` or `host program[pid]: ` behind a date.
  private mutating func host() {
    let start = at
    skipBlanks()
    if word("kernel:") || containerStream() { return }
    at = start
    guard blank() else { return }
    let name = at
    while let byte = next, byte != ASCII.space, byte != UInt8(ascii: "[") { at += 1 }
    let afterHost = at
    // ESXi names processor and world there, `cpu12:2097152)`, and goes on without a blank.
    if let close = bytes[name..<afterHost].lastIndex(of: UInt8(ascii: ")")) {
      at = close + 1
      return
    }
    guard blank(), word("kernel:") else {
      at = afterHost
      let colon = bytes[start..<afterHost].last == UInt8(ascii: ":")
      if colon { at = start }
      return
    }
    note(host: name..<afterHost)
  }

  /// `/sys/kernel/debug/iommu/intel/domain_translation_struct:`, as `grep -r` puts before a row.
  private mutating func debugfsPath() -> Bool {
    let start = at
    guard let byte = next,
      byte == UInt8(ascii: "/") || byte == UInt8(ascii: ".") || ASCII.isLowerCase(byte),
      let colon = bytes[at...].prefix(96).firstIndex(of: UInt8(ascii: ":")), colon > at,
      [UInt8(ascii: "t"), UInt8(ascii: "e"), UInt8(ascii: "y")].contains(bytes[colon - 1])
    else { return false }
    let name = bytes[at..<colon].split(separator: UInt8(ascii: "/")).last.map(Array.init) ?? []
    let files: [StaticString] = [
      "dmar_translation_struct", "domain_translation_struct", "ir_translation_struct",
      "iommu_regset", "invalidation_queue", "dmar_perf_latency",
    ]
    guard
      files.contains(where: {
        $0.utf8CodeUnitCount == name.count && ByteSearch.hasPrefix($0, in: name)
      })
    else {
      at = start
      return false
    }
    at = colon + 1
    return true
  }

  mutating func blank() -> Bool {
    guard next.map(ASCII.isBlank) == true else { return false }
    skipBlanks()
    return true
  }

  private mutating func letters(_ count: ClosedRange<Int>) -> Bool {
    let start = at
    while let byte = next, byte >= 0x80 || ASCII.isLetter(byte) { at += 1 }
    if next == UInt8(ascii: ".") { at += 1 }
    return count.contains(at - start)
  }

  mutating func time24() -> Bool {
    guard let hours = digits(), hours.count <= 2, take(UInt8(ascii: ":")), let minutes = digits(),
      minutes.count == 2, take(UInt8(ascii: ":")), let seconds = digits(), seconds.count == 2
    else { return false }
    if take(UInt8(ascii: ".")) || take(UInt8(ascii: ",")) { _ = digits() }
    return true
  }
}
