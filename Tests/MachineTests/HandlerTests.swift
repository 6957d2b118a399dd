import KernelLog
import KernelProfiles
import LinuxIOMMU
import PCI
import Testing
import VTdFormats
import VTdUnit

@testable import Machine

/// A machine with one unit, one device and an empty domain.
private func machine(records: Int = 1, configure: (inout KernelBuild) -> Void = { _ in }) throws
  -> (Machine, PCIAddress)
{
  var capability = Capability(rawValue: 0x1c0_000c_4066_0462)
  capability[.numberOfFaultRecords] = UInt64(records - 1)
  let device = PCIAddress(bus: 0, device: 3, function: 0)
  var build = KernelBuild(release: "6.1.0")
  build.behaviour.tableWalk = .entry
  configure(&build)
  let machine: Machine = try .withOneUnit(
    capability, ExtendedCapability(rawValue: 0x19e_2ff0_505e),
    build: build, device: device)
  try machine.kernel.makeDomain(DomainID(rawValue: 1), levels: 4)
  try machine.kernel.attach(device, to: .numbered(DomainID(rawValue: 1)))
  return (machine, device)
}

extension Machine {
  fileprivate func write(_ device: PCIAddress, _ address: UInt64) {
    perform(DMA(device: device, access: .write, address: IOVA(rawValue: address)))
  }
}

@Suite("The fault handler of a machine")
struct HandlerTests {
  @Test("the fault handler prints every pending record, from the first on, under one status line")
  func severalRecords() throws {
    let (machine, device) = try machine(records: 4) { $0.configuration.dumpsTables = false }
    for page in 1...3 { machine.write(device, UInt64(page) << 12) }
    try machine.deliverInterrupts()
    #expect(machine.lines.count == 4)
    #expect(machine.lines[0] == "DMAR: DRHD: handling fault status reg 2")
    for page in 1...3 { #expect(machine.lines[page].contains("fault addr 0x\(page)000 ")) }
  }

  @Test("goes round the ring of records and prints the status with its first record")
  func ring() throws {
    let (machine, device) = try machine(records: 4) { $0.configuration.dumpsTables = false }
    for page in 1...3 { machine.write(device, UInt64(page) << 12) }
    try machine.deliverInterrupts()
    for page in 4...6 { machine.write(device, UInt64(page) << 12) }
    try machine.deliverInterrupts()
    let second = Array(machine.lines.dropFirst(4))
    #expect(second.first == "DMAR: DRHD: handling fault status reg 302")
    #expect(second.count == 4)
    #expect(second[3].contains("fault addr 0x6000 "))
  }

  @Test("leaves a full unit ready for the next fault")
  func overflow() throws {
    let (machine, device) = try machine { $0.configuration.dumpsTables = false }
    machine.write(device, 0x1000)
    machine.write(device, 0x2000)
    try machine.deliverInterrupts()
    #expect(machine.lines.first == "DMAR: DRHD: handling fault status reg 3")
    #expect(machine.units[0].hardware.read32(RegisterOffset.fsts) == 0)
    machine.write(device, 0x3000)
    try machine.deliverInterrupts()
    #expect(machine.lines.dropFirst(2).first == "DMAR: DRHD: handling fault status reg 2")
  }

  @Test("one fault costs the limiter three: the fourth within five seconds prints its status alone")
  func limiter() throws {
    let (machine, device) = try machine { $0.configuration.dumpsTables = false }
    for page in 1...5 {
      machine.write(device, UInt64(page) << 12)
      try machine.deliverInterrupts()
    }
    #expect(machine.lines.filter { $0.contains("status reg") }.count == 4)
    #expect(machine.lines.filter { $0.contains("fault addr") }.count == 3)
    machine.clock.advance(by: 5_100_000)
    machine.write(device, 0x9000)
    try machine.deliverInterrupts()
    // The fourth fault lost its record and its last round, the fifth all three.
    #expect(machine.lines.suffix(3).first == "dmar_fault: 5 callbacks suppressed")
    #expect(machine.lines.last?.contains("fault addr 0x9000") == true)
  }

  @Test("the fault handler without a limiter prints every record")
  func noLimiter() throws {
    let (machine, device) = try machine { $0.behaviour.rateLimit = .none }
    for page in 1...40 {
      machine.write(device, UInt64(page) << 12)
      try machine.deliverInterrupts()
    }
    #expect(machine.lines.filter { $0.contains("fault addr") }.count == 40)
    #expect(!machine.lines.contains { $0.contains("suppressed") })
  }

  @Test("whose limiter is asked once an interrupt prints ten interrupts with all their records")
  func limiterByInterrupt() throws {
    let (machine, device) = try machine(records: 4) {
      $0.configuration.dumpsTables = false
      $0.behaviour.rateLimit = .interrupt
    }
    // The handler runs twice while the unit is brought up, and asks each time.
    for round in 0..<12 {
      for page in 1...3 { machine.write(device, UInt64(round * 4 + page) << 12) }
      try machine.deliverInterrupts()
    }
    #expect(machine.lines.filter { $0.contains("status reg") }.count == 8)
    #expect(machine.lines.filter { $0.contains("fault addr") }.count == 24)
    machine.clock.advance(by: 5_100_000)
    machine.write(device, 0x9000)
    try machine.deliverInterrupts()
    #expect(machine.lines.suffix(3).first == "dmar_fault: 4 callbacks suppressed")
  }

  @Test("the fault handler prints the reasons that the kernel's tables have")
  func reasons() throws {
    let (machine, device) = try machine {
      $0.configuration.dumpsTables = false
      $0.behaviour.faultLines = .f1
      $0.behaviour.faultReasons = .first
    }
    machine.write(device, 0x1000)
    try machine.deliverInterrupts()
    #expect(
      machine.lines == [
        "DRHD: handling fault status reg 2",
        "DMAR:[DMA Write] Request device [00:03.0] fault addr 1000 ",
        "DMAR:[fault reason 05] PTE Write access is not set",
      ])
  }

