internal import PCI

/// A function that a scenario invents.
enum FunctionDecoder {
  static func function(_ name: String, from section: CheckedValue) throws
    -> ScenarioDescription.FunctionDescription
  {
    guard let address = PCIAddress(name) else {
      throw InputError(at: section.place, "\"\(name)\" is no PCI address; 00:1a.0 was expected")
    }
    var function = InventedFunction(
      at: address, vendor: try section["vendor"]?.integer(as: UInt16.self) ?? 0x8086,
      device: try section["device"]?.integer(as: UInt16.self) ?? 0,
      classCode: PCIClass(rawValue: try section["class"]?.integer(as: UInt32.self) ?? 0))
    function.isBusMaster = try section["bus_master"]?.boolean() ?? true
    if let port = try section["port"]?.text() {
      function.portType = FunctionSchema.portTypes.first { $0.name == port }?.type
    }
    if let buses = section["buses"] { function.buses = try self.buses(of: address, from: buses) }
    if let letters = section["acs"] {
      guard function.portType != nil else {
        throw InputError(
          at: letters.place, "acs without port; only PCI Express functions have access control")
      }
      function.accessControl = TextForm.accessControlBits(try letters.text())
    }
    function.ats = try section["ats"]?.integer(as: UInt8.self)
    function.pasidWidth = try section["pasid"]?.integer(as: UInt8.self)
    function.hasPageRequests = try section["page_requests"]?.boolean() ?? false
    if let place = (section["ats"] ?? section["pasid"] ?? section["page_requests"])?.place,
      function.portType == nil
    {
      throw InputError(
        at: place, "ats, pasid or page_requests without port; only PCI Express functions have them")
    }
    function.memory =
      try section["memory"]?.list().enumerated().map {
        try region(UInt8(truncatingIfNeeded: $0.offset), from: $0.element)
      } ?? []
    guard function.memory.count <= 6 else {
      throw InputError(
        at: section.place,
        "\(function.memory.count) ranges of memory; a function has six registers for them")
    }
    if let window = section["window"] { function.window = try self.window(from: window) }
    return ScenarioDescription.FunctionDescription(
      invention: function, isAbsent: try section["absent"]?.boolean() ?? false,
      isExternal: try section["external"]?.boolean() ?? false)
  }

  private static func buses(of address: PCIAddress, from section: CheckedValue) throws
    -> BridgeBuses
  {
    let secondary = try section.required("secondary").integer(as: UInt8.self)
    let subordinate = try section["subordinate"]?.integer(as: UInt8.self) ?? secondary
    guard secondary > address.bus, subordinate >= secondary else {
      throw InputError(
        at: section.place,
        "buses \(secondary) to \(subordinate) below a bridge on bus \(address.bus); buses above "
          + "its own, in order, were expected")
    }
    return BridgeBuses(primary: address.bus, secondary: secondary, subordinate: subordinate)
  }

  private static func region(_ register: UInt8, from section: CheckedValue) throws -> PCIRegion {
    let base = try section.required("base").integer()
    return PCIRegion(
      register: register, kind: base >> 32 == 0 ? .memory32 : .memory64, isPrefetchable: false,
      base: base, size: try section.required("size").size())
  }

  private static func window(from section: CheckedValue) throws -> ClosedRange<UInt64> {
    let base = try section.required("base").integer()
    let limit = try section.required("limit").integer()
    guard base <= limit, base & 0xf_ffff == 0, limit & 0xf_ffff == 0xf_ffff else {
      throw InputError(
        at: section.place, "a window that is not whole megabytes; such as 0xfe900000 to 0xfe9fffff")
    }
    return base...limit
  }
}
