import PCI

/// A small generator with a fixed seed, so that a failure comes again.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

extension ConfigurationField {
  /// A field that only 4,096 bytes have.
  static let extended = ConfigurationField("Extended", 0x100, 0..<32)
}

extension ConfigurationSpace {
  /// Writes headers of capabilities that link to each other in the order given; the last ends the
  /// list, unless it has been written already (a loop) or lies in the header (a lie).
  mutating func link(conventional list: [(offset: Int, id: UInt8)]) {
    set(.capabilitiesList, to: 1)
    set(.capabilitiesPointer, to: UInt32(list.first?.offset ?? 0))
    for (index, entry) in list.enumerated() where entry.offset >= 0x40 {
      if list[..<index].contains(where: { $0.offset == entry.offset }) { continue }
      set(ConfigurationField("", 0, 0..<8), at: entry.offset, to: UInt32(entry.id))
      let next = index + 1 < list.count ? list[index + 1].offset : 0
      set(ConfigurationField("", 1, 0..<8), at: entry.offset, to: UInt32(next))
    }
  }

  mutating func link(extended list: [(offset: Int, id: UInt16)]) {
    for (index, entry) in list.enumerated() {
      if list[..<index].contains(where: { $0.offset == entry.offset }) { continue }
      let next = index + 1 < list.count ? list[index + 1].offset : 0
      let header = UInt32(entry.id) | 1 << 16 | UInt32(next) << 20
      set(ConfigurationField("", 0, 0..<32), at: entry.offset, to: header)
    }
  }

  /// A bridge's header.
  static func bridge(_ primary: UInt8, _ secondary: UInt8, _ subordinate: UInt8) -> Self {
    var space = ConfigurationSpace(zeroed: 256)
    space.set(.vendorID, to: 0x8086)
    space.set(.classCode, to: 0x060400)
    space.set(.headerLayout, to: 1)
    space.set(.primaryBus, to: UInt32(primary))
    space.set(.secondaryBus, to: UInt32(secondary))
    space.set(.subordinateBus, to: UInt32(subordinate))
    return space
  }
}

extension PCIFunction {
  /// A device at `text` (which the tests spell right) with `space` or an empty one.
  static func at(_ text: String, _ space: ConfigurationSpace = ConfigurationSpace(zeroed: 256))
    -> PCIFunction
  {
    PCIFunction(
      address: PCIAddress(text) ?? PCIAddress(segment: .max, bus: 0xff, device: 0, function: 0),
      identity: PCIIdentity(space)
        ?? PCIIdentity(vendor: 0, device: 0, classCode: PCIClass(rawValue: 0)),
      configuration: space)
  }
}
