import ACPITables
import PCI
import Testing
import VTdFormats

@Suite("Which unit covers what")
struct PlatformTests {
  /// A graphics device, a root port with a device below it, one without; another segment.
  static let bus = PCITopology([
    function("00:02.0"), function("00:03.0"), function("00:1c.0", bridge: (1, 2)),
    function("01:00.0"), function("02:00.0"), function("00:1f.0"),
    function("0001:00:00.0"), function("0002:00:00.0"),
  ])

  static func function(_ text: String, bridge: (UInt32, UInt32)? = nil) -> PCIFunction {
    var space = ConfigurationSpace(zeroed: 256)
    space.set(.vendorID, to: 0x8086)
    space.set(.busMasterEnable, to: 1)
    space.set(.classCode, to: bridge == nil ? 0x020000 : 0x060400)
    if let bridge {
      space.set(.headerLayout, to: 1)
      space.set(.secondaryBus, to: bridge.0)
      space.set(.subordinateBus, to: bridge.1)
    }
    return PCIFunction(
      address: PCIAddress(text) ?? PCIAddress(segment: .max, bus: 0, device: 0, function: 0),
      identity: PCIIdentity(space)
        ?? PCIIdentity(vendor: 0, device: 0, classCode: PCIClass(rawValue: 0)),
      configuration: space)
  }

  static func platform(_ structures: [RemappingStructure], bus: PCITopology = bus) -> Platform {
    Platform(topology: bus, table: DMARTable(structures: structures))
  }

  static let graphics = FindingTests.unit(
    0xfed9_0000, [DeviceScope(.endpoint, path: [SampleTables.hop(2, 0)])])
  static let port = FindingTests.unit(
    0xfed9_2000, [DeviceScope(.subHierarchy, path: [SampleTables.hop(0x1c, 0)])])
  static let rest = FindingTests.unit(0xfed9_1000, all: true)

  @Test(
    "scopes come first, then sub-hierarchies, then the unit that covers all of a segment",
    arguments: [
      ("00:02.0", Coverage.named(unit: 0)),
      ("00:1c.0", .named(unit: 1)),
      ("01:00.0", .below(PCIAddress(bus: 0, device: 0x1c, function: 0), unit: 1)),
      ("02:00.0", .below(PCIAddress(bus: 0, device: 0x1c, function: 0), unit: 1)),
      ("00:1f.0", .includeAll(unit: 2)),
      ("0001:00:00.0", .none),
    ])
  func order(text: String, coverage: Coverage) throws {
    let platform = Self.platform([Self.graphics, Self.port, Self.rest])
    let address = try PCIAddress(parsing: text)
    #expect(platform.coverage(of: address) == coverage)
    let listed = platform.coverages().first { $0.address == address }
    #expect(listed?.coverage == coverage)
  }

  @Test("a function in the scope of two units is reported, and the later unit counts")
  func ambiguous() throws {
    let platform = Self.platform([
      Self.graphics,
      FindingTests.unit(
        0xfed9_3000, [DeviceScope(.endpoint, path: [SampleTables.hop(2, 0)])]),
    ])
    let coverage = platform.coverage(of: try PCIAddress(parsing: "00:02.0"))
    #expect(coverage == .ambiguous([1, 0]))
    #expect(coverage.unit == 1)
    #expect(platform.units.map(\.name) == ["dmar0", "dmar1"])
  }

  @Test("a path goes through bridges, whatever their bus numbers are")
  func path() throws {
    let scope = DeviceScope(
      .endpoint, path: [SampleTables.hop(0x1c, 0), SampleTables.hop(0, 0)])
    let structures = [FindingTests.unit(0xfed9_0000, [scope])]
    let below = try PCIAddress(parsing: "01:00.0")
    #expect(Self.platform(structures).coverage(of: below) == .named(unit: 0))
    var renumbered = Self.bus
    renumbered.update(try PCIAddress(parsing: "00:1c.0")) {
      $0.configuration.set(.secondaryBus, to: 2)
    }
    let moved = Self.platform(structures, bus: renumbered)
    #expect(moved.coverage(of: below) == .none)
    #expect(moved.coverage(of: try PCIAddress(parsing: "02:00.0")) == .named(unit: 0))
  }

  @Test("a function that is plugged in later is covered by the scope that waited for it")
  func hotPlug() throws {
    let scope = DeviceScope(.endpoint, path: [SampleTables.hop(0x10, 0)])
    var platform = Self.platform([FindingTests.unit(0xfed9_0000, [scope]), Self.rest])
    let address = try PCIAddress(parsing: "00:10.0")
    #expect(platform.coverage(of: address) == .includeAll(unit: 1))
    platform.topology.add(Self.function("00:10.0"))
    #expect(platform.coverage(of: address) == .named(unit: 0))
  }

  @Test("an endpoint's scope that names a bridge covers nothing, as in Linux")
  func mismatch() throws {
    let scope = DeviceScope(.endpoint, path: [SampleTables.hop(0x1c, 0)])
    let platform = Self.platform([FindingTests.unit(0xfed9_0000, [scope])])
    #expect(platform.coverage(of: try PCIAddress(parsing: "00:1c.0")) == .none)
    #expect(platform.coverage(of: try PCIAddress(parsing: "01:00.0")) == .none)
  }

  @Test("the unit of a request is the one of whoever put its id on the bus")
  func request() throws {
    let platform = Self.platform([Self.graphics, Self.port, Self.rest])
    let route = platform.topology.route(
      BusRequest(
        from: try PCIAddress(parsing: "02:00.0"),
        claiming: SourceID(bus: 2, device: 0, function: 7), address: 0x1000))
    guard case .root(let request) = route else {
      Issue.record("the request went \(route)")
      return
    }
    #expect(platform.unit(for: request)?.name == "dmar1")
  }

  @Test("boot lines give units their registers, by address")
  func registers() {
    var platform = Self.platform([Self.graphics, Self.rest])
    let registers = UnitRegisters(
      version: 0x10, capability: 0xd200_8c22_2602_06, extendedCapability: 0xf00f4a)
    let known = platform.learn(registerBase: 0xfed9_1000, registers: registers)
    let unknown = platform.learn(registerBase: 0xfed9_f000, registers: registers)
    #expect(known && !unknown)
    #expect(platform.units.map(\.registers) == [nil, registers])
  }

  @Test("IOAPICs and timers have requester ids of their own, which are not functions")
  func interruptSources() {
    let platform = Self.platform(SampleTables.structures)
    #expect(platform.interruptSources.map(\.sourceID.description) == ["f0:1f.0", "f0:0f.0"])
    #expect(platform.interruptSources.map(\.enumerationID) == [2, 0])
    #expect(platform.interruptSources.allSatisfy { $0.unit == 1 })
  }
}
