import LinuxIOMMU
import PCI
import Testing
import VTdFormats
import VTdUnit

@testable import Machine

@Suite("A machine whose command line says iommu=pt")
struct IdentityDomainTests {
  struct Case: CustomTestStringConvertible {
    let release: String
    let isScalable: Bool
    /// Context entry, PASID and PASID entry as `dmar_translation_struct` shows them; the directory's
    /// address is chance.
    let entry: String

    var testDescription: String { "\(release), \(isScalable ? "scalable" : "legacy")" }
  }

  /// What Linux 6.1.192 and 6.12.117 showed on QEMU 7.2.
  @Test(
    "a machine with iommu=pt has the entries of the real kernels' debugfs files",
    arguments: [
      Case(
        release: "6.1", isScalable: false,
        entry: "0x0000000000000201:0x0000000000000009\t-1    "
          + "\t0x0000000000000000:0x0000000000000000:0x0000000000000000"),
      Case(
        release: "6.12", isScalable: false,
        entry: "0x0000000000000101:0x0000000000000009\t-1    "
          + "\t0x0000000000000000:0x0000000000000000:0x0000000000000000"),
      Case(
        release: "6.1", isScalable: true,
        entry: "401\t0     \t0x0000000000000001:0x0000000000000001:0x0000000000000109"),
      Case(
        release: "6.12", isScalable: true,
        entry: "401\t0     \t0x0000000000000000:0x0000000000000001:0x0000000000000109"),
    ])
  func entries(_ test: Case) throws {
    let cap: UInt64 = test.isScalable ? 0xd2_008c_222f_0606 : 0xd2_008c_2226_0206
    let unit = MappingUnit(
      testDescription: "", cap: cap, ecap: test.isScalable ? 0x4800_80f0_0f4a : 0xf0_0f4a,
      isScalable: test.isScalable, release: test.release)
    let machine = try unit.machine(["iommu=pt"])
    let rows = machine.kernel.debugfs(.translationStructures).filter { $0.hasPrefix("00:03.0") }
    #expect(rows.count == 1)
    // 39 bits are AW 1, 48 bits AW 2; the consoles' legacy machines have 39.
    #expect(rows.allSatisfy { $0.hasSuffix(test.entry) })
    let outcomes = machine.perform(
      Machine.DMA(
        device: MappingUnit.device, access: .write, address: IOVA(rawValue: 0x1234_5000)))
    guard case .translated(let page)? = outcomes.first else {
      Issue.record("\(outcomes)")
      return
    }
    #expect(page.address.rawValue == 0x1234_5000)
  }
}
