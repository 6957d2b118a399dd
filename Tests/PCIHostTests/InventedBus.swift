import PCI

/// 45 functions in three segments, the last of which only Linux has, with bridges of each kind.
enum InventedBus {
  static let functions: [PCIFunction] = [0x0000, 0x0001, 0x10000].flatMap { segment in
    [
      function(segment, 0x00, 0x00, 0, device(0x1237, 0x060000, size: 4096)),
      function(
        segment, 0x00, 0x02, 0, device(0x5916, 0x030000, size: 4096),
        [
          region(0, .memory64, false, 0xde00_0000, 0x100_0000),
          region(2, .memory64, true, 0x8_c000_0000, 0x1000_0000), region(4, .io, false, 0xf000, 64),
        ]),
      function(segment, 0x00, 0x14, 0, device(0x9d2f, 0x0c0330, size: 4096)),
      function(segment, 0x00, 0x16, 0, device(0x9d3a, 0x078000, size: 256)),
      // A root port with a PCI Express switch of two ports below it.
      function(segment, 0x00, 0x1c, 0, bridge(0, 1, 4, type: 4)),
      function(segment, 0x01, 0x00, 0, bridge(1, 2, 4, type: 5)),
      function(segment, 0x02, 0x00, 0, bridge(2, 3, 3, type: 6)),
      function(segment, 0x02, 0x01, 0, bridge(2, 4, 4, type: 6)),
      function(
        segment, 0x03, 0x00, 0, device(0x10fb, 0x020000, size: 4096),
        [region(0, .memory32, true, 0xdd00_0000, 0x8_0000)]),
      function(segment, 0x04, 0x00, 7, device(0x9128, 0x010601, size: 256)),
      // A PCIe-to-PCI bridge, below it a conventional one, below that a CardBus one.
      function(segment, 0x00, 0x1d, 0, bridge(0, 5, 8, type: 4)),
      function(segment, 0x05, 0x00, 0, bridge(5, 6, 8, type: 7)),
      function(segment, 0x06, 0x01, 0, bridge(6, 7, 8, type: nil)),
      function(segment, 0x07, 0x02, 0, cardBus(7, 8, 8)),
      function(segment, 0xff, 0x1f, 7, device(0x3ff0, 0x088000, size: 4096)),
    ]
  }

  static func function(
    _ segment: UInt32, _ bus: UInt8, _ device: UInt8, _ function: UInt8,
    _ space: ConfigurationSpace, _ regions: [PCIRegion] = []
  ) -> PCIFunction {
    PCIFunction(
      address: PCIAddress(segment: segment, bus: bus, device: device, function: function),
      identity: PCIIdentity(space)
        ?? PCIIdentity(vendor: 0, device: 0, classCode: PCIClass(rawValue: 0)),
      configuration: space, regions: regions)
  }

  static func region(
    _ register: UInt8, _ kind: PCIRegion.Kind, _ prefetchable: Bool, _ base: UInt64, _ size: UInt64
  ) -> PCIRegion {
    PCIRegion(
      register: register, kind: kind, isPrefetchable: prefetchable, base: base, size: size)
  }

  static func device(_ id: UInt32, _ classCode: UInt32, size: Int) -> ConfigurationSpace {
    var space = ConfigurationSpace(zeroed: size)
    space.set(.vendorID, to: 0x8086)
    space.set(.deviceID, to: id)
    space.set(.classCode, to: classCode)
    space.set(.revisionID, to: 0x21)
    space.set(.subsystemVendorID, to: 0x17aa)
    space.set(.subsystemID, to: 0x2238)
    space.set(.busMasterEnable, to: 1)
    return space
  }

  static func bridge(_ primary: UInt32, _ secondary: UInt32, _ subordinate: UInt32, type: UInt32?)
    -> ConfigurationSpace
  {
    var space = device(0xa294, 0x060400, size: type == nil ? 256 : 4096)
    space.set(.headerLayout, to: 1)
    space.set(.primaryBus, to: primary)
    space.set(.secondaryBus, to: secondary)
    space.set(.subordinateBus, to: subordinate)
    if let type {
      space.set(.capabilitiesList, to: 1)
      space.set(.capabilitiesPointer, to: 0x40)
      space.set(ConfigurationField("", 0, 0..<32), at: 0x40, to: 0x0002_0010 | type << 20)
    }
    return space
  }

  static func cardBus(_ primary: UInt32, _ secondary: UInt32, _ subordinate: UInt32)
    -> ConfigurationSpace
  {
    var space = bridge(primary, secondary, subordinate, type: nil)
    space.set(.classCode, to: 0x060700)
    space.set(.headerLayout, to: 2)
    return space
  }
}
