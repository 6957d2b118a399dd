import KernelProfiles
import LinuxIOMMU
import PCI
import PhysicalMemory
import Testing
import VTdFormats
import VTdUnit

@testable import Machine

/// What a real kernel had put into the queue when it was up, as debugfs (`invalidation_queue`) printed
/// it: both words of each descriptor that is not a wait, from the first flush of the context cache on.
///
/// Linux 6.1.192 and 6.12.117 on QEMU 7.2 with eight functions in five groups.
@Suite("The descriptors that attaching and mapping submit")
struct QueueSequenceTests {
  struct Case: CustomTestStringConvertible {
    let release: String
    let isScalable: Bool
    let cap: UInt64
    let expected: [UInt64]

    var testDescription: String {
      "\(release), \(isScalable ? "scalable" : "legacy"), cap 0x\(String(cap, radix: 16))"
    }
  }

  private static let legacyCaching: [UInt64] = [
    0x11, 0xd2, 0x31, 0x2_00e2, 0x8_0000_0031, 0x3_00e2, 0x10_0000_0031, 0x4_00e2,
    0xd0_0000_0031, 0x5_00e2, 0xf8_0000_0031, 0x6_00e2, 0xfa_0000_0031, 0x6_00e2,
    0xfb_0000_0031, 0x6_00e2, 0xfc_0000_0031, 0x6_00e2,
  ]

  @Test(
    "the descriptors of a unit in caching mode are those that the real kernels' queues held",
    arguments: [
      Case(
        release: "6.1", isScalable: false, cap: 0xd2_008c_2226_0286, expected: legacyCaching),
      Case(
        release: "6.12", isScalable: false, cap: 0xd2_008c_2226_0286, expected: legacyCaching),
      Case(
        release: "6.1", isScalable: true, cap: 0xd2_008c_222f_0686,
        expected: [
          0x11, 0x37, 0xd2, 0x2_0017, 0x2_0026, 0x31, 0x2_00e2, 0x3_0017, 0x3_0026,
          0x8_0000_0031, 0x3_00e2, 0x4_0017, 0x4_0026, 0x10_0000_0031, 0x4_00e2, 0x5_0017,
          0x5_0026, 0xd0_0000_0031, 0x5_00e2, 0x6_0017, 0x6_0026, 0xf8_0000_0031, 0x6_00e2,
          0x6_0017, 0x6_0026, 0xfa_0000_0031, 0x6_00e2, 0x6_0017, 0x6_0026, 0xfb_0000_0031,
          0x6_00e2, 0x6_0017, 0x6_0026, 0xfc_0000_0031, 0x6_00e2,
        ]),
      Case(
        release: "6.12", isScalable: true, cap: 0xd2_008c_222f_0686,
        expected: [
          0x11, 0x37, 0xd2, 0x31, 0xe2, 0x8_0000_0031, 0xe2, 0x10_0000_0031, 0xe2,
          0xd0_0000_0031, 0xe2, 0xf8_0000_0031, 0xe2, 0xfa_0000_0031, 0xe2, 0xfb_0000_0031, 0xe2,
          0xfc_0000_0031, 0xe2, 0x2_0017, 0x2_0026, 0x3_0017, 0x3_0026, 0x4_0017, 0x4_0026,
          0x5_0017, 0x5_0026, 0x6_0017, 0x6_0026, 0x6_0017, 0x6_0026, 0x6_0017, 0x6_0026,
          0x6_0017, 0x6_0026,
        ]),
    ])
  func attach(_ test: Case) throws {
    let machine = try machine(test.release, test.cap, test.isScalable, [])
    #expect(try submitted(on: machine).map(\.low) == test.expected)
  }

  /// The network card's and the disk's drivers of those machines unmapped these pages.
  @Test(
    "the descriptors of an unmapping name the page, its mask and, from 6.10 on, that only a leaf changed",
    arguments: [
      ("6.1", UInt64(0x2000), UInt64(0xffff_c001)), ("6.1", 0x1000, 0xffff_f000),
      ("6.12", 0x1000, 0xffff_f040), ("6.12", 0x2000, 0xffff_e041),
    ])
  func unmap(_ release: String, _ size: UInt64, _ expected: UInt64) throws {
    let machine = try machine(release, 0xd2_008c_2226_0206, false, ["iommu.strict=1"])
    let device = Self.functions[2].address
    // What came before in the real kernel: three pages are in use.
    if expected == 0xffff_c001 {
      for _ in 0..<2 {
        _ = try machine.kernel.mapDMA(Self.buffer(0x1000), for: device)
      }
    }
    let address = try #require(try machine.kernel.mapDMA(Self.buffer(size), for: device))
    try machine.kernel.unmapDMA(address, size: size, for: device)
    let last = try #require(try submitted(on: machine).last)
    #expect(last.low == 0x4_00f2)
    #expect(last.high == expected)
  }

