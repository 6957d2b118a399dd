import Text

/// What log collectors, containers and tools for searching put in front of a line.
extension LinePrefix {
  /// The end of a date in brackets without the distance to the line before, ` <    0.000100>`
  /// (`dmesg -T -d`).
  func withoutDistance(_ range: Range<Int>) -> Int {
    guard bytes[range].last == UInt8(ascii: ">"),
      let open = bytes[range].lastIndex(of: UInt8(ascii: "<"))
    else { return range.upperBound }
    var end = open
    while end > range.lowerBound + 1, bytes[end - 1] == ASCII.space { end -= 1 }
    return end
  }

  /// The version behind the level of RFC 5424, `<3>1 2026-…`.
  mutating func skipSyslogVersion() {
    guard ByteSearch.hasPrefix("1 ", in: bytes, at: at), at + 6 < bytes.count,
      bytes[(at + 2)..<(at + 6)].allSatisfy(ASCII.isDigit), bytes[at + 6] == UInt8(ascii: "-")
    else { return }
    at += 2
  }

  /// `kernel - - - `: program, process, message and structured data of RFC 5424, behind the host.
  mutating func structuredKernel() -> Bool {
    let start = at
    guard time != nil, word("kernel "), field(), field() else {
      at = start
      return false
    }
    skipBlanks()
    if take(UInt8(ascii: "-")) { return true }
    guard next == UInt8(ascii: "["),
      let close = bytes[at...].prefix(256).firstIndex(of: UInt8(ascii: "]"))
    else {
      at = start
      return false
    }
    at = close + 1
    return true
  }

  private mutating func field() -> Bool {
    skipBlanks()
    let start = at
    while let byte = next, byte != ASCII.space, byte != UInt8(ascii: "["), at - start < 64 {
      at += 1
    }
    return at > start
  }

  /// `stdout F `: the stream, and whether the line is whole, of a container's log (CRI).
  mutating func containerStream() -> Bool {
    let start = at
    guard word("stdout ") || word("stderr "),
      take(UInt8(ascii: "F")) || take(UInt8(ascii: "P")), next == ASCII.space
    else {
      at = start
      return false
    }
    return true
  }

  /// `2026-03-02T10:00:10.000Z` as far as the clock and its zone go.
  mutating func isoStamp() -> Bool {
    guard isoClock(allowsBlank: false) else { return false }
    if take(UInt8(ascii: "Z")) { return true }
    if take(UInt8(ascii: "+")) || take(UInt8(ascii: "-")) {
      while let byte = next, ASCII.isDigit(byte) || byte == UInt8(ascii: ":") { at += 1 }
    }
    return true
  }

  /// `6.12.0-rc1,` in front of a record, where netconsole tells the release too.
  mutating func skipRelease() {
    guard let first = next, ASCII.isDigit(first),
      let comma = bytes[at...].prefix(80).firstIndex(of: UInt8(ascii: ",")),
      bytes[at..<comma].contains(UInt8(ascii: ".")),
      !bytes[at..<comma].contains(where: { ASCII.isBlank($0) || $0 == UInt8(ascii: ":") })
    else { return }
    at = comma + 1
  }

  /// `03-02 10:00:10.000     0     0 W kernel  : `, as Android's logcat prints it: the date without a
  /// year, user, process and thread, the level's letter, the tag. In its older form
  /// `03-02 10:00:10.000 W/kernel  (    0): `; or seconds since 1970 in the date's place.
  mutating func logcat() -> Bool {
    let start = at
    if digits()?.count == 2, take(UInt8(ascii: "-")), digits()?.count == 2,
      take(ASCII.space), time24(), logcatTag()
    {
      note(wallClock: start..<clockEnd(start))
      return true
    }
    at = start
    guard let seconds = digits(), seconds.count == 10, take(UInt8(ascii: ".")),
      let fraction = digits(), fraction.count == 3, logcatTag()
    else {
      at = start
      return false
    }
    note(epoch: Self.microseconds(seconds.value, fraction))
    return true
  }

  /// Where the clock behind a date without a year ends.
  private func clockEnd(_ start: Int) -> Int {
    bytes[(start + 6)...].firstIndex(where: ASCII.isBlank) ?? bytes.count
  }

  private mutating func logcatTag() -> Bool {
    guard next.map(ASCII.isBlank) == true else { return false }
    // At most user, process and thread stand before the level.
    for _ in 0..<4 {
      skipBlanks()
      guard let byte = next else { return false }
      if "VDIWEFS".utf8.contains(byte), at + 1 < bytes.count {
        let behind = bytes[at + 1]
        if behind == ASCII.space || behind == UInt8(ascii: "/") { return tagEnd() }
      }
      while let byte = next, ASCII.isDigit(byte) || ASCII.isLowerCase(byte) { at += 1 }
      guard next.map(ASCII.isBlank) == true else { return false }
    }
    return false
  }

  /// The tag, which may be empty, and the number in parentheses; up to the colon.
  private mutating func tagEnd() -> Bool {
    guard
      let colon = bytes[(at + 2)...].prefix(48).firstIndex(of: UInt8(ascii: ":")),
      colon + 1 < bytes.count, bytes[colon + 1] == ASCII.space,
      !bytes[(at + 2)..<colon].contains(UInt8(ascii: "["))
    else { return false }
    // Without a tag the message's own colon would be the first one.
    let tag = bytes[(at + 2)..<colon]
    guard tag.allSatisfy(ASCII.isBlank) || !JournalLine.isMessage(tag) else { return false }
    at = colon + 1
    return true
  }

  /// `[pod/node-log/reader] ` (`kubectl logs --prefix`).
  mutating func podName() -> Bool {
    guard ByteSearch.hasPrefix("[pod/", in: bytes, at: at),
      let close = bytes[at...].prefix(256).firstIndex(of: UInt8(ascii: "]"))
    else { return false }
    at = close + 1
    return true
  }

  /// `var/log/dmesg:` or `dmesg.txt:1201:`, as grep puts before a line; what follows has to be a stamp
  /// of time.
  mutating func fileName() -> Bool {
    let start = at
    guard start == 0, let first = next, first != UInt8(ascii: "["), !ASCII.isBlank(first),
      let colon = bytes.prefix(256).firstIndex(of: UInt8(ascii: ":")),
      !bytes[..<colon].contains(where: ASCII.isBlank)
    else { return false }
    at = colon + 1
    if digits() != nil, !take(UInt8(ascii: ":")) { at = colon + 1 }
    if bracket() || syslogDate() || isoDate() { return true }
    at = start
    return false
  }

  /// As far into a line a kernel's stamp begins at most.
  private static let longestForeign = 96

  /// `host1 | `, `%KERN-3-SYSTEM_MSG: `, `kern.err<3>`: what a logger of no known form puts before the
  /// kernel's own stamp. It ends in a mark, as no message does in front of the next one's stamp.
  mutating func foreignPrefix() -> Bool {
    let rest = bytes[at...].prefix(Self.longestForeign)
    guard let open = rest.firstIndex(of: UInt8(ascii: "[")), open > at else { return false }
    let front = bytes[at..<open]
    guard let last = front.last(where: { !ASCII.isBlank($0) }), "|:>)".utf8.contains(last),
      !JournalLine.isMessage(front)
    else { return false }
    let start = at
    at = open
    guard bracket(), time?.uptime != nil else {
      at = start
      return false
    }
    end = at
    return true
  }
}
