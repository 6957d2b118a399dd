internal import LinuxIOMMU
internal import PCI
internal import VTdFormats

/// The forms of text that a scenario uses.
extension TextForm {
  private static let address = "([0-9a-fA-F]{1,8}:)?[0-9a-fA-F]{1,2}:[0-9a-fA-F]{1,2}\\.[0-7]"

  static let device = TextForm(
    name: "a PCI address such as 00:1a.0 or 0000:00:1a.0", pattern: "^\(address)$"
  ) { PCIAddress($0) != nil }

  /// A function in a scenario's step: an address, or the first one on the bus that may send requests.
  static let deviceOrFirst = TextForm(
    name: "a PCI address such as 00:1a.0, or first", pattern: "^(first|\(address))$"
  ) { $0 == "first" || PCIAddress($0) != nil }

  static let callSite = TextForm(
    name: "offset/size such as 0xce/0x2d0, or symbol+offset/size, with [<address>] in front or not",
    pattern: "^(\\[<[0-9a-fA-F]+>\\] )?([^+]+\\+)?0x[0-9a-fA-F]+/0x[0-9a-fA-F]+$"
  ) { CallSites.Symbol($0, in: "function") != nil }

  static let hexBytes = TextForm(
    name: "bytes as hex digits in the order of memory, such as 0123cdef",
    pattern: "^([0-9a-fA-F]{2})+$", takesNumbers: true
  ) { Scalars.bytes($0) != nil }

  static let name = TextForm(name: "a name", pattern: "^.+$") { !$0.isEmpty }

  static let domainID = TextForm(
    name: "a domain id from 0 to 65535", pattern: "^(0[xX][0-9a-fA-F]+|[0-9]+)$"
  ) { (Scalars.integer($0) ?? .max) <= 0xffff }

  /// The name of a domain, a mapped buffer or a process.
  static let handle = TextForm(
    name: "a name of letters, digits, - and _", pattern: "^[A-Za-z0-9_-]+$",
    takesNumbers: true
  ) { text in
    !text.isEmpty && text.utf8.allSatisfy(isNameByte)
  }

  static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x5f: true
    default: false
    }
  }
}

extension Form {
  /// Text of a form, as the value that it says.
  static func form(
    _ form: TextForm, _ make: @escaping (String) -> Value?, _ print: @escaping (Value) -> String
  ) -> Form {
    .init(
      .form(form), parse: make,
      print: { plainOrQuoted(print($0)) })
  }
}

extension Form where Value == PCIAddress {
  static var device: Form { .form(.device, { PCIAddress($0) }, { $0.shortDescription }) }
}

extension Form where Value == SourceID {
  /// A requester by the address of its function.
  static var device: Form { .form(.device, { PCIAddress($0)?.sourceID }, { $0.description }) }
}

extension Form where Value == FaultReason {
  /// A fault reason by its code or by the name of its row.
  static var reason: Form {
    Form.number(0...0xff, .hex(2)).orName(
      FaultReason.rows.map { (name: $0.name, value: $0.reason) })
  }
}

extension Form where Value == [UInt8] {
  /// Bytes as hex digits.
  static var digits: Form {
    .init(
      .form(.hexBytes),
      parse: Scalars.bytes, print: { "\"\(Scalars.digits($0))\"" })
  }
}
