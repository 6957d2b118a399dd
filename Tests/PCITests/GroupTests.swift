import TestSupport
import Testing
import VTdFormats

@testable import PCI

@Suite("Isolation groups")
struct GroupTests {
  static func groups(_ functions: [PCIFunction], _ state: AccessControlState = .asLinuxEnables)
    -> [[String]]
  {
    PCITopology(functions).isolationGroups(state).groups.map {
      $0.members.map(\.address.shortDescription)
    }
  }

  @Test("the Q35 machine of a real boot gets that boot's groups")
  func q35() {
    // A Linux 6.1 on QEMU's Q35 printed: 00:00.0 group 0, 00:01.0 group 1, 00:02.0 group 2,
    // 00:1a.0 group 3, and the four functions of 00:1f group 4.
    let conventional = ["00:00.0", "00:01.0", "00:1a.0"].map { PCIFunction.at($0, .device()) }
    let network = [PCIFunction.at("00:02.0", .device().express(.rootComplexEndpoint))]
    let bridge = ["00:1f.0", "00:1f.2", "00:1f.3", "00:1f.4"].map {
      PCIFunction.at($0, .device(multiFunction: $0 == "00:1f.0"))
    }
    #expect(
      Self.groups(conventional + network + bridge) == [
        ["00:00.0"], ["00:01.0"], ["00:02.0"], ["00:1a.0"],
        ["00:1f.0", "00:1f.2", "00:1f.3", "00:1f.4"],
      ])
  }

  static func portWithDevice(_ acs: AccessControl?) -> [PCIFunction] {
    [
      .at("00:1c.0", .bridge(0, 1, 1).express(.rootPort, acs: acs)),
      .at("01:00.0", .device(multiFunction: true).express(.endpoint)),
      .at("01:00.1", .device(multiFunction: true).express(.endpoint)),
      .at("00:1c.1", .bridge(0, 2, 2).express(.rootPort, acs: acs)),
      .at("02:00.0", .device().express(.endpoint)),
    ]
  }

  @Test("behind ports with access control each device stands alone, its functions together")
  func isolatedPorts() {
    #expect(
      Self.groups(Self.portWithDevice([])) == [
        ["00:1c.0"], ["00:1c.1"], ["01:00.0", "01:00.1"], ["02:00.0"],
      ])
  }

  @Test("ports without it join everything below them, and each other as functions of one device")
  func openPorts() {
    #expect(
      Self.groups(Self.portWithDevice(nil)) == [
        ["00:1c.0", "00:1c.1", "01:00.0", "01:00.1", "02:00.0"]
      ])
    // Offered but not switched on: Linux would switch it on, the registers as they are do not.
    #expect(Self.groups(Self.portWithDevice([]), .asConfigured).count == 1)
    #expect(Self.groups(Self.portWithDevice(.isolation), .asConfigured).count == 4)
  }

  @Test("functions with their own access control are kept apart within one device")
  func isolatedFunctions() {
    let functions: [PCIFunction] = [
      .at("00:1c.0", .bridge(0, 1, 1).express(.rootPort, acs: [])),
      .at("01:00.0", .device(multiFunction: true).express(.endpoint, acs: [])),
      .at("01:00.1", .device(multiFunction: true).express(.endpoint, acs: [])),
      .at("01:00.2", .device(multiFunction: true).express(.endpoint)),
      .at("01:00.3", .device(multiFunction: true).express(.endpoint)),
    ]
    #expect(
      Self.groups(functions) == [
        ["00:1c.0"], ["01:00.0"], ["01:00.1"], ["01:00.2", "01:00.3"],
      ])
  }

  @Test("everything behind a bridge to conventional PCI is one group with the bridge")
  func conventional() {
    #expect(
      Self.groups([
        .at("00:1c.0", .bridge(0, 1, 3).express(.rootPort, acs: [])),
        .at("01:00.0", .bridge(1, 2, 3).express(.expressToPCIBridge)),
        .at("02:01.0", .device()), .at("02:02.0", .bridge(2, 3, 3)), .at("03:04.0", .device()),
        .at("00:1e.0", .bridge(0, 4, 4)), .at("04:01.0", .device()), .at("04:02.0", .device()),
      ]) == [
        ["00:1c.0"], ["00:1e.0", "04:01.0", "04:02.0"],
        ["01:00.0", "02:01.0", "02:02.0", "03:04.0"],
      ])
  }

  @Test("a downstream port without access control joins its switch, not the ports above it")
  func switches() {
    let functions: [PCIFunction] = [
      .at("00:1c.0", .bridge(0, 1, 4).express(.rootPort, acs: [])),
      .at("01:00.0", .bridge(1, 2, 4).express(.upstreamPort)),
      .at("02:00.0", .bridge(2, 3, 3).express(.downstreamPort)),
      .at("02:01.0", .bridge(2, 4, 4).express(.downstreamPort, acs: [])),
      .at("03:00.0", .device().express(.endpoint)),
      .at("04:00.0", .device().express(.endpoint)),
    ]
    #expect(
      Self.groups(functions) == [
        ["00:1c.0"], ["01:00.0"], ["02:00.0", "03:00.0"], ["02:01.0"], ["04:00.0"],
      ])
  }

  @Test("a device that uses another function's id shares that function's group")
  func sharedIDs() {
    let groups = PCITopology([
      PCIFunction.at("00:1c.0", .bridge(0, 9, 9).express(.rootPort, acs: [])),
      .at("09:00.0", .device(0x1b4b, 0x9130, multiFunction: true).express(.endpoint, acs: [])),
      .at("09:00.1", .device(multiFunction: true).express(.endpoint, acs: [])),
    ]).isolationGroups()
    #expect(groups.groups.map(\.members.count) == [1, 2])
    let cause = groups.groups.last?.members.last?.cause
    #expect(cause == .sharesIDs(with: PCIAddress(bus: 9, device: 0, function: 0)))
  }

  @Test("Intel's hub ports are kept apart without the capability or with the wide one")
  func intelPorts() {
    func ports(_ device: UInt16) -> [PCIFunction] {
      [
        .at("00:1c.0", .bridge(0, 1, 1).setting(.deviceID, to: UInt32(device)).express(.rootPort)),
        .at("00:1c.2", .bridge(0, 2, 2).setting(.deviceID, to: UInt32(device)).express(.rootPort)),
      ]
    }
    #expect(Self.groups(ports(0x9c90)).count == 2)
    #expect(Self.groups(ports(0xffff)).count == 1)
    #expect(Self.groups(ports(0xa110)).count == 1)
    let wide = ports(0xa110).map { port in
      var port = port
      port.configuration.link(extended: [(0x100, 0x000d)])
      port.configuration.set(.wideAccessControlCapability, at: 0x100, to: 0x1f)
      return port
    }
    #expect(Self.groups(wide).count == 2)
    #expect(Self.groups(wide, .asConfigured).count == 1)
  }

  @Test("virtual functions stand alone, though their function numbers are not zero")
  func virtualFunctions() {
    let physical = ConfigurationSpace.device().express(.endpoint)
      .withSingleRootIOV(count: 2, offset: 1, stride: 1)
    let port = PCIFunction.at("00:1c.0", .bridge(0, 1, 1).express(.rootPort, acs: []))
    let virtual = ["01:00.1", "01:00.2"].map {
      PCIFunction.at($0, ConfigurationSpace.device().express(.endpoint))
    }
    #expect(
      Self.groups([port, .at("01:00.0", physical)] + virtual)
        == [["00:1c.0"], ["01:00.0"], ["01:00.1"], ["01:00.2"]])
    #expect(
      Self.groups([port, .at("01:00.0", .device().express(.endpoint))] + virtual).count == 3)
  }

  @Test("what is behind a Volume Management Device is in its group")
  func volumeManagement() {
    #expect(
      Self.groups(AliasTests.bus.functions).contains([
        "00:0e.0", "10000:e0:06.0", "10000:e1:00.0",
      ]))
  }

  @Test("functions whose capabilities are unknown are named, since groups may be too large")
  func uncertain() {
    let cut = ConfigurationSpace(ConfigurationSpaceTests.withPointer.bytes.prefix(64))
    let bus = PCITopology([.at("00:02.0", .device()), .at("00:03.0", cut)])
    #expect(bus.isolationGroups().uncertain.map(\.shortDescription) == ["00:03.0"])
  }

  @Test("every function is in exactly one group, whatever the bytes say")
  func partition() {
    var random = SplitMix(state: 3)
    for _ in 0..<12 {
      let functions = (0..<40).map { _ in
        let bytes = (0..<4096).map { _ in UInt8(truncatingIfNeeded: random.next() & 0x8f) }
        var space = ConfigurationSpace(bytes)
        space.set(.headerLayout, to: UInt32(random.next() & 1))
        space.set(.secondaryBus, to: UInt32(random.next() & 7))
        space.set(.subordinateBus, to: UInt32(random.next() & 7))
        let address = PCIAddress(
          bus: UInt8(random.next() & 7), device: UInt8(random.next() & 3),
          function: UInt8(random.next() & 7))
        return PCIFunction(
          address: address,
          identity: PCIIdentity(vendor: 0x1b4b, device: 0x9130, classCode: .init(rawValue: 0)),
          configuration: space)
      }
      let bus = PCITopology(functions)
      let groups = bus.isolationGroups()
      #expect(
        groups.groups.flatMap { $0.members.map(\.address) }.sorted()
          == bus.functions.map(\.address))
      for function in bus.functions {
        #expect(
          groups.group(of: function.address)?.members
            .contains { $0.address == function.address } == true)
        _ = bus.route(BusRequest(from: function.address, address: random.next() >> 24))
      }
    }
  }
}

extension ConfigurationSpace {
  /// This space with virtual functions switched on, the capability at 0x140.
  func withSingleRootIOV(count: UInt32, offset: UInt32, stride: UInt32) -> Self {
    var space = self
    space.link(extended: [(0x100, 0x0000), (0x140, 0x0010)])
    space.set(.virtualFunctionEnable, at: 0x140, to: 1)
    space.set(.virtualFunctionCount, at: 0x140, to: count)
    space.set(.totalVirtualFunctions, at: 0x140, to: count)
    space.set(.firstVirtualFunctionOffset, at: 0x140, to: offset)
    space.set(.virtualFunctionStride, at: 0x140, to: stride)
    return space
  }
}
