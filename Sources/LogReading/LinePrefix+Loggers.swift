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
    let marks: [UInt8] = [0x7c, 0x3a, 0x3e, 0x29]  // | : > )
    guard let last = front.last(where: { !ASCII.isBlank($0) }), marks.contains(last),
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
