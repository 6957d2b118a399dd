internal import Text
public import VTdFormats

/// The address that a DMA uses.
public enum DMAAddress: Hashable, Sendable {
  /// That address.
  case number(IOVA)
  /// What a `dma_map` of that name gave, and bytes from there on.
  case mapped(name: String, offset: UInt64)

  /// Nil for a text that is neither.
  init?(_ text: String) {
    if let number = Scalars.integer(text) {
      self = .number(IOVA(rawValue: number))
      return
    }
    let parts = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
    // A digit begins a number, and so does a sign, which no address has.
    guard let name = parts.first, let first = name.utf8.first, !(0x30...0x39).contains(first),
      first != UInt8(ascii: "-"),
      name.utf8.allSatisfy(TextForm.isNameByte)
    else { return nil }
    guard parts.count == 2 else {
      self = .mapped(name: String(name), offset: 0)
      return
    }
    guard let offset = Scalars.integer(String(parts[1])) else { return nil }
    self = .mapped(name: String(name), offset: offset)
  }

  var text: String {
    switch self {
    case .number(let address): "\(address)"
    case .mapped(let name, 0): name
    case .mapped(let name, let offset): "\(name)+0x\(hex(offset))"
    }
  }
}

extension TextForm {
  /// The address of a DMA.
  static let dmaAddress = TextForm(
    name: "a number, or the name of a dma_map such as ring or ring+0x40",
    pattern:
      "^(0[xX][0-9a-fA-F_]+|[0-9_]+|[A-Za-z_][A-Za-z0-9_-]*(\\+(0[xX][0-9a-fA-F_]+|[0-9_]+))?)$",
    takesNumbers: true
  ) { DMAAddress($0) != nil }
}

extension Form where Value == DMAAddress {
  /// A number, or what a `dma_map` gave.
  static var dmaAddress: Form {
    .init(.form(.dmaAddress), parse: { DMAAddress($0) }, print: { $0.text })
  }
}
