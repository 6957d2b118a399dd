import LinuxIOMMU
import PCI
import Testing
import VTdFormats

@testable import Machine

@Suite("A function that is removed in scalable mode")
struct RemovalTests {
  /// What Linux 6.1.192 and 6.12.117 queued on QEMU 10.0.2 with first-stage tables, waits aside.
  @Test(
    "a function that is removed in scalable mode is flushed out of every cache, since 6.9 only of what the detach has left",
    arguments: [
      (
        "6.1",
        [
          0x2_0017, 0x2_0026, 0x18_0002_0031, 0x2_0007, 0x2_00e2,
        ] as [UInt64]
      ),
      ("6.12", [0x2_0017, 0x2_0026, 0x18_0000_0031]),
    ])
  func descriptors(_ release: String, _ expected: [UInt64]) throws {
    let unit = MappingUnit(
      testDescription: "", cap: 0xd2_008c_222f_0606 | 1 << 56, ecap: 0x8800_80f0_0f4a,
      isScalable: true, release: release)
    let machine = try unit.machine(["iommu.strict=1"])
    let before = descriptors(machine).count
    try machine.remove(MappingUnit.device)
    #expect(Array(descriptors(machine)[before...]) == expected)
  }

  /// The first words of the queue, without the wait descriptors (type 5).
  private func descriptors(_ machine: Machine) -> [UInt64] {
    machine.kernel.debugfs(.invalidationQueue).compactMap { row -> UInt64? in
      let columns = row.split(separator: "\t")
      guard columns.count > 2, let word = UInt64(columns[1], radix: 16) else { return nil }
      return word == 0 || word & 0xf == 5 ? nil : word
    }
  }
}
