import Text

/// Puts names of its own in the place of what tells whose machine it is. The same value gets the same
/// pseudonym in every file, so a reader still sees what belongs together.
struct Pseudonyms {
  private enum Kind: String, Hashable {
    case host, user, serial, secret, mac, ipv4, ipv6, uuid
  }

  private struct Key: Hashable {
    var kind: Kind
    var value: String
  }

  private var names: [Key: String] = [:]
  private var counts: [Kind: Int] = [:]
  /// Words that are replaced wherever they stand: the host's name and those of users.
  private var words: [(word: [UInt8], kind: Kind)] = []

  /// - Parameters:
  ///   - host: the machine's name; what every kernel of a rescue system has is not a secret.
  ///   - users: the names of people who have a folder on it.
  init(host: String, users: [String] = []) {
    let common: Set<String> = [
      "", "localhost", "(none)", "debian", "ubuntu", "fedora", "archlinux",
    ]
    if !common.contains(host) { words.append((Array(host.utf8), .host)) }
    let dot = host.firstIndex(of: ".") ?? host.endIndex
    let short = String(host[..<dot])
    if short != host, !common.contains(short) { words.append((Array(short.utf8), .host)) }
    for user in users where user.count > 2 && user != "root" && user != host {
      words.append((Array(user.utf8), .user))
    }
  }

  /// How many values were replaced, by kind.
  var summary: String {
    counts.sorted { $0.key.rawValue < $1.key.rawValue }
      .map { kind, count in
        let words = Self.words(kind)
        return counted(count, words.one, many: words.many)
      }.joined(separator: ", ")
  }

  private static func words(_ kind: Kind) -> (one: String, many: String?) {
    switch kind {
    case .host: ("host name", nil)
    case .user: ("user name", nil)
    case .serial: ("serial number", nil)
    case .secret:
      ("value of an option that may be a secret", "values of options that may be secrets")
    case .mac: ("MAC address", "MAC addresses")
    case .ipv4, .ipv6: ("IP address", "IP addresses")
    case .uuid: ("UUID", nil)
    }
  }

  private mutating func name(_ kind: Kind, _ value: String) -> String {
    let key = Key(
      kind: kind, value: kind == .secret || kind == .serial ? value : value.lowercased())
    if let known = names[key] { return known }
    let number = (counts[kind] ?? 0) + 1
    counts[kind] = number
    let name = Self.pseudonym(kind, number)
    names[key] = name
    return name
  }

  private static func pseudonym(_ kind: Kind, _ number: Int) -> String {
    let digits = Hexadecimal.string(UInt64(number), digits: 12)
    switch kind {
    case .host, .user, .serial, .secret: return "\(kind.rawValue)-\(number)"
    case .mac:
      // A locally administered address, which no maker gives.
      let bytes = Array(digits.suffix(10))
      return "02"
        + stride(from: 0, to: 10, by: 2).map { ":" + String(bytes[$0...$0 + 1]) }.joined()
    // The ranges that are set aside for documents and for measurements.
    case .ipv4:
      return number < 255 ? "192.0.2.\(number)" : "198.18.\(number >> 8 & 255).\(number & 255)"
    case .ipv6: return "2001:db8::\(Hexadecimal.string(UInt64(number)))"
    case .uuid: return "00000000-0000-4000-8000-\(digits)"
    }
  }

  /// The text with pseudonyms; lines stay lines.
  mutating func replace(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var at = 0
    while at < bytes.count {
      if isStart(bytes, at), let found = find(bytes, at) {
        result += found.text.utf8
        at = found.end
      } else {
        result.append(bytes[at])
        at += 1
      }
    }
    return result
  }

  private func isStart(_ bytes: [UInt8], _ at: Int) -> Bool {
    at == 0 || !isWord(bytes[at - 1])
  }

  private func isWord(_ byte: UInt8) -> Bool { ASCII.isLetter(byte) || ASCII.isDigit(byte) }

  private mutating func find(_ bytes: [UInt8], _ at: Int) -> (text: String, end: Int)? {
    if let end = Self.uuid(bytes, at) { return replaced(.uuid, bytes, at, end) }
    if let end = Self.mac(bytes, at) { return replaced(.mac, bytes, at, end) }
    if let end = Self.ipv4(bytes, at) { return replaced(.ipv4, bytes, at, end) }
    if let end = Self.ipv6(bytes, at) { return replaced(.ipv6, bytes, at, end) }
    if let place = Self.valueOfSecret(bytes, at) {
      let end = Self.endOfValue(bytes, place.start)
      guard end > place.start else { return nil }
      let value = String(decoding: bytes[place.start..<end], as: UTF8.self)
      return (
        String(decoding: bytes[at..<place.start], as: UTF8.self) + name(place.kind, value), end
      )
    }
    for (word, kind) in words
    where bytes.count - at >= word.count && bytes[at..<at + word.count].elementsEqual(word)
      && (at + word.count == bytes.count || !isWord(bytes[at + word.count]))
    {
      return (name(kind, String(decoding: word, as: UTF8.self)), at + word.count)
    }
    return Self.builder(bytes, at).map { sign, end in
      let user = String(decoding: bytes[at + 1..<sign], as: UTF8.self)
      let host = String(decoding: bytes[sign + 1..<end], as: UTF8.self)
      return ("(" + name(.user, user) + "@" + name(.host, host), end)
    }
  }

  private mutating func replaced(
    _ kind: Kind, _ bytes: [UInt8], _ start: Int, _ end: Int
  ) -> (text: String, end: Int) {
    (name(kind, String(decoding: bytes[start..<end], as: UTF8.self)), end)
  }

