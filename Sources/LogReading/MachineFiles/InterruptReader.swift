import Text
import VTdFormats

/// Reads the rows of `/proc/interrupts` that are about units:
/// `  24:          3          0  DMAR-MSI    0-edge      dmar0`.
///
/// Before 3.19 the chip's and the flow's name were one word, `DMAR_MSI-edge`; since 6.11 units may
/// share one interrupt, and all their names stand in the row.
enum InterruptReader {
  static func read(_ bytes: [UInt8]) -> InterruptCount? {
    guard
      let chip = ByteSearch.find("DMAR-MSI", in: bytes) ?? ByteSearch.find("DMAR_MSI", in: bytes),
      chip > 0
    else { return nil }
    // From the chip's name back to the colon behind the interrupt's number.
    let words = bytes[..<chip].split(whereSeparator: ASCII.isBlank)
    var count: UInt64 = 0
    var columns = 0
    var number: Int?
    for word in words.reversed() {
      let digits = word.last == UInt8(ascii: ":") ? word.dropLast() : word
      guard let value = UInt64(String(decoding: digits.prefix(20), as: UTF8.self)),
        digits.count <= 20
      else { break }
      if digits.count < word.count {
        number = Int(exactly: value)
        break
      }
      count = count.saturatingAdd(value)
      columns += 1
    }
    guard columns > 0 else { return nil }
    let names = String(decoding: bytes[chip...].prefix(2048), as: UTF8.self)
      .split(whereSeparator: { $0 == " " || $0 == "," || $0 == "\t" }).dropFirst()
    var units: [Int] = []
    var purpose = InterruptCount.Purpose.faults
    for name in names where name.hasPrefix("dmar") {
      let digits = name.dropFirst(4).prefix { $0.isNumber }
      guard let unit = Int(digits) else { continue }
      units.append(unit)
      if name.hasSuffix("-prq") { purpose = .pageRequests }
      if name.hasSuffix("-perf") { purpose = .counters }
    }
    guard !units.isEmpty else { return nil }
    return InterruptCount(number: number, count: count, units: units.sorted(), purpose: purpose)
  }
}
