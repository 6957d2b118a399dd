import Foundation
import Machine
import PCI
import Scenario
import ScenarioFormat
import TestSupport
import Testing
import VTdUnit

/// Scenarios that stand on a platform: their bus, their table, the way of their DMAs.
@Suite("Scenarios on a platform")
struct PlatformScenarioTests {
  static let machine = """
    kernel: {extends: \(Repository.path("Configs/kernels/fedora-5.20.0-0.rc0.yaml"))}
    machine:
      memory: 1GiB
      units:
        dmar0: {base: 0xfed90000, cap: 0x1c0000c40660462, ecap: 0x19e2ff0505e}

    """

  static func load(_ text: String, _ files: [String: String] = [:]) throws -> ScenarioDescription {
    let folder = try TemporaryFolder()
    for (name, content) in files { _ = try folder.write(content, as: name) }
    return try ScenarioLoader().load(try folder.write(machine + text, as: "s.yaml"))
  }

  @Test(
    "what a function or a platform cannot be is refused with what was expected",
    arguments: [
      ("  pci: {functions: {00:01.0: {acs: VR}}}", "acs without port; only PCI Express functions"),
      (
        "  pci: {functions: {00:01.0: {port: endpoint, acs: VX}}}",
        "acs is \"VX\"; letters of V, B, R, C, U, E and T, or none"
      ),
      (
        "  pci: {functions: {02:01.0: {buses: {secondary: 2}}}}",
        "buses 2 to 2 below a bridge on bus 2; buses above its own"
      ),
      (
        "  pci: {functions: {00:01.0: {buses: {secondary: 3, subordinate: 2}}}}",
        "buses 3 to 2 below a bridge on bus 0"
      ),
      (
        "  pci: {functions: {00:01.0: {window: {base: 0x1000, limit: 0xfffff}}}}",
        "a window that is not whole megabytes"
      ),
      (
        "  pci: {functions: {00:01.0: {port: end-point}}}",
        "port is \"end-point\"; one of endpoint, legacy-endpoint, root-port"
      ),
      (
        "  pci: {functions: {00:01.0: {memory: [\(Array(repeating: "{base: 1, size: 1}", count: 7).joined(separator: ", "))]}}}",
        "7 ranges of memory; a function has six registers for them"
      ),
      ("  dmar: t.yaml", "the table has a unit at 0xfed91000; a unit with that base was expected"),
      ("  dmar: broken.bin", "offset 0x0: DMA Remapping table: 48 bytes expected, 5 there"),
      ("  pci: {snapshot: broken.yaml}", "broken.yaml:1:1: the snapshot has no functions"),
    ])
  func refuses(text: String, message: String) throws {
    let error = #expect(throws: InputError.self) {
      try Self.load(
        text + "\nsteps: []\n",
        [
          "t.yaml": "host_address_width: 39\nstructures: [drhd: {base: 0xfed91000}]\n",
          "broken.bin": "DMAR\0", "broken.yaml": "pci_snapshot: 1\n",
        ])
    }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "none")")
    #expect(error?.kind == .invalid)
  }

  @Test("a missing snapshot or table makes the scenario invalid, at the place that names it")
  func missing() throws {
    for text in ["  pci: {snapshot: no.yaml}", "  dmar: no.yaml"] {
      let error = #expect(throws: InputError.self) { try Self.load(text + "\nsteps: []\n") }
      #expect(error?.kind == .invalid)
      #expect(error?.place.line == 6)
    }
  }

  @Test("a scenario's functions are laid over those of a snapshot")
  func overlay() throws {
    let disk = InventedFunction(
      at: PCIAddress(bus: 0, device: 2, function: 0), vendor: 0x1111,
      classCode: PCIClass(rawValue: 0x010601))
    let card = InventedFunction(
      at: PCIAddress(bus: 0, device: 3, function: 0), vendor: 0x2222,
      classCode: PCIClass(rawValue: 0x020000))
    let snapshot = PCISnapshotFile.text(of: PCITopology([disk.function, card.function]))
    let scenario = try Self.load(
      "  pci:\n    snapshot: bus.yaml\n    functions: {00:03.0: {vendor: 0x3333}}\nsteps: []\n",
      ["bus.yaml": snapshot])
    guard case .finished(let run) = try ScenarioRun.run(scenario) else {
      Issue.record("the scenario was skipped")
      return
    }
    #expect(run.machine.pci.functions.map(\.identity.vendor) == [0x1111, 0x3333])
  }

  @Test("a function that no unit of the table covers is not remapped, and gets no domain")
  func uncovered() throws {
    let scenario = try Self.load(
      """
        pci: {functions: {00:02.0: {}, 00:03.0: {}}}
        dmar: t.yaml
      boot: {default_domains: true}
      steps:
        - dma: {device: 00:03.0, access: write, address: 0x1000}
        - dma: {device: 00:02.0, access: write, address: 0x2000}
      """,
      [
        "t.yaml":
          "host_address_width: 39\nstructures: [drhd: {base: 0xfed90000, scopes: [endpoint: 00:02.0]}]\n"
      ])
    guard case .finished(let run) = try ScenarioRun.run(scenario) else {
      Issue.record("the scenario was skipped")
      return
    }
    var untranslated: [String] = []
    var remapped: [String] = []
    for event in run.machine.events {
      if case .untranslated(let source, _) = event { untranslated.append("\(source)") }
      if case .dma(_, let request, _) = event { remapped.append("\(request.source)") }
    }
    #expect(untranslated == ["00:03.0"])
    #expect(remapped == ["00:02.0"])
  }

  @Test("removing a bridge removes what is below it from the bus")
  func remove() throws {
    let scenario = try Self.load(
      """
        pci:
          functions:
            00:1c.0: {class: 0x060400, port: root-port, buses: {secondary: 1}}
            01:00.0: {port: endpoint}
            00:02.0: {}
      steps: [remove_device: 00:1c.0]
      """)
    guard case .finished(let run) = try ScenarioRun.run(scenario) else {
      Issue.record("the scenario was skipped")
      return
    }
    #expect(run.machine.pci.functions.map(\.address.shortDescription) == ["00:02.0"])
  }
}