  @Test(
    "the descriptors of a lazy domain are one flush of the domain, when 255 ranges wait or 10 ms have passed"
  )
  func lazy() throws {
    let machine = try machine("6.12", 0xd2_008c_2226_0206, false, ["iommu.strict=0"])
    let device = Self.functions[2].address
    let before = try submitted(on: machine).count
    var addresses: [IOVA] = []
    for _ in 0..<256 {
      addresses.append(try #require(try machine.kernel.mapDMA(Self.buffer(0x1000), for: device)))
    }
    for address in addresses.prefix(255) {
      try machine.kernel.unmapDMA(address, size: 0x1000, for: device)
    }
    #expect(try submitted(on: machine).count == before)
    try machine.kernel.unmapDMA(addresses[255], size: 0x1000, for: device)
    #expect(try submitted(on: machine).count == before + 1)
    try machine.wait(9_999)
    #expect(try submitted(on: machine).count == before + 1)
    try machine.wait(1)
    #expect(try submitted(on: machine).map(\.low).suffix(2) == [0x4_00e2, 0x4_00e2])
  }

  private static func buffer(_ size: UInt64) -> DMABuffer {
    DMABuffer(target: PhysicalAddress(rawValue: 0x200_0000), size: size)
  }

  /// The functions of the consoles' machine, by group.
  private static let functions: [ProbedFunction] = [
    function(0x00, 0), function(0x08, 1), function(0x10, 2), function(0xd0, 3),
    function(0xf8, 4, classCode: 0x060100), function(0xfa, 4), function(0xfb, 4),
    function(0xfc, 4),
  ]

  private static func function(
    _ id: UInt16, _ group: Int, classCode: UInt32 = 0
  ) -> ProbedFunction {
    ProbedFunction(
      address: PCIAddress(segment: 0, sourceID: SourceID(rawValue: id)), group: group,
      traits: ProbedFunction.Traits(classCode: PCIClass(rawValue: classCode)))
  }

  private func machine(
    _ release: String, _ cap: UInt64, _ isScalable: Bool, _ commandLine: [String]
  ) throws -> Machine {
    var build = KernelBuild(release: release)
    build.behaviour = try #require(KernelProfile.named(release)).behaviour
    build.configuration.usesScalableMode = isScalable
    var configuration = Machine.Configuration(
      memorySize: 1 << 30,
      units: [
        Machine.Configuration.Unit(
          name: "dmar0",
          hardware: UnitConfiguration(cap: cap, ecap: isScalable ? 0x4800_80f0_0f4a : 0xf0_0f4a),
          faultMessage: EventMessage(address: 0xfee0_1004, data: 0x21))
      ],
      build: build, pages: PageAllocator(base: PhysicalAddress(rawValue: 0x1000_0000)))
    configuration.commandLine = commandLine
    let machine = try Machine(configuration)
    try machine.boot(Kernel.BootPlan(functions: Self.functions, makesDefaultDomains: true))
    return machine
  }

  /// The queue's descriptors up to its tail, waits left out.
  private func submitted(on machine: Machine) throws -> [(low: UInt64, high: UInt64)] {
    let unit = machine.units[0].hardware
    let queue = QueueAddress(rawValue: unit.read64(RegisterOffset.iqa))
    let width: UInt64 = queue[flag: .descriptorWidth] ? 32 : 16
    let tail = unit.read64(RegisterOffset.iqt)
    return try stride(from: 0, to: tail, by: Int(width)).compactMap { offset in
      let address = PhysicalAddress(rawValue: queue[inPlace: .address] + offset)
      let low = try #require(machine.memory.load64(address))
      let high = try #require(
        machine.memory.load64(PhysicalAddress(rawValue: address.rawValue + 8)))
      let isWait = DescriptorHeader(rawValue: low).typeCode == DescriptorType.wait.rawValue
      return isWait ? nil : (low, high)
    }
  }
}