  /// `(user@host`, as a kernel's banner names who built it: where the `@` stands, and the end.
  private static func builder(_ bytes: [UInt8], _ at: Int) -> (sign: Int, end: Int)? {
    guard bytes[at] == UInt8(ascii: "(") else { return nil }
    var end = at + 1
    var sign: Int?
    while end < bytes.count, end - at < 128, bytes[end] != UInt8(ascii: ")"), bytes[end] > 0x20 {
      if bytes[end] == UInt8(ascii: "@") {
        if sign != nil { return nil }
        sign = end
      }
      end += 1
    }
    guard let sign, end < bytes.count, bytes[end] == UInt8(ascii: ")"), sign > at + 1,
      sign < end - 1
    else { return nil }
    return (sign, end)
  }

  /// Options of a command line, and fields of drivers' lines, whose values are nobody's business.
  private static func valueOfSecret(_ bytes: [UInt8], _ at: Int) -> (start: Int, kind: Kind)? {
    let serials: [StaticString] = [
      "SerialNumber: ", "Serial Number: ", "serial number: ", "serial=",
    ]
    for literal in serials where ByteSearch.hasPrefix(literal, in: bytes, at: at) {
      return (at + literal.utf8CodeUnitCount, .serial)
    }
    // `name.with_dots-password=`: a word that ends with an equals sign and tells a secret.
    var end = at
    while end < bytes.count, end - at < 64, isOfOption(bytes[end]) { end += 1 }
    guard end > at, end < bytes.count, bytes[end] == UInt8(ascii: "=") else { return nil }
    let option = Array(bytes[at..<end])
    let tells: [StaticString] = ["pass", "secret", "token", "psk", "credential", "cryptkey"]
    return tells.contains(where: { ByteSearch.contains($0, in: option) }) ? (end + 1, .secret) : nil
  }

  private static func isOfOption(_ byte: UInt8) -> Bool {
    ASCII.isLetter(byte) || ASCII.isDigit(byte) || byte == UInt8(ascii: "_")
      || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
  }

  private static func endOfValue(_ bytes: [UInt8], _ start: Int) -> Int {
    var end = start
    if end < bytes.count, bytes[end] == UInt8(ascii: "\"") {
      end += 1
      while end < bytes.count, bytes[end] != UInt8(ascii: "\""), bytes[end] != ASCII.newline {
        end += 1
      }
      // A quotation mark that nothing closes ends with its line.
      return end < bytes.count && bytes[end] == UInt8(ascii: "\"") ? end + 1 : end
    }
    while end < bytes.count, bytes[end] > ASCII.space { end += 1 }
    return end
  }

  private static func hexRun(_ bytes: [UInt8], _ at: Int) -> Int {
    var end = at
    while end < bytes.count, Hexadecimal.digit(bytes[end]) != nil { end += 1 }
    return end - at
  }

  private static func isOver(_ bytes: [UInt8], _ end: Int) -> Bool {
    end == bytes.count || !(ASCII.isLetter(bytes[end]) || ASCII.isDigit(bytes[end]))
  }

  private static func uuid(_ bytes: [UInt8], _ at: Int) -> Int? {
    var place = at
    for (index, length) in [8, 4, 4, 4, 12].enumerated() {
      guard hexRun(bytes, place) == length else { return nil }
      place += length
      if index < 4 {
        guard place < bytes.count, bytes[place] == UInt8(ascii: "-") else { return nil }
        place += 1
      }
    }
    return place
  }

  private static func mac(_ bytes: [UInt8], _ at: Int) -> Int? {
    var place = at
    for index in 0..<6 {
      guard hexRun(bytes, place) == 2 else { return nil }
      place += 2
      if index < 5 {
        guard place < bytes.count, bytes[place] == UInt8(ascii: ":") else { return nil }
        place += 1
      }
    }
    return isOver(bytes, place) && (place == bytes.count || bytes[place] != UInt8(ascii: ":"))
      ? place : nil
  }

  private static func ipv4(_ bytes: [UInt8], _ at: Int) -> Int? {
    guard at == 0 || bytes[at - 1] != UInt8(ascii: ".") else { return nil }
    var place = at
    for index in 0..<4 {
      var value = 0
      let start = place
      while place < bytes.count, place - start < 3, ASCII.isDigit(bytes[place]) {
        value = value * 10 + Int(bytes[place] & 0xf)
        place += 1
      }
      guard place > start, value < 256 else { return nil }
      if index < 3 {
        guard place < bytes.count, bytes[place] == UInt8(ascii: ".") else { return nil }
        place += 1
      }
    }
    guard isOver(bytes, place) else { return nil }
    // Five numbers are a version.
    if place + 1 < bytes.count, bytes[place] == UInt8(ascii: "."), ASCII.isDigit(bytes[place + 1]) {
      return nil
    }
    return place
  }

  /// Eight groups, or fewer with `::`. The address of a PCI function has three groups and a point.
  private static func ipv6(_ bytes: [UInt8], _ at: Int) -> Int? {
    guard at == 0 || bytes[at - 1] != UInt8(ascii: ":"), at < bytes.count,
      Hexadecimal.digit(bytes[at]) != nil
    else { return nil }
    var place = at
    var groups = 0
    var hasGap = false
    while groups < 8 {
      let length = hexRun(bytes, place)
      guard length <= 4 else { return nil }
      if length == 0 { break }
      groups += 1
      place += length
      guard place < bytes.count, bytes[place] == UInt8(ascii: ":") else { break }
      if place + 1 < bytes.count, bytes[place + 1] == UInt8(ascii: ":") {
        if hasGap { return nil }
        hasGap = true
        place += 2
      } else if hexRun(bytes, place + 1) > 0 {
        place += 1
      } else {
        break
      }
    }
    guard isOver(bytes, place), groups == 8 || hasGap && groups >= 2 else { return nil }
    return place
  }
}
