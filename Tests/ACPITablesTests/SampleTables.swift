import ACPITables
import PCI

/// Tables that the tests share.
enum SampleTables {
  /// The table that QEMU 10 made for the Q35 machine of a real boot, whose kernel printed
  /// `ACPI: DMAR 0x000000003FFE234B 000088 (v01 BOCHS  BXPC     00000001 BXPC 00000001)`,
  /// `Host address width 39` and `DRHD base: 0x000000fed90000 flags: 0x0`: one unit that names the
  /// IOAPIC and each of the eight functions.
  static let q35: DMARTable = {
    let functions = ["00.0", "01.0", "02.0", "1a.0", "1f.0", "1f.2", "1f.3", "1f.4"]
    let ioapic = DeviceScope(
      .ioapic, startBus: 0xff, path: [DeviceScope.Hop(device: 0, function: 0)])
    let endpoints = functions.compactMap { PCIAddress("00:" + $0) }.map {
      DeviceScope(.endpoint, at: $0)
    }
    return DMARTable(
      header: TableHeader(oemID: "BOCHS", oemTableID: "BXPC", creatorID: "BXPC"),
      hostAddressWidth: 39, flags: .interruptRemapping,
      structures: [
        .unit(HardwareUnit(registerBase: 0xfed9_0000, scopes: [ioapic] + endpoints))
      ])
  }()

  /// One structure of every type, one scope of every kind.
  static let everything = DMARTable(
    header: TableHeader(revision: 2, oemID: "OEMID", oemTableID: "TABLEID", creatorID: "TEST"),
    hostAddressWidth: 46, flags: [.interruptRemapping, .x2APICOptOut, .dmaControlOptIn],
    structures: structures)

  static let structures: [RemappingStructure] = [
    .unit(
      HardwareUnit(
        size: 1, segment: 1, registerBase: 0xd37f_c000,
        scopes: [
          DeviceScope(.endpoint, startBus: 0x80, path: [hop(1, 0), hop(0, 2)]),
          DeviceScope(.subHierarchy, startBus: 0x80, path: [hop(2, 0)]),
        ])),
    .unit(
      HardwareUnit(
        includesAll: true, registerBase: 0xfed9_1000,
        scopes: [
          DeviceScope(.ioapic, enumerationID: 2, startBus: 0xf0, path: [hop(0x1f, 0)]),
          DeviceScope(.hpet, enumerationID: 0, startBus: 0xf0, path: [hop(0x0f, 0)]),
          DeviceScope(.namespaceDevice, enumerationID: 1, startBus: 0xf0, path: [hop(0x15, 0)]),
        ])),
    .reservedMemory(
      ReservedMemory(
        base: 0x9d00_0000, limit: 0x9f7f_ffff,
        scopes: [DeviceScope(.endpoint, path: [hop(2, 0)])])),
    .rootPortATS(
      RootPortATS(segment: 1, scopes: [DeviceScope(.subHierarchy, path: [hop(3, 0)])])),
    .rootPortATS(RootPortATS(allPorts: true)),
    .affinity(StaticAffinity(registerBase: 0xd37f_c000, proximityDomain: 1)),
    .namespaceDevice(NamespaceDevice(number: 1, name: "\\_SB.PCI0.I2C0")),
    .socATC(SoCATC(isRequired: true, scopes: [DeviceScope(.endpoint, path: [hop(2, 0)])])),
    .socProperties(
      SoCProperties(scopes: [DeviceScope(.endpoint, flags: 0x1f, path: [hop(2, 0)])])),
    .unknown(type: 0x77, body: [1, 2, 3, 4]),
  ]

  static func hop(_ device: UInt8, _ function: UInt8) -> DeviceScope.Hop {
    DeviceScope.Hop(device: device, function: function)
  }

  /// `bytes` with the right checksum.
  static func sealed(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    bytes[9] = 0
    bytes[9] = 0 &- bytes.reduce(0) { $0 &+ $1 }
    return bytes
  }
}
