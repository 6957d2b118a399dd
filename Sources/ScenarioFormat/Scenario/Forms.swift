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

  /// The address of a DMA.
  static let dmaAddress = TextForm(
    name: "a number, or the name of a dma_map such as ring or ring+0x40",
    pattern:
      "^(0[xX][0-9a-fA-F_]+|[0-9_]+|[A-Za-z_][A-Za-z0-9_-]*(\\+(0[xX][0-9a-fA-F_]+|[0-9_]+))?)$",
    takesNumbers: true
  ) { ScenarioDescription.DMAAddress($0) != nil }

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

extension Form where Value == ScenarioDescription.DeviceName {
  static var device: Form {
    .form(
      .deviceOrFirst, { $0 == "first" ? .first : PCIAddress($0).map { .address($0) } },
      { name in
        switch name {
        case .first: "first"
        case .address(let address): address.shortDescription
        }
      })
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

extension Form where Value == ClosedRange<UInt64> {
  /// A section with a first and a last address.
  ///
  /// - Parameter what: what the range is, for the error.
  static func range(_ what: String) -> Form<ClosedRange<UInt64>> {
    Form<AddressRange>.section.checked { range in
      range.base <= range.limit ? nil : "the \(what) ends before it begins"
    }.map({ $0.base...$0.limit }, { AddressRange(base: $0.lowerBound, limit: $0.upperBound) })
  }
}
