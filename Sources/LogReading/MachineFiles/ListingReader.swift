import PCI
import Text

/// Reads the lines that `lspci -v` prints below the line of a function. The line of the function itself is
/// read with the facts of the log.
struct ListingReader: Sendable {
  private var function: PCIAddress?
  /// Lines since the function's own.
  private var distance = 0
  /// No block is longer.
  private static let longest = 400

  /// The function's block is over.
  mutating func end() { function = nil }

  /// The address that a line begins with, and where it ends: `00:02.0 `, `0000:00:02.0 `.
  static func address(_ bytes: [UInt8], _ start: Int) -> (address: PCIAddress, end: Int)? {
    guard start < bytes.count, Hexadecimal.digit(bytes[start]) != nil else { return nil }
    let word = bytes[start...].prefix(14).prefix { !ASCII.isBlank($0) }
    guard word.count >= 7, word.count < 14 else { return nil }
    var text = String(decoding: word, as: UTF8.self)
    if word.count == 7 { text = "0000:" + text }
    return PCIAddress(text).map { ($0, start + word.count) }
  }

  mutating func read(_ bytes: [UInt8], _ first: Int) -> [LogFact] {
    if let found = Self.address(bytes, first), found.end + 1 < bytes.count,
      ASCII.isLetter(bytes[found.end + 1])
    {
      function = found.address
      distance = 0
      return []
    }
    guard let function else { return [] }
    distance += 1
    guard distance < Self.longest else {
      end()
      return []
    }
    return detail(bytes, first, function)
  }

  private func detail(_ bytes: [UInt8], _ first: Int, _ function: PCIAddress) -> [LogFact] {
    if let window = window(bytes, first, function) { return [window] }
    return row(bytes, first, function).map { [.machineRow($0)] } ?? bridge(bytes, first, function)
  }

  /// `Region 0: Memory at f7c00000 (64-bit, non-prefetchable) [size=4M]`; with one `-v` the words
  /// begin at `Memory at`.
  private func window(
    _ bytes: [UInt8], _ first: Int, _ function: PCIAddress
  ) -> LogFact? {
    var cursor = ByteCursor(bytes, at: first)
    if cursor.take(word: "Region ") {
      guard cursor.decimal() != nil, cursor.take(word: ": ") else { return nil }
    }
    guard cursor.take(word: "Memory at "), let start = cursor.hexadecimal(digits: 1...16),
      let place = ByteSearch.find("[size=", in: bytes, from: cursor.position)
    else { return nil }
    cursor.move(to: place + 6)
    guard let number = cursor.decimal(), let shift = Self.shift(cursor.next),
      number.value > 0, number.value < 1 << 20
    else { return nil }
    let last = start.addingReportingOverflow(number.value << shift &- 1)
    return last.overflow ? nil : .pciWindow(function, start: start, end: last.partialValue)
  }

  /// What a letter behind a number multiplies it by, as a shift.
  private static func shift(_ letter: UInt8?) -> UInt64? {
    switch letter {
    case UInt8(ascii: "]"): 0
    case UInt8(ascii: "K"): 10
    case UInt8(ascii: "M"): 20
    case UInt8(ascii: "G"): 30
    case UInt8(ascii: "T"): 40
    default: nil
    }
  }

  /// `Bus: primary=00, secondary=03, subordinate=05, sec-latency=0`
  private func bridge(_ bytes: [UInt8], _ first: Int, _ function: PCIAddress) -> [LogFact] {
    var cursor = ByteCursor(bytes, at: first)
    guard cursor.take(word: "Bus: primary="), cursor.hexadecimal(digits: 2...2) != nil,
      cursor.take(word: ", secondary="), let first = cursor.hexadecimal(digits: 2...2),
      cursor.take(word: ", subordinate="), let last = cursor.hexadecimal(digits: 2...2),
      first > 0, last >= first
    else { return [] }
    return [
      .pciBridge(
        function, secondary: UInt8(truncatingIfNeeded: first),
        subordinate: UInt8(truncatingIfNeeded: last))
    ]
  }

  private func row(_ bytes: [UInt8], _ first: Int, _ function: PCIAddress) -> MachineRow? {
    // The label ends with a colon, within the first words.
    guard let colon = bytes[first...].prefix(28).firstIndex(of: UInt8(ascii: ":")) else {
      return nil
    }
    let label = String(decoding: bytes[first..<colon], as: UTF8.self)
    let rest = bytes[(colon + 1)...].drop(while: ASCII.isBlank)
    switch label {
    case "Control": return flags(.command, rest, function)
    case "Status":
      // Capabilities have lines of this name too; that of the function tells of them.
      return rest.starts(with: "Cap".utf8) ? flags(.status, rest, function) : nil
    case "DevSta": return flags(.deviceStatus, rest, function)
    case "UESta": return flags(.uncorrectableErrors, rest, function)
    case "ATSCtl": return flags(.addressTranslation, rest, function)
    case "PRICtl": return flags(.pageRequests, rest, function)
    case "PASIDCtl": return flags(.processSpaces, rest, function)
    case "HeaderLog": return header(rest, function)
    case "Kernel driver in use":
      let name = rest.prefix { !ASCII.isWhiteSpace($0) }
      return name.isEmpty
        ? nil : .driver(function, name: String(decoding: name.prefix(40), as: UTF8.self))
    case "IOMMU group":
      let digits = String(decoding: rest.prefix(8), as: UTF8.self).prefix { $0.isNumber }
      return Int(digits).map { .groupMember(function, group: $0) }
    default: return nil
    }
  }

  /// `I/O- Mem+ BusMaster+`, `Enable+, Smallest Translation Unit: 00`.
  private func flags(
    _ register: FunctionRegister, _ text: ArraySlice<UInt8>, _ function: PCIAddress
  ) -> MachineRow? {
    var set: [String] = []
    var clear: [String] = []
    for word in text.split(whereSeparator: { ASCII.isBlank($0) || $0 == UInt8(ascii: ",") })
      .prefix(32)
    {
      guard word.count > 1, word.count < 24, let sign = word.last else { continue }
      let name = String(decoding: word.dropLast(), as: UTF8.self)
      if sign == UInt8(ascii: "+") { set.append(name) }
      if sign == UInt8(ascii: "-") { clear.append(name) }
    }
    return set.isEmpty && clear.isEmpty
      ? nil : .flags(function, register, set: set, clear: clear)
  }

  /// `04000001 0000220f 01070000 00000000`; all zeros where no request failed.
  private func header(_ text: ArraySlice<UInt8>, _ function: PCIAddress) -> MachineRow? {
    let words = text.split(whereSeparator: ASCII.isWhiteSpace).prefix(4).compactMap {
      $0.count == 8 ? UInt32(String(decoding: $0, as: UTF8.self), radix: 16) : nil
    }
    guard words.count == 4, words.contains(where: { $0 != 0 }) else { return nil }
    return .failedRequest(function, header: words)
  }
}
