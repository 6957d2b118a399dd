import KernelProfiles
import LinuxIOMMU
import Lockdep
import PCI
import PhysicalMemory
import Testing
import VTdFormats
import VTdUnit

@testable import Machine

/// A machine whose device has a TLB of its own.
private func machine(
  _ commandLine: [String], release: String = "6.12",
  configure: (inout KernelBuild) -> Void = { _ in }
) throws -> Machine {
  var build = KernelBuild(release: release)
  build.behaviour = try #require(KernelProfile.named(release)).behaviour
  build.configuration.dumpsTables = false
  configure(&build)
  var invention = InventedFunction(at: MappingUnit.device, classCode: PCIClass(rawValue: 0x020000))
  invention.portType = .rootComplexEndpoint
  invention.ats = 32
  var configuration = Machine.Configuration(
    memorySize: 1 << 30,
    units: [
      Machine.Configuration.Unit(
        name: "dmar0", hardware: UnitConfiguration(cap: 0xd2_008c_222f_0606, ecap: 0xf0_0f4e),
        faultMessage: EventMessage(address: 0xfee0_1004, data: 0x21))
    ],
    pci: PCITopology([invention.function]), build: build,
    pages: PageAllocator(base: PhysicalAddress(rawValue: 0x1000_0000)))
  configuration.commandLine = commandLine
  let machine = try Machine(configuration)
  try machine.boot(
    Kernel.BootPlan(
      functions: [
        ProbedFunction(
          address: MappingUnit.device, group: 0, traits: ProbedFunction.Traits(ats: 32))
      ],
      makesDefaultDomains: true))
  return machine
}

extension Machine {
  fileprivate var cachedByDevice: Int {
    bus.deviceTLB(of: MappingUnit.device)?.translationCount ?? -1
  }

  /// A write through the device's TLB; whether it reached memory.
  fileprivate func write(_ address: IOVA) -> Bool {
    var attributes = DMA.Attributes()
    attributes.usesDeviceTLB = true
    let outcomes = perform(
      DMA(device: MappingUnit.device, access: .write, address: address, attributes: attributes))
    if case .translated? = outcomes.first { return true }
    return false
  }
}

@Suite("A device with a TLB of its own")
struct DeviceTLBTests {
  private static let buffer = DMABuffer(target: PhysicalAddress(rawValue: 0x200_0000), size: 4096)

  @Test(
    "a device with a TLB is told to forget what was unmapped, by every kernel",
    arguments: ["4.19", "6.1", "6.12"])
  func strict(_ release: String) throws {
    let machine = try machine(["iommu.strict=1"], release: release)
    let address = try #require(try machine.kernel.mapDMA(Self.buffer, for: MappingUnit.device))
    #expect(machine.write(address))
    #expect(machine.cachedByDevice == 1)
    try machine.kernel.unmapDMA(address, size: 4096, for: MappingUnit.device)
    #expect(machine.cachedByDevice == 0)
  }

  @Test("goes on with a page of a lazy domain until the domain is flushed")
  func lazy() throws {
    let machine = try machine(["iommu.strict=0"])
    let address = try #require(try machine.kernel.mapDMA(Self.buffer, for: MappingUnit.device))
    #expect(machine.write(address))
    try machine.kernel.unmapDMA(address, size: 4096, for: MappingUnit.device)
    #expect(machine.write(address))
    try machine.wait(10_000)
    #expect(machine.cachedByDevice == 0)
  }

  @Test("loses all it holds when it leaves its domain")
  func detach() throws {
    let machine = try machine(["iommu.strict=1"])
    let address = try #require(try machine.kernel.mapDMA(Self.buffer, for: MappingUnit.device))
    #expect(machine.write(address))
    try machine.kernel.makeDomain(named: "blocked", .blocked)
    try machine.kernel.attach(MappingUnit.device, to: .named("blocked"))
    #expect(!machine.write(address))
  }

  struct LockCase: CustomTestStringConvertible {
    let locking: DriverBehaviour.Locking
    let title: String?

    var testDescription: String { locking.rawValue }
  }

  @Test(
    "a device with a TLB makes the flush timer take the domain's lock, which only 6.0-rc1 to rc4 take wrongly",
    arguments: [
      LockCase(locking: .deviceDomainLock, title: nil),
      LockCase(locking: .plainDomainLock, title: "inconsistent lock state"),
      LockCase(locking: .domainLock, title: nil), LockCase(locking: .cacheTags, title: nil),
    ])
  func locks(_ test: LockCase) throws {
    let machine = try machine(["iommu.strict=0"]) { $0.behaviour.driver.locking = test.locking }
    let address = try #require(try machine.kernel.mapDMA(Self.buffer, for: MappingUnit.device))
    try machine.kernel.unmapDMA(address, size: 4096, for: MappingUnit.device)
    try machine.kernel.makeDomain(named: "guest")
    try machine.kernel.attach(MappingUnit.device, to: .named("guest"))
    try machine.kernel.detach(MappingUnit.device)
    try machine.wait(10_000)
    #expect(machine.kernel.lockReports.map(\.title) == (test.title.map { [$0] } ?? []))
  }
}
