import KernelLog
import KernelProfiles
import LinuxIOMMU
import PCI
import PhysicalMemory
import Testing
import VTdFormats
import VTdUnit

@testable import Machine

@Suite("A dump that follows an entry out of memory")
struct KernelDeathTests {
  static let device = PCIAddress(bus: 0, device: 0x1a, function: 0)

  /// A machine of that release whose unit refuses 00:1a.0: the device's page table is `table`.
  static func machine(
    _ release: String, table: UInt64, directMap: UInt64? = nil, options: String? = nil,
    panic: String = "panic=-1"
  ) throws -> Machine {
    var build = KernelBuild(release: release)
    build.behaviour = try #require(KernelProfile.named(release)).behaviour
    if let directMap { build.directMap = directMap }
    if let options { build.oopsOptions = options }
    let machine = try Machine.withOneUnit(
      Capability(rawValue: 0xd2_008c_2226_0206), ExtendedCapability(rawValue: 0xf0_0f4a),
      build: build, device: device, commandLine: [panic])
    let context: UInt64 = 0x20_0000
    store(context | 1, at: machine.rootTable, machine)
    // AW 1 is three levels.
    store(table | 1, at: context + UInt64(device.sourceID.devfn) * 16, machine)
    store(0x101, at: context + UInt64(device.sourceID.devfn) * 16 + 8, machine)
    return machine
  }

  static func store(_ word: UInt64, at address: UInt64, _ machine: Machine) {
    #expect(machine.memory.store64(word, at: PhysicalAddress(rawValue: address)))
  }

  static func write(_ address: UInt64, _ machine: Machine) throws {
    machine.perform(
      Machine.DMA(device: device, access: .write, address: IOVA(rawValue: address)))
    try machine.deliverInterrupts()
  }

  struct Case: CustomTestStringConvertible {
    let release: String
    let table: UInt64
    var directMap: UInt64?
    var options: String?
    let lines: [String]

    var testDescription: String { "\(release), table at 0x\(String(table, radix: 16))" }
  }

  static let cases = [
    Case(
      release: "6.12.117", table: 0x40_0000_0000,
      lines: [
        "BUG: unable to handle page fault for address: ffff88c000000000",
        "#PF: supervisor read access in kernel mode",
        "#PF: error_code(0x0000) - not-present page",
        "Oops: Oops: 0000 [#1] SMP",
      ]),
    Case(
      release: "6.1.192", table: 0x40_0000_0000, options: "PREEMPT SMP NOPTI",
      lines: [
        "BUG: unable to handle page fault for address: ffff88c000000000",
        "#PF: supervisor read access in kernel mode",
        "#PF: error_code(0x0000) - not-present page",
        "Oops: 0000 [#1] PREEMPT SMP NOPTI",
      ]),
    // The bits above the unit's width are no less part of the address to the kernel.
    Case(
      release: "6.1.192", table: 0xf000_ff53_f000_f000,
      lines: [
        "general protection fault, probably for non-canonical address 0xf00087d3f000f000: 0000"
          + " [#1] SMP"
      ]),
    Case(
      release: "6.10", table: 0xf000_ff53_f000_f000,
      lines: [
        "Oops: general protection fault, probably for non-canonical address 0xf00087d3f000f000:"
          + " 0000 [#1] SMP"
      ]),
    // Five levels: more is canonical.
    Case(
      release: "6.12", table: 0x8_0000_0000_0000, directMap: 0xff11_0000_0000_0000,
      lines: [
        "BUG: unable to handle page fault for address: ff19000000000000",
        "#PF: supervisor read access in kernel mode",
        "#PF: error_code(0x0000) - not-present page",
        "Oops: Oops: 0000 [#1] SMP",
      ]),
    // The sum wraps round to the first page.
    Case(
      release: "6.12", table: 0x7780_0000_0000,
      lines: [
        "BUG: kernel NULL pointer dereference, address: 0000000000000000",
        "#PF: supervisor read access in kernel mode",
        "#PF: error_code(0x0000) - not-present page",
        "PGD 0 P4D 0 ",
        "Oops: Oops: 0000 [#1] SMP",
      ]),
  ]

  @Test("kills the kernel, in its release's words", arguments: cases)
  func lines(_ test: Case) throws {
    let machine = try Self.machine(
      test.release, table: test.table, directMap: test.directMap, options: test.options)
    try Self.write(0x1000, machine)
    let lines = machine.lines
    let oops = try #require(lines.firstIndex { $0.hasPrefix("DMAR: context entry") }) + 1
    #expect(Array(lines[oops...].prefix(test.lines.count)) == test.lines)
    let uid = KernelProfile.named(test.release)?.behaviour.backtrace == .uid ? " UID: 0" : ""
    #expect(
      Array(lines[(oops + test.lines.count)...]) == [
        "CPU: 0\(uid) PID: 0 Comm: swapper/0 Not tainted \(test.release) #1",
        "Kernel panic - not syncing: Fatal exception in interrupt", "Kernel Offset: disabled",
      ])
    #expect(machine.kernel.dumpOutcome == .fatal)
  }

  @Test("leaves XD out of the next table's address for as long as the driver sets that bit")
  func executeDisable() throws {
    for (release, address) in [
      ("6.1.192", 0x7000_87d3_f000_f000 as UInt64), ("6.12.117", 0xf000_87d3_f000_f000),
    ] {
      let machine = try Self.machine(release, table: 0x30_0000)
      Self.store(0xf000_ff53_f000_ff53, at: 0x30_0000, machine)
      try Self.write(0x1000, machine)
      #expect(machine.kernel.death == .badRead(address, .generalProtection))
    }
  }

  @Test("a dump that follows an entry out of memory ends as panic= says")
  func panicTimeOut() throws {
    let end = "---[ end Kernel panic - not syncing: Fatal exception in interrupt ]---"
    for (word, last) in [("quiet", end), ("panic=30", "Rebooting in 30 seconds..")] {
      let machine = try Self.machine("6.12", table: 0x40_0000_0000, panic: word)
      try Self.write(0x1000, machine)
      #expect(machine.lines.last == last)
    }
  }

  @Test(
    "a dump that follows an entry out of memory is the last that the kernel says, while units go on recording"
  )
  func silence() throws {
    let machine = try Self.machine("6.12", table: 0x40_0000_0000)
    try Self.write(0x1000, machine)
    let count = machine.lines.count
    let records = machine.faultRecords.count
    try Self.write(0x2000, machine)
    #expect(machine.lines.count == count)
    #expect(machine.kernel.death == .badRead(0xffff_88c0_0000_0000, .pageFault))
    // The handler had freed the one record that there is.
    #expect(machine.faultRecords.count == records + 1)
    // Nobody clears it again.
    let status = machine.units[0].hardware.read32(RegisterOffset.fsts)
    #expect(FaultStatus(rawValue: status)[flag: .primaryPendingFault])
  }

  @Test(
    "a dump that follows an entry out of memory does nothing to a kernel that checks no tables, or dumps none"
  )
  func noDump() throws {
    let machine = try Self.machine("5.15", table: 0x40_0000_0000)
    try Self.write(0x1000, machine)
    #expect(machine.kernel.death == nil)
    #expect(machine.kernel.dumpOutcome == nil)
  }
}
