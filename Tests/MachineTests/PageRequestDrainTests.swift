import KernelProfiles
import LinuxIOMMU
import PCI
import PhysicalMemory
import Testing
import VTdFormats
import VTdUnit

@testable import Machine

/// What unbinding a process puts into the invalidation queue, waits included: both words of each
/// descriptor, the addresses of status words aside.
@Suite("Unbinding a process")
struct PageRequestDrainTests {
  private static let device = PCIAddress(bus: 0, device: 3, function: 0)
  /// The PASID cache, the IOTLB and the device TLB, each with its wait: what goes with the entry.
  private static let tearDown: [Descriptor] = [
    Descriptor(0x1_0001_0017), .wait, Descriptor(0x1_0001_0026), .wait,
    Descriptor(0x1_0018_0008, 0x7fff_ffff_ffff_f800), .wait,
  ]
  /// The response to the one request under way, which the page-request thread sends.
  private static let response: [Descriptor] = [Descriptor(0x1_0018_0019), .wait]
  /// A wait that is a fence and writes nothing.
  private static let fence = Descriptor(0x2_0000_0045)
  /// The last wait lasts until the requests on the bus have arrived.
  private static let drained = Descriptor(0x2_0000_00a5)

  @Test("drains the PASID's page requests as each kernel does")
  func drain() throws {
    // The device's own domain has the id 2.
    #expect(
      try unbound("6.1") == Self.tearDown + Self.response + [
        Self.fence, Descriptor(0x1_0002_0026), Descriptor(0x1_0018_0008), Self.drained,
      ])
    #expect(
      try unbound("6.12.117") == Self.tearDown + Self.response + [
        Self.fence, Descriptor(0x1_0002_0026),
        Descriptor(0x1_0018_0008, 0x7fff_ffff_ffff_f800), Self.drained,
      ])
    #expect(try unbound("5.4") == Self.tearDown)
  }

  @Test("waits for the thread that serves them, so that none is left in the queue")
  func serves() throws {
    let machine = try machine("6.1")
    machine.askForPage(Self.device, IOVA(rawValue: 0x7f00_0000_1000), pasid: PASID(rawValue: 1))
    let unit = machine.units[0].hardware
    #expect(unit.read64(RegisterOffset.pqt) == 32)
    #expect(unit.read64(RegisterOffset.pqh) == 0)
    try machine.kernel.unbind(Self.device, fromProcess: "database")
    #expect(unit.read64(RegisterOffset.pqh) == 32)
    #expect(machine.kernel.hangs.isEmpty)
  }

  @Test("never ends where the page-request event is masked")
  func hangs() throws {
    let machine = try machine("6.1")
    machine.units[0].hardware.write32(1 << 31, at: RegisterOffset.pectl)
    machine.askForPage(Self.device, IOVA(rawValue: 0x7f00_0000_1000), pasid: PASID(rawValue: 1))
    try machine.kernel.unbind(Self.device, fromProcess: "database")
    #expect(machine.kernel.hangs == ["dmar0"])
  }

  @Test("A device that leaves its domain has requests without PASID drained, from 6.13 on")
  func withoutPASID() throws {
    for (release, isDrained) in [("6.12", false), ("6.12.117", true), ("6.13", true)] {
      let machine = try machine(release)
      let before = try descriptors(on: machine).count
      try machine.kernel.makeDomain(named: "user", .unmanaged)
      try machine.kernel.attach(Self.device, to: .named("user"))
      let added = try descriptors(on: machine).dropFirst(before)
      #expect(added.contains(Self.fence) == isDrained, "\(release)")
    }
  }

  // MARK: The machine

  private struct Descriptor: Hashable {
    var low: UInt64
    var high: UInt64

    init(_ low: UInt64, _ high: UInt64 = 0) {
      self.low = low
      self.high = high
    }

    static let wait = Descriptor(0x2_0000_0025)
  }

  /// The descriptors that come with an unbind while one page request waits to be served.
  private func unbound(_ release: String) throws -> [Descriptor] {
    let machine = try machine(release)
    let before = try descriptors(on: machine).count
    if release != "5.4" {
      machine.askForPage(Self.device, IOVA(rawValue: 0x7f00_0000_1000), pasid: PASID(rawValue: 1))
    }
    try machine.kernel.unbind(Self.device, fromProcess: "database")
    return Array(try descriptors(on: machine).dropFirst(before))
  }

  private func machine(_ release: String) throws -> Machine {
    var build = KernelBuild(release: release)
    build.behaviour = try #require(KernelProfile.named(release)).behaviour
    build.configuration.usesScalableMode = true
    var invention = InventedFunction(at: Self.device, classCode: PCIClass(rawValue: 0x020000))
    invention.portType = .rootComplexEndpoint
    var configuration = Machine.Configuration(
      memorySize: 1 << 30,
      units: [
        Machine.Configuration.Unit(
          name: "dmar0",
          hardware: UnitConfiguration(cap: 0x1d2_008c_222f_0606, ecap: 0xcd98_20f0_0f4e),
          faultMessage: EventMessage(address: 0xfee0_1004, data: 0x21))
      ],
      pci: PCITopology([invention.function]), build: build,
      pages: PageAllocator(base: PhysicalAddress(rawValue: 0x1000_0000)))
    configuration.commandLine = ["iommu.strict=1"]
    let machine = try Machine(configuration)
    machine.attachTLB(to: Self.device)
    let traits = ProbedFunction.Traits(ats: 32, pasidWidth: 20, hasPageRequests: true)
    try machine.boot(
      Kernel.BootPlan(
        functions: [ProbedFunction(address: Self.device, group: 0, traits: traits)],
        makesDefaultDomains: true))
    try machine.kernel.makeProcess(
      "database", areas: [ProcessArea(start: 0x7f00_0000_0000, size: 0x4000)])
    _ = try machine.kernel.bind(Self.device, toProcess: "database")
    return machine
  }

  private func descriptors(on machine: Machine) throws -> [Descriptor] {
    let unit = machine.units[0].hardware
    let queue = QueueAddress(rawValue: unit.read64(RegisterOffset.iqa))
    return try stride(from: 0, to: unit.read64(RegisterOffset.iqt), by: 32).map { offset in
      let address = queue[inPlace: .address] + offset
      let low = try #require(machine.memory.load64(PhysicalAddress(rawValue: address)))
      let high = try #require(machine.memory.load64(PhysicalAddress(rawValue: address + 8)))
      let isWait = DescriptorHeader(rawValue: low).typeCode == DescriptorType.wait.rawValue
      return Descriptor(low, isWait ? 0 : high)
    }
  }
}
