import Text
internal import PCI

/// Which functions a list is about, in the notations of `lspci`.
struct PCISelection {
  /// `[[[[segment]:]bus]:][device][.[function]]`; `*` or nothing for any.
  private var slot: (segment: UInt32?, bus: UInt8?, device: UInt8?, function: UInt8?)?
  /// `[vendor]:[device][:class]`; nothing for any.
  private var identity: (vendor: UInt16?, device: UInt16?, classCode: String?)?

  /// Why a selection cannot be read.
  struct Slip: Error {
    let words: String
  }

  init(slot: String?, identity: String?) throws(Slip) {
    if let slot { self.slot = try Self.slot(slot) }
    if let identity { self.identity = try Self.identity(identity) }
  }

  private static func number<Number: FixedWidthInteger>(
    _ text: Substring, _ name: String, _ most: Number, in whole: String
  ) throws(Slip) -> Number? {
    if text.isEmpty || text == "*" { return nil }
    guard let value = Number(text, radix: 16), value <= most, text.first?.isHexDigit == true else {
      throw Slip(words: "\"\(whole)\": \"\(text)\" is no \(name)")
    }
    return value
  }

  private static func slot(
    _ text: String
  ) throws(Slip) -> (segment: UInt32?, bus: UInt8?, device: UInt8?, function: UInt8?) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count <= 3, let last = parts.last else {
      throw Slip(words: "\"\(text)\": [[segment:]bus:][device][.function] was expected")
    }
    let tail = last.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    return (
      segment: parts.count > 2 ? try number(parts[0], "segment", .max, in: text) : nil,
      bus: parts.count > 1 ? try number(parts[parts.count - 2], "bus", .max, in: text) : nil,
      device: try number(tail.first ?? "", "device", 0x1f, in: text),
      function: tail.count > 1 ? try number(tail[1], "function", 7, in: text) : nil
    )
  }

  private static func identity(
    _ text: String
  ) throws(Slip) -> (vendor: UInt16?, device: UInt16?, classCode: String?) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count) else {
      throw Slip(words: "\"\(text)\": [vendor]:[device][:class] was expected")
    }
    var classCode: String?
    if parts.count > 2, !parts[2].isEmpty {
      guard parts[2].allSatisfy({ $0.isHexDigit || $0 == "x" }), parts[2].count <= 6 else {
        throw Slip(words: "\"\(text)\": \"\(parts[2])\" is not a class")
      }
      classCode = parts[2].lowercased()
    }
    return (
      vendor: try number(parts[0], "vendor", .max, in: text),
      device: try number(parts[1], "device", .max, in: text), classCode: classCode
    )
  }

  func contains(_ function: PCIFunction) -> Bool {
    if let slot {
      let address = function.address
      if slot.segment.map({ $0 != address.segment }) ?? false { return false }
      if slot.bus.map({ $0 != address.bus }) ?? false { return false }
      if slot.device.map({ $0 != address.device }) ?? false { return false }
      if slot.function.map({ $0 != address.function }) ?? false { return false }
    }
    guard let identity else { return true }
    if identity.vendor.map({ $0 != function.identity.vendor }) ?? false { return false }
    if identity.device.map({ $0 != function.identity.device }) ?? false { return false }
    guard let wanted = identity.classCode else { return true }
    // Six digits with the programming interface; an x stands for any digit.
    let code = Hexadecimal.string(UInt64(function.identity.classCode.rawValue), digits: 6)
    return zip(wanted, code).allSatisfy { $0 == "x" || $0 == $1 }
  }
}
