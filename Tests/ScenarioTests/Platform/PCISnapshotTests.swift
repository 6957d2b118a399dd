import PCI
import Scenario
import ScenarioFormat
import TestSupport
import Testing

@Suite("PCI snapshots")
struct PCISnapshotTests {
  static let functions: [PCIFunction] = {
    var space = ConfigurationSpace(zeroed: 4096)
    space.set(.vendorID, to: 0x8086)
    space.set(.deviceID, to: 0x9a49)
    space.set(.classCode, to: 0x030000)
    space.set(ConfigurationField("", 0, 0..<32), at: 0xffc, to: 0xdead_beef)
    let address = PCIAddress(segment: 0x10000, bus: 0xe1, device: 2, function: 0)
    let graphics = PCIFunction(
      address: address,
      identity: PCIIdentity(
        vendor: 0x8086, device: 0x9a49, classCode: PCIClass(rawValue: 0x030000), revision: 1,
        subsystemVendor: 0x17aa, subsystem: 0x508f),
      configuration: space,
      regions: [
        PCIRegion(
          register: 0, kind: .memory64, isPrefetchable: true, base: 0x60_5400_0000,
          size: 0x100_0000)
      ],
      names: PCINames(
        vendor: "Intel \"quoted\" \\ company", device: "line\nbreak: # no comment", subsystem: "ü"))
    let short = PCIFunction(
      address: PCIAddress(bus: 0, device: 3, function: 1),
      identity: PCIIdentity(vendor: 1, device: 2, classCode: PCIClass(rawValue: 3)),
      configuration: ConfigurationSpace([1, 2, 3, 0, 0]))
    let unknown = PCIFunction(
      address: PCIAddress(bus: 0, device: 4, function: 1),
      identity: PCIIdentity(vendor: 1, device: 2, classCode: PCIClass(rawValue: 3)),
      configuration: ConfigurationSpace([]))
    return [graphics, short, unknown]
  }()

  @Test("a saved bus reads back the same, with names of any text and spaces of any length")
  func roundTrip() throws {
    for count in 0...Self.functions.count {
      let bus = PCITopology(Array(Self.functions.prefix(count)))
      #expect(
        try PCISnapshotFile.topology(from: PCISnapshotFile.text(of: bus), file: "s.yaml") == bus)
    }
  }

  @Test("a bus of any bytes reads back the same")
  func anyBytes() throws {
    var random = SplitMix(state: 1)
    let functions = (0..<40).map { index in
      PCIFunction(
        address: PCIAddress(bus: 1, device: UInt8(index & 0x1f), function: UInt8(index >> 5)),
        identity: PCIIdentity(vendor: 1, device: 2, classCode: PCIClass(rawValue: 3)),
        configuration: ConfigurationSpace(
          (0..<Int(random.next() % 300)).map { _ in
            random.next() & 7 == 0 ? UInt8(truncatingIfNeeded: random.next()) : 0
          }))
    }
    let bus = PCITopology(functions)
    #expect(
      try PCISnapshotFile.topology(from: PCISnapshotFile.text(of: bus), file: "s.yaml") == bus)
  }

  @Test(
    "a snapshot that is not one is refused at its line and column",
    arguments: [
      ("", "s.yaml:1:1: the file is empty"),
      ("functions: {}", "s.yaml:1:1: the snapshot has no pci_snapshot"),
      ("pci_snapshot: 2\nfunctions: {}", "s.yaml:1:15: pci_snapshot is \"2\""),
      ("pci_snapshot: 1\nfunctions: {00:20.0: {}}", "s.yaml:2:13: \"00:20.0\" in functions"),
      (
        "pci_snapshot: 1\nfunctions:\n  00:02.0: {vendor: 1, device: 2, clas: 3}",
        "s.yaml:3:35: unknown key \"clas\" in functions.00:02.0; did you mean \"class\"?"
      ),
      (
        "pci_snapshot: 1\nfunctions:\n  00:02.0:\n    {vendor: 1, device: 2, class: 3, size: 5000}",
        "s.yaml:4:44: size is \"5000\"; a number from 0 to 4096 was expected"
      ),
      (
        "pci_snapshot: 1\nfunctions:\n  00:02.0:\n    vendor: 1\n    device: 2\n    class: 3\n"
          + "    size: 64\n    configuration:\n      - 000 01 02\n      - 03f 01 02",
        "s.yaml:10:9: the row ends at 0x41; an end within the 0x40 known bytes was expected"
      ),
      (
        "pci_snapshot: 1\nfunctions:\n  00:02.0:\n    vendor: 1\n    device: 2\n    class: 3\n"
          + "    configuration: [00 01]",
        "s.yaml:7:21: configuration[0] is \"00 01\"; an offset and up to 16 bytes"
      ),
    ])
  func refuses(text: String, message: String) {
    let error = #expect(throws: InputError.self) {
      try PCISnapshotFile.topology(from: text, file: "s.yaml")
    }
    #expect(error?.description.prefix(message.count) ?? "" == message[...])
    #expect(error?.kind == .invalid)
  }

  @Test("a missing snapshot is a missing input")
  func missing() {
    let error = #expect(throws: InputError.self) { try PCISnapshotFile.read("/nonexistent.yaml") }
    #expect(error?.kind == .notFound)
  }
}
