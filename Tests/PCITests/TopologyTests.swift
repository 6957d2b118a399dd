import PCI
import TestSupport
import Testing

@Suite("The bus")
struct TopologyTests {
  /// Two segments; in the first a root port with a switch below it, and a second root bus.
  static let machine = PCITopology([
    .at("01:00.0", .bridge(1, 2, 4)),
    .at("00:1c.0", .bridge(0, 1, 4)),
    .at("00:02.0"),
    .at("02:08.0", .bridge(2, 3, 3)),
    .at("02:09.0", .bridge(2, 4, 4)),
    .at("03:00.0"), .at("03:00.1"),
    .at("04:00.0"),
    .at("80:00.0"),
    .at("0001:03:00.0"),
    .at("10000:00:00.0"),
  ])

  @Test("functions come in bus order whatever order they were given in")
  func order() {
    #expect(
      Self.machine.functions.map(\.address.description) == [
        "0000:00:02.0", "0000:00:1c.0", "0000:01:00.0", "0000:02:08.0", "0000:02:09.0",
        "0000:03:00.0", "0000:03:00.1", "0000:04:00.0", "0000:80:00.0", "0001:03:00.0",
        "10000:00:00.0",
      ])
    #expect(PCITopology(Self.machine.functions.reversed()) == Self.machine)
  }

  @Test(
    "the bridges above a function are those whose ranges have its bus, outermost first",
    arguments: [
      ("00:02.0", []), ("01:00.0", ["00:1c.0"]), ("02:09.0", ["00:1c.0", "01:00.0"]),
      ("03:00.1", ["00:1c.0", "01:00.0", "02:08.0"]),
      ("04:00.0", ["00:1c.0", "01:00.0", "02:09.0"]), ("80:00.0", []), ("0001:03:00.0", []),
    ] as [(String, [String])])
  func path(text: String, bridges: [String]) throws {
    let address = try PCIAddress(parsing: text)
    #expect(Self.machine.path(to: address).map(\.address.shortDescription) == bridges)
    #expect(Self.machine.isRoot(address.onBus) == bridges.isEmpty)
  }

  @Test("the tree has each function once, below its bridge")
  func tree() {
    func flatten(_ tree: PCITree) -> [PCIAddress] {
      tree.nodes.flatMap { [$0.function.address] + $0.below.flatMap(flatten) }
    }
    let trees = Self.machine.tree
    #expect(
      trees.map(\.bus.description) == ["0000:00", "0000:80", "0001:03", "10000:00"])
    #expect(trees.flatMap(flatten).sorted() == Self.machine.functions.map(\.address))
    #expect(
      trees.first.map(flatten)?.map(\.shortDescription) == [
        "00:02.0", "00:1c.0", "01:00.0", "02:08.0", "03:00.0", "03:00.1", "02:09.0", "04:00.0",
      ])
  }

  @Test(
    "a bridge that claims its own or a lower bus leads nowhere, so that nothing goes in circles")
  func circles() throws {
    let bus = PCITopology([
      .at("00:1c.0", .bridge(0, 1, 1)),
      .at("01:00.0", .bridge(1, 0, 1)),
      .at("01:01.0", .bridge(1, 1, 1)),
    ])
    let address = try PCIAddress(parsing: "01:01.0")
    #expect(bus.path(to: address).map(\.address.shortDescription) == ["00:1c.0"])
    #expect(bus.isRoot(PCIBus(number: 0)))
    #expect(bus.tree.count == 1)
  }

  @Test("a bus that only virtual functions use hangs below the innermost bridge around it")
  func virtualBus() throws {
    let bus = PCITopology([
      .at("00:03.0", .bridge(0, 1, 2)), .at("01:00.0"), .at("02:10.0"),
    ])
    let virtual = try PCIAddress(parsing: "02:10.0")
    #expect(bus.path(to: virtual).map(\.address.shortDescription) == ["00:03.0"])
  }

  @Test("removing a bridge takes everything below it away, and nothing else")
  func remove() throws {
    var bus = Self.machine
    let removed = bus.remove(try PCIAddress(parsing: "01:00.0"))
    #expect(
      removed.map(\.address.shortDescription)
        == ["01:00.0", "02:08.0", "02:09.0", "03:00.0", "03:00.1", "04:00.0"])
    #expect(bus.functions.count == Self.machine.functions.count - removed.count)
    #expect(bus.bridge(above: PCIBus(number: 3))?.address.device == 0x1c)
    let nothing = bus.remove(try PCIAddress(parsing: "01:00.0"))
    #expect(nothing.isEmpty)
    bus.overlay(PCITopology(removed))
    #expect(bus == Self.machine)
  }

  @Test("adding and removing one by one ends where building at once ends")
  func incremental() {
    var random = SplitMix(state: 11)
    for _ in 0..<20 {
      var bus = PCITopology()
      for function in Self.machine.functions.shuffled(using: &random) { bus.add(function) }
      #expect(bus == Self.machine)
      for function in Self.machine.functions.shuffled(using: &random) {
        bus.remove(function.address)
      }
      #expect(bus == PCITopology())
    }
  }

  @Test("an update changes what is there, and cannot move a function")
  func update() throws {
    var bus = Self.machine
    let port = try PCIAddress(parsing: "00:1c.0")
    let moved = bus.update(port) { $0.configuration.set(.secondaryBus, to: 2) }
    #expect(moved)
    #expect(bus.isRoot(PCIBus(number: 1)))
    let replaced = bus.update(port) { $0 = .at("00:1d.0") }
    #expect(!replaced)
    let absent = bus.update(try PCIAddress(parsing: "00:1d.0")) { _ in }
    #expect(!absent)
    #expect(bus[port]?.address == port)
  }
}
