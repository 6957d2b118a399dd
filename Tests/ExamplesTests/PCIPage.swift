import PCI

func pci() throws {
  func function(
    _ address: String, _ classCode: UInt32, to bus: UInt8? = nil
  ) throws -> PCIFunction {
    var function = InventedFunction(
      at: try PCIAddress(parsing: address), classCode: PCIClass(rawValue: classCode))
    if let bus {
      function.buses = BridgeBuses(primary: 0, secondary: bus, subordinate: bus)
    }
    return function.function
  }
  let bus = PCITopology([
    try function("00:1c.0", 0x060400, to: 3), try function("00:1f.2", 0x010601),
    try function("03:00.0", 0x010802), try function("03:01.0", 0x020000),
  ])
  for group in bus.isolationGroups().groups {
    print(group.id, group.members.map { $0.address.shortDescription })
  }

  do {
    _ = try PCIAddress(parsing: "00:20.0")
  } catch {
    print(error)
  }
}