  @Test("an unmasked event of a driver that was brought up goes out as its own message")
  func message() throws {
    let (machine, device) = try machine()
    machine.write(device, 0)
    try machine.deliverInterrupts()
    let messages = machine.events.filter { if case .message = $0 { true } else { false } }
    #expect(messages.count == 1)
    #expect(!machine.events.contains { if case .spurious = $0 { true } else { false } })
  }
}

@Suite("The table dump")
struct DumpTests {
  @Test(
    "words a walk to a leaf that forbids the access, by generation",
    arguments: [
      (
        KernelValues.TableWalk.entry,
        [
          "DMAR: pte level: 4, pte value: 0x0000000000104003",
          "DMAR: pte level: 3, pte value: 0x0000000000105003",
          "DMAR: pte level: 2, pte value: 0x0000000000106003",
          "DMAR: pte level: 1, pte value: 0x0000000000abc001",
        ]
      ),
      (
        .checkedEntry,
        [
          "DMAR: pte level: 4, pte value: 0x0000000000104003",
          "DMAR: pte level: 3, pte value: 0x0000000000105003",
          "DMAR: pte level: 2, pte value: 0x0000000000106003",
          "DMAR: pte level: 1, pte value: 0x0000000000abc001",
        ]
      ),
    ])
  func leaf(_ walk: KernelValues.TableWalk, _ expected: [String]) throws {
    let (machine, device) = try machine { $0.behaviour.tableWalk = walk }
    try machine.kernel.map(
      Mapping(
        address: IOVA(rawValue: 0x5000), target: PhysicalAddress(rawValue: 0xabc000), size: 1,
        access: .read),
      in: .numbered(DomainID(rawValue: 1)))
    machine.write(device, 0x5000)
    try machine.deliverInterrupts()
    #expect(Array(machine.lines.suffix(4)) == expected)
    #expect(machine.kernel.dumps == [.complete])
  }

  @Test(
    "the table dump of a function without a context entry walks memory at 0, unless entries are checked"
  )
  func zeroContext() throws {
    for (walk, last) in [
      (KernelValues.TableWalk.entry, "DMAR: PTE not present at level 2"),
      (.checkedEntry, "DMAR: legacy mode page table is not present"),
    ] {
      let (machine, _) = try machine { $0.behaviour.tableWalk = walk }
      machine.write(PCIAddress(bus: 0, device: 9, function: 0), 0)
      try machine.deliverInterrupts()
      #expect(machine.lines.last == last)
      #expect(machine.lines.contains { $0.contains("context entry: hi 0x0000000000000000") })
    }
  }

  @Test("the table dump of a bus without a context table says so")
  func noContextTable() throws {
    let (machine, _) = try machine()
    machine.write(PCIAddress(bus: 7, device: 0, function: 0), 0)
    try machine.deliverInterrupts()
    #expect(machine.lines.last == "DMAR: context table entry is not present")
    #expect(machine.kernel.dumps == [.complete])
  }

  @Test(
    "the table dump of a device that the driver does not know says so where it asks the driver's list"
  )
  func notProbed() throws {
    let (machine, _) = try machine { $0.behaviour.tableWalk = .driverList }
    machine.write(PCIAddress(bus: 0, device: 9, function: 0), 0)
    try machine.deliverInterrupts()
    #expect(machine.lines.last == "DMAR: device [00:09.0] not probed")
  }

  @Test("a walk of an address beyond the table's width wraps")
  func wraps() throws {
    let (machine, device) = try machine()
    try machine.kernel.map(
      Mapping(
        address: IOVA(rawValue: 0x5000), target: PhysicalAddress(rawValue: 0xabc000), size: 4096,
        access: .readWrite),
      in: .numbered(DomainID(rawValue: 1)))
    machine.write(device, 1 << 48 | 0x5000)
    try machine.deliverInterrupts()
    #expect(machine.lines[1].contains("[fault reason 0x04]"))
    #expect(machine.lines.last == "DMAR: pte level: 1, pte value: 0x0000000000abc003")
  }
}
