import KernelProfiles
import LinuxIOMMU
import PCI
import PhysicalMemory
import Testing
import VTdFormats
import VTdUnit

@testable import Machine

/// A machine that sleeps, and a kernel that takes its unit back.
@Suite("After S3 a unit")
struct SleepTests {
  struct Case: CustomTestStringConvertible {
    let testDescription: String
    let isScalable: Bool
    let hasQueue: Bool
    let loses: Bool

    init(_ description: String, isScalable: Bool, hasQueue: Bool = true, loses: Bool) {
      testDescription = description
      self.isScalable = isScalable
      self.hasQueue = hasQueue
      self.loses = loses
    }

    var ecap: UInt64 {
      isScalable ? 0x4800_80f0_0f4a : hasQueue ? 0xf0_0f4a : 0xf0_0f40
    }
  }

  private static let cases = [
    Case("legacy, power lost", isScalable: false, loses: true),
    Case("legacy, power kept", isScalable: false, loses: false),
    Case("scalable, power lost", isScalable: true, loses: true),
    Case("without a queue, power lost", isScalable: false, hasQueue: false, loses: true),
  ]

  @Test("after S3 a unit has the registers that it had before", arguments: cases)
  func registers(_ test: Case) throws {
    let machine = try machine(test)
    let before = registers(of: machine)
    try machine.suspend(losing: test.loses ? ["dmar0"] : [])
    let asleep = GlobalStatus(rawValue: machine.units[0].hardware.read32(RegisterOffset.gsts))
    #expect(!asleep[flag: .translation])
    #expect(!asleep[flag: .interruptRemapping])
    try machine.resume()
    #expect(registers(of: machine) == before)
    #expect(machine.kernel.lockReports.isEmpty)
  }

  @Test("translates as before, and not while it sleeps", arguments: cases)
  func translates(_ test: Case) throws {
    let machine = try machine(test)
    let mapped = try #require(
      try machine.kernel.mapDMA(
        DMABuffer(target: PhysicalAddress(rawValue: 0x200_0000), size: 4096), for: Self.device))
    #expect(write(machine, mapped) == 0x200_0000)
    #expect(write(machine, IOVA(rawValue: 0x300_0000)) == nil)
    try machine.suspend(losing: test.loses ? ["dmar0"] : [])
    #expect(write(machine, IOVA(rawValue: 0x300_0000)) == 0x300_0000)
    try machine.resume()
    #expect(write(machine, mapped) == 0x200_0000)
    #expect(write(machine, IOVA(rawValue: 0x300_0000)) == nil)
  }

  @Test(
    "after S3 a unit is told to forget everything before it sleeps, and once more with its new pointers"
  )
  func invalidations() throws {
    let machine = try machine(Self.cases[2])
    let queue = try queue(of: machine)
    let start = machine.units[0].hardware.read64(RegisterOffset.iqt)
    try machine.suspend(losing: ["dmar0"])
    // Contexts and translations, then interrupt entries; each with a wait.
    let stored = try stride(from: start, to: start + 6 * 32, by: 64).map { offset in
      try #require(machine.memory.load64(PhysicalAddress(rawValue: queue + offset)))
    }
    #expect(stored == [0x11, 0xd2, 0x4])
    try machine.resume()
    // The queue has begun anew, for interrupt entries and then for the rest.
    let unit = machine.units[0].hardware
    #expect(unit.read64(RegisterOffset.iqt) == 6 * 32)
    let renewed = try stride(from: UInt64(0), to: 6 * 32, by: 64).map { offset in
      try #require(machine.memory.load64(PhysicalAddress(rawValue: queue + offset)))
    }
    #expect(renewed == [0x11, 0x37, 0xd2])
  }

  // MARK: The machine

  private static let device = PCIAddress(bus: 0, device: 3, function: 0)

  private func machine(_ test: Case) throws -> Machine {
    var build = KernelBuild(release: "6.1.192")
    build.behaviour = try #require(KernelProfile.named("6.1.192")).behaviour
    build.configuration.usesScalableMode = test.isScalable
    build.configuration.remapsInterrupts = test.hasQueue
    build.configuration.provesLocking = true
    build.configuration.dumpsTables = false
    var configuration = Machine.Configuration(
      memorySize: 1 << 30,
      units: [
        Machine.Configuration.Unit(
          name: "dmar0",
          hardware: UnitConfiguration(cap: 0xd2_008c_222f_0666, ecap: test.ecap),
          faultMessage: EventMessage(address: 0xfee0_1004, data: 0x21))
      ],
      build: build, pages: PageAllocator(base: PhysicalAddress(rawValue: 0x1000_0000)))
    configuration.commandLine = ["iommu.strict=1"]
    let machine = try Machine(configuration)
    try machine.boot(
      Kernel.BootPlan(
        functions: [ProbedFunction(address: Self.device, group: 0)], makesDefaultDomains: true))
    return machine
  }

  private func registers(of machine: Machine) -> [UInt64] {
    let unit = machine.units[0].hardware
    return [
      RegisterOffset.fectl, RegisterOffset.fedata, RegisterOffset.feaddr, RegisterOffset.feuaddr,
      RegisterOffset.gsts,
    ].map { UInt64(unit.read32($0)) }
      + [RegisterOffset.rtaddr, RegisterOffset.irta, RegisterOffset.iqa].map { unit.read64($0) }
  }

  /// Where a write lands; nil if it was blocked.
  private func write(_ machine: Machine, _ address: IOVA) -> UInt64? {
    let dma = Machine.DMA(device: Self.device, access: .write, address: address)
    guard case .translated(let page) = machine.perform(dma).first else { return nil }
    return page.address.rawValue
  }

  private func queue(of machine: Machine) throws -> UInt64 {
    QueueAddress(rawValue: machine.units[0].hardware.read64(RegisterOffset.iqa))[
      inPlace: .address]
  }
}
