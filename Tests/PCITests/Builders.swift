@testable import PCI

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
    // A closed window: zeros would pass the first megabyte down.
    return space.window(0xfff, 0)
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

extension ConfigurationSpace {
  /// A conventional device.
  static func device(
    _ vendor: UInt16 = 0x8086, _ device: UInt16 = 1, classCode: UInt32 = 0x020000,
    multiFunction: Bool = false, size: Int = 256
  ) -> Self {
    var space = ConfigurationSpace(zeroed: size)
    space.set(.vendorID, to: UInt32(vendor))
    space.set(.deviceID, to: UInt32(device))
    space.set(.classCode, to: classCode)
    space.set(.multiFunction, to: multiFunction ? 1 : 0)
    space.set(.busMasterEnable, to: 1)
    space.set(.memorySpaceEnable, to: 1)
    return space
  }

  /// This space with a PCI Express capability and, if `control` is given, ACS that offers all.
  func express(_ type: ExpressPortType, acs control: AccessControl? = nil) -> Self {
    var space = ConfigurationSpace(bytes + repeatElement(0, count: 4096 - count))
    space.link(conventional: [(0x40, 0x10)])
    space.set(.expressVersion, at: 0x40, to: 2)
    space.set(.expressPortType, at: 0x40, to: UInt32(type.rawValue))
    space.set(.busMasterEnable, to: 1)
    space.set(.memorySpaceEnable, to: 1)
    if let control {
      space.link(extended: [(0x100, 0x000d)])
      space.set(.accessControlCapability, at: 0x100, to: 0x7f)
      space.set(.accessControlControl, at: 0x100, to: UInt32(control.rawValue))
    }
    return space
  }

  /// This bridge with a memory window, in megabytes.
  func window(_ first: UInt32, _ last: UInt32) -> Self {
    var space = self
    space.set(.memoryBase, to: first)
    space.set(.memoryLimit, to: last)
    return space
  }

  func setting(_ field: ConfigurationField, to value: UInt32) -> Self {
    var space = self
    space.set(field, to: value)
    return space
  }
}

extension PCIFunction {
  /// This function with memory at `base`.
  func memory(_ base: UInt64, _ size: UInt64 = 0x1000) -> PCIFunction {
    var function = self
    function.regions = [
      PCIRegion(register: 0, kind: .memory32, isPrefetchable: false, base: base, size: size)
    ]
    return function
  }
}
