import KernelProfiles
import LinuxIOMMU
import Lockdep
import PCI
import PhysicalMemory
import Testing
import VTdFormats
import VTdUnit

@testable import Machine

@Suite("A serial console")
struct SerialConsoleTests {
  private static let card = PCIAddress(bus: 0, device: 3, function: 0)

  /// What printing from the fault handler nests, with the status printed under the register lock.
  @Test(
    "a serial console is printed on under the locks that each kernel takes",
    arguments: [
      ("3.4", ["logbuf_lock", "(console_sem).lock", "&port_lock_key"]),
      ("4.9", ["logbuf_lock", "(console_sem).lock", "console_lock > &port_lock_key"]),
      (
        "5.2",
        ["logbuf_lock", "(console_sem).lock", "console_lock > console_owner > &port_lock_key"]
      ),
      ("5.14", ["(console_sem).lock", "console_lock > console_owner > &port_lock_key"]),
      ("6.1.192", ["(console_sem).lock", "console_lock > console_owner > &port_lock_key"]),
      (
        "6.12.117",
        [
          "(console_sem).lock",
          "console_lock > console_srcu > console_owner > printk_legacy_map-wait-type-override"
            + " > &port_lock_key",
        ]
      ),
    ])
  func locks(release: String, expected: [String]) throws {
    let machine = try boot(release, provesNesting: false)
    try fault(machine)
    #expect(machine.kernel.lockReports.isEmpty)
    let chains = machine.kernel.lockChains.dropFirst().split { !$0.hasPrefix("[") }.map { chain in
      chain.map { String($0.drop { $0 != "]" }.dropFirst(2)) }
    }
    let register = "&iommu->register_lock"
    let under = chains.filter { $0.first == register }.map {
      $0.dropFirst().joined(separator: " > ")
    }
    for chain in expected { #expect(under.contains(chain), "\(release): \(under)") }
  }

  /// Locks have wait types since 5.7, and the register lock is raw; since 6.12 printing is excepted.
  @Test(
    "a serial console is told to sleep under a raw lock from 5.7 until 6.12",
    arguments: [
      ("2.6.32", nil), ("5.6", nil), ("5.7", true), ("5.14", true), ("6.1.192", true),
      ("6.7", true),
      ("6.12", nil), ("6.12.117", nil),
    ] as [(String, Bool?)])
  func nesting(release: String, isReported: Bool?) throws {
    let machine = try boot(release, provesNesting: true)
    try fault(machine)
    let report = machine.kernel.lockReports.first
    #expect(report?.title == (isReported == true ? "[ BUG: Invalid wait context ]" : nil))
  }

  @Test("a serial console takes no locks where there is none")
  func absence() throws {
    let machine = try boot("6.1.192", provesNesting: true, commandLine: ["console=tty0"])
    try fault(machine)
    #expect(machine.kernel.lockReports.isEmpty)
    #expect(!machine.kernel.lockChains.contains { $0.contains("console") })
  }

  private func fault(_ machine: Machine) throws {
    _ = machine.perform(
      Machine.DMA(device: Self.card, access: .write, address: IOVA(rawValue: 0x1000)))
    try machine.deliverInterrupts()
  }

  private func boot(
    _ release: String, provesNesting: Bool, commandLine: [String] = ["console=ttyS0,115200"]
  ) throws -> Machine {
    let profile = try #require(KernelProfile.named(release))
    var build = KernelBuild(release: release)
    build.behaviour = profile.behaviour
    build.configuration.provesRawLockNesting = provesNesting
    let card = InventedFunction(at: Self.card, classCode: PCIClass(rawValue: 0x020000))
    var configuration = Machine.Configuration(
      memorySize: 1 << 30,
      units: [
        Machine.Configuration.Unit(
          name: "dmar0",
          hardware: UnitConfiguration(cap: 0x1d2_008c_222f_0666, ecap: 0xcd98_20f0_0f4e),
          faultMessage: EventMessage(address: 0xfee0_1004, data: 0x21))
      ],
      pci: PCITopology([card.function]), build: build,
      pages: PageAllocator(base: PhysicalAddress(rawValue: 0x1000_0000)))
    configuration.commandLine = commandLine
    let machine = try Machine(configuration)
    try machine.boot(
      Kernel.BootPlan(
        functions: [ProbedFunction(address: Self.card, group: 0)], makesDefaultDomains: true))
    return machine
  }
}
