internal import LinuxIOMMU
internal import PCI

/// The forms of text that a scenario uses.
extension TextForm {
  static let device = TextForm(
    name: "a PCI address such as 00:1a.0 or 0000:00:1a.0",
    pattern: "^([0-9a-fA-F]{1,8}:)?[0-9a-fA-F]{1,2}:[0-9a-fA-F]{1,2}\\.[0-7]$"
  ) { PCIAddress($0) != nil }

  /// A function in a scenario's step: an address, or the first one on the bus that may send requests.
  static let deviceOrFirst = TextForm(
    name: "a PCI address such as 00:1a.0, or first",
    pattern: "^(first|([0-9a-fA-F]{1,8}:)?[0-9a-fA-F]{1,2}:[0-9a-fA-F]{1,2}\\.[0-7])$"
  ) { $0 == "first" || PCIAddress($0) != nil }

  static let callSite = TextForm(
    name: "offset/size such as 0xce/0x2d0, or symbol+offset/size, with [<address>] in front or not",
    pattern: "^(\\[<[0-9a-fA-F]+>\\] )?([^+]+\\+)?0x[0-9a-fA-F]+/0x[0-9a-fA-F]+$"
  ) { CallSites.Symbol($0, in: "function") != nil }

  static let hexBytes = TextForm(
    name: "bytes as hex digits in the order of memory, such as 0123cdef",
    pattern: "^([0-9a-fA-F]{2})+$"
  ) { Scalars.bytes($0) != nil }

  static let name = TextForm(name: "a name", pattern: "^.+$") { !$0.isEmpty }

  static let domainID = TextForm(
    name: "a domain id from 0 to 65535", pattern: "^(0[xX][0-9a-fA-F]+|[0-9]+)$"
  ) { (Scalars.integer($0) ?? .max) <= 0xffff }
}
