import Diagnosis
import Testing

/// Whose address it is that a device uses, and who has the device.
@Suite("Owners of addresses and devices")
struct OwnerTests {
  private static func fault(_ log: String) throws -> Explanation.Fault {
    try #require(explanation(of: log).faults.first)
  }

  @Test("an address in another device's window is peer to peer, and nothing of the boot is missing")
  func peer() throws {
    let fault = try Self.fault(
      """
      pci 0000:02:00.0: [10de:2b85] type 00 class 0x030000 PCIe Legacy Endpoint
      pci 0000:02:00.0: BAR 1 [mem 0x2800000000-0x2fffffffff 64bit pref]
      DMAR: [DMA Write NO_PASID] Request device [01:00.0] fault addr 0x2800000000 [fault reason 0x05] PTE Write access is not set

      """)
    let verdict = try #require(fault.verdict)
    #expect(verdict.cause == .rawPhysicalAddress)
    #expect(verdict.why.contains { $0.text.contains("peer to peer") })
    #expect(verdict.next.contains { $0.contains("between devices") })
    #expect(verdict.missing.isEmpty)
  }

  @Test("an address in the device's own window is not peer to peer")
  func own() throws {
    let fault = try Self.fault(
      """
      pci 0000:02:00.0: [10de:2b85] type 00 class 0x030000 PCIe Legacy Endpoint
      pci 0000:02:00.0: BAR 1 [mem 0x2800000000-0x2fffffffff 64bit pref]
      DMAR: [DMA Write NO_PASID] Request device [02:00.0] fault addr 0x2800000000 [fault reason 0x05] PTE Write access is not set

      """)
    #expect(fault.verdict?.why.contains { $0.text.contains("peer to peer") } == false)
  }

  @Test("an empty context entry of a guest's device is no domain that lacks a page")
  func between() throws {
    let fault = try Self.fault(
      """
      [  228.800000] vfio-pci 0000:00:02.0: vfio_ecap_init: hiding ecap 0x1b@0x100
      [  228.845965] DMAR: [DMA Write] Request device [00:02.0] PASID ffffffff fault addr 0 [fault reason 02] Present bit in context entry is clear

      """)
    let verdict = try #require(fault.verdict)
    #expect(verdict.verdict.contains("while nobody has it"))
    #expect(!verdict.verdict.contains("does not map"))
  }

  @Test("drivers' lines do not list a bus: a function that they leave out may be there")
  func listing() throws {
    let drivers = """
      pcieport 0000:00:1c.3: Enabling MPC IRBNCE
      pcieport 0000:00:1c.4: Enabling MPC IRBNCE
      DMAR: [DMA Write NO_PASID] Request device [00:02.0] fault addr 0xfed69000 [fault reason 0x05] PTE Write access is not set

      """
    let beware = "lists the functions of this bus without"
    #expect(try !Self.fault(drivers).contradictions.contains { $0.text.contains(beware) })
    let bus = """
      pci 0000:00:1c.3: [8086:a113] type 01 class 0x060400
      pci 0000:00:1c.4: [8086:a114] type 01 class 0x060400

      """
    #expect(try Self.fault(bus + drivers).contradictions.contains { $0.text.contains(beware) })
  }
}
