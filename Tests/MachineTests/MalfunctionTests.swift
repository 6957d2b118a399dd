import KernelProfiles
import LinuxIOMMU
import PCI
import Testing
import VTdFormats
import VTdUnit

@testable import Machine

/// Units whose registers read as all ones under a kernel that waits for a bit to clear.
@Suite("A unit that is gone")
struct MalfunctionTests {
  private static let panic = "Kernel panic - not syncing: DMAR hardware is malfunctioning"

  @Test("kills the kernel on its way to another one, which never starts")
  func kexec() throws {
    let machine = try machine("6.1.192")
    let kernel = machine.kernel
    machine.stopAnswering(0)
    try machine.kexec(
      Self.build("6.1.192"), pages: PageAllocator(base: PhysicalAddress(rawValue: 0x80_0000)),
      Kernel.BootPlan(functions: []))
    #expect(machine.kernel === kernel)
    #expect(kernel.death == .malfunction(unit: "dmar0"))
    // The second one's turn has not come.
    let status = machine.units[1].hardware.read32(RegisterOffset.gsts)
    #expect(GlobalStatus(rawValue: status)[flag: .translation])
  }

  @Test("a unit that is gone does not stop a crash kernel")
  func crash() throws {
    let machine = try machine("6.1.192")
    let kernel = machine.kernel
    machine.stopAnswering(0)
    var plan = Kernel.BootPlan(functions: [])
    plan.isCrashKernel = true
    try machine.kexec(
      Self.build("6.1.192"), pages: PageAllocator(base: PhysicalAddress(rawValue: 0x80_0000)), plan)
    #expect(machine.kernel !== kernel)
    #expect(machine.kernel.death == nil)
  }

  @Test("kills the kernel when its protected memory is to be opened")
  func protectedMemory() throws {
    let machine = try machine("6.1.192", capability: 0xd2_008c_2226_0226, queue: false)
    try machine.suspend(losing: [])
    machine.stopAnswering(0)
    try machine.resume()
    #expect(machine.kernel.death == .malfunction(unit: "dmar0"))
  }

  @Test(
    "a unit that is gone keeps its handler busy for ever, should its message still have got through"
  )
  func faults() throws {
    let machine = try machine("6.1.192")
    machine.perform(
      Machine.DMA(
        device: PCIAddress(bus: 0, device: 3, function: 0), access: .write,
        address: IOVA(rawValue: 0x1000)))
    machine.stopAnswering(0)
    let count = machine.lines.count
    try machine.deliverInterrupts()
    #expect(machine.kernel.hangs == ["dmar0"])
    // The limiter's ten: the status, and nine times the same record.
    #expect(machine.lines[count] == "DMAR: DRHD: handling fault status reg ffffffff")
    #expect(machine.lines.count(where: { $0.contains("Request device [ff:1f.7]") }) == 9)
  }

  @Test(
    "a unit that is gone is told in the words of the release",
    arguments: [
      ("4.14", [panic, "", "Kernel Offset: disabled", "---[ end \(panic)", ""]),
      ("4.19", [panic, "", "Kernel Offset: disabled", "---[ end \(panic)", " ]---"]),
      ("6.1.192", [panic, "Kernel Offset: disabled", "---[ end \(panic) ]---"]),
    ])
  func words(_ release: String, _ lines: [String]) throws {
    let machine = try machine(release)
    try machine.suspend(losing: [])
    machine.stopAnswering(0)
    let count = machine.lines.count
    try machine.resume()
    #expect(Array(machine.lines[count...]) == lines)
    #expect(machine.kernel.hangs.isEmpty)
  }

  /// A booted machine with two units that translate.
  private func machine(
    _ release: String, capability: UInt64 = 0xd2_008c_2226_0206, queue: Bool = true
  ) throws -> Machine {
    let hardware = UnitConfiguration(cap: capability, ecap: queue ? 0xf0_0f4a : 0xf0_0f40)
    let machine = try Machine(
      Machine.Configuration(
        memorySize: 1 << 26,
        units: (0..<2).map { number in
          Machine.Configuration.Unit(
            name: "dmar\(number)", hardware: hardware,
            faultMessage: EventMessage(address: 0xfee0_1004, data: 0x21 + UInt32(number)))
        },
        build: Self.build(release),
        pages: PageAllocator(base: PhysicalAddress(rawValue: 0x10_0000))))
    try machine.boot(Kernel.BootPlan(functions: []))
    return machine
  }

  private static func build(_ release: String) throws -> KernelBuild {
    var build = KernelBuild(release: release)
    build.behaviour = try #require(KernelProfile.named(release)).behaviour
    return build
  }
}
