import KernelLog
import KernelProfiles
import LinuxIOMMU
import PCI
import PhysicalMemory
import Testing
import VTdFormats
import VTdUnit

@testable import Machine

/// A unit in scalable mode whose tables a test writes word by word, and a device at 00:1a.0.
private struct ScalableRig {
  let machine: Machine
  let device = PCIAddress(bus: 0, device: 0x1a, function: 0)
  let root: UInt64
  let context: UInt64 = 0x20_0000
  let directory: UInt64 = 0x20_1000
  let pasidTable: UInt64 = 0x20_2000
  let top: UInt64 = 0x20_3000

  init(_ walk: KernelValues.TableWalk) throws {
    var build = KernelBuild(release: "6.1.0")
    build.behaviour.tableWalk = walk
    build.configuration.usesScalableMode = true
    machine = try .withOneUnit(
      Capability(rawValue: 0x91d2_078c_4038_0e06), ExtendedCapability(rawValue: 0x3_ed9c_e4f0_50de),
      build: build, device: device)
    root = machine.rootTable
  }

  func write(_ words: UInt64..., at address: UInt64) {
    for (index, word) in words.enumerated() {
      let target = PhysicalAddress(rawValue: address + UInt64(index) * 8)
      #expect(machine.memory.store64(word, at: target))
    }
  }

  /// Root and context entry, and a PASID directory whose first table holds `entry` for PASID 0.
  func build(_ entry: [UInt64]) {
    write(0, context | 1, at: root)
    // 00:1a.0 is above 10.0: the upper context table's 0x50th entry.
    write(directory | 1, 0, 0, 0, at: context + 0x50 * 32)
    write(pasidTable | 1, at: directory)
    for (index, word) in entry.enumerated() { write(word, at: pasidTable + UInt64(index) * 8) }
  }

  /// What is printed about a write to `address`, behind the fault's own line.
  func dump(_ address: UInt64, pasid: UInt32? = nil) throws -> [String] {
    let before = machine.lines.count
    machine.perform(
      Machine.DMA(
        device: device, access: .write, address: IOVA(rawValue: address),
        pasid: pasid.map(PASID.init(rawValue:))))
    try machine.deliverInterrupts()
    return machine.lines.dropFirst(before + 3).map { String($0.dropFirst("DMAR: ".count)) }
  }
}

/// The words of a present PASID table entry: first-stage only with `levels`, or second-stage.
private func firstStage(_ table: UInt64, levels: Int = 4) -> [UInt64] {
  [0x41, 0x2, table | (levels == 5 ? 0x4 : 0), 0, 0, 0, 0, 0]
}

private func secondStage(_ table: UInt64, levels: Int = 4) -> [UInt64] {
  [table | UInt64(levels - 2) << 2 | 0x81, 0x2, 0, 0, 0, 0, 0, 0]
}

@Suite("The dump's walk in scalable mode")
struct WalkGenerationTests {
  static let old = KernelValues.TableWalk.entry
  static let new = KernelValues.TableWalk.checkedEntry

  @Test(
    "stops where the root or context table is missing",
    arguments: [(old, "context table entry is not present"), (new, "context table is not present")])
  func noContextTable(_ walk: KernelValues.TableWalk, _ stop: String) throws {
    let rig = try ScalableRig(walk)
    #expect(
      try rig.dump(0x1000) == [
        "scalable mode root entry: hi 0x0000000000000000, low 0x0000000000000000", stop,
      ])
  }

  @Test(
    "the dump's walk in scalable mode at a context entry that is not present stops, or follows its zeros to address 0"
  )
  func noContext() throws {
    let checked = try ScalableRig(Self.new)
    checked.write(0, checked.context | 1, at: checked.root)
    #expect(
      try checked.dump(0x1000).suffix(2) == [
        "context entry: hi 0x0000000000000000, low 0x0000000000000000",
        "pasid directory table is not present",
      ])
    // Before the entry was checked, the directory at 0 was read: whatever lies there.
    let unchecked = try ScalableRig(Self.old)
    unchecked.write(0, unchecked.context | 1, at: unchecked.root)
    unchecked.write(0xf000_ff53_f000_ff52, at: 0)
    #expect(
      try unchecked.dump(0x1000).suffix(2) == [
        "pasid dir entry: 0xf000ff53f000ff52", "pasid table entry is not present",
      ])
  }

  @Test(
    "stops at a PASID directory entry that is not present",
    arguments: [(old, "pasid table entry is not present"), (new, "pasid table is not present")])
  func noPASIDTable(_ walk: KernelValues.TableWalk, _ stop: String) throws {
    let rig = try ScalableRig(walk)
    rig.build([])
    rig.write(0, at: rig.directory)
    #expect(try rig.dump(0x1000).suffix(2) == ["pasid dir entry: 0x0000000000000000", stop])
  }

  @Test(
    "the dump's walk in scalable mode at a PASID entry that is not present stops, or walks from address 0 with two levels"
  )
  func noPASIDEntry() throws {
    let checked = try ScalableRig(Self.new)
    checked.build([0, 0, 0, 0, 0, 0, 0, 0])
    #expect(
      try checked.dump(0x1000).suffix(2) == [
        "pasid table entry[7]: 0x0000000000000000", "scalable mode page table is not present",
      ])
    let unchecked = try ScalableRig(Self.old)
    unchecked.build([0, 0, 0, 0, 0, 0, 0, 0])
    unchecked.write(0xf000_ff53_f000_ff53, at: 0)
    // Bit 1 of the vector table's entry makes it present; what it points to is outside memory, where
    // the kernel dies.
    #expect(try unchecked.dump(0x1000).contains("pte level: 2, pte value: 0xf000ff53f000ff53"))
    #expect(
      unchecked.machine.kernel.death == .badRead(0x7000_87d3_f000_f008, .generalProtection))
  }

  @Test("walks a first-stage table of four levels from the third word, and of five by its bit 2")
  func firstStageLevels() throws {
    for levels in [4, 5] {
      let rig = try ScalableRig(Self.new)
      rig.build(firstStage(rig.top, levels: levels))
      let lines = try rig.dump(0x1000)
      #expect(
        lines.contains(
          "pasid table entry[2]: 0x\(hex(rig.top | (levels == 5 ? 4 : 0), digits: 16))"))
      #expect(
        lines.suffix(2) == [
          "pte level: \(levels), pte value: 0x0000000000000000",
          "page table not present at level \(levels - 1)",
        ])
    }
  }

  @Test("walks a second-stage table by its own width")
  func secondStageLevels() throws {
    for levels in [4, 5] {
      let rig = try ScalableRig(Self.old)
      rig.build(secondStage(rig.top, levels: levels))
      #expect(try rig.dump(0x1000).last == "PTE not present at level \(levels)")
    }
  }

  @Test(
    "the dump's walk in scalable mode shows a leaf that refuses the access, with the bits that first-stage entries have"
  )
  func leaf() throws {
    let rig = try ScalableRig(Self.new)
    rig.build(firstStage(rig.top))
    // Present, user, accessed; not writable. The leaf forbids instruction fetches too (bit 63).
    rig.write(rig.top + 0x1000 | 0x27, at: rig.top)
    rig.write(rig.top + 0x2000 | 0x27, at: rig.top + 0x1000)
    rig.write(rig.top + 0x3000 | 0x27, at: rig.top + 0x2000)
    rig.write(0x8000_0000_0abc_0025, at: rig.top + 0x3008)
    #expect(
      try rig.dump(0x1000).suffix(4) == [
        "pte level: 4, pte value: 0x0000000000204027",
        "pte level: 3, pte value: 0x0000000000205027",
        "pte level: 2, pte value: 0x0000000000206027",
        "pte level: 1, pte value: 0x800000000abc0025",
      ])
  }

  @Test("drops bit 63 of an entry that points to a table")
  func executeDisable() throws {
    let rig = try ScalableRig(Self.new)
    rig.build(firstStage(rig.top))
    rig.write(1 << 63 | (rig.top + 0x1000) | 0x27, at: rig.top)
    #expect(
      try rig.dump(0x1000).suffix(3) == [
        "pte level: 4, pte value: 0x8000000000204027",
        "pte level: 3, pte value: 0x0000000000000000",
        "page table not present at level 2",
      ])
  }

  @Test(
    "the dump's walk in scalable mode takes a superpage for a missing table, or shows it, by generation"
  )
  func superpage() throws {
    let old = try ScalableRig(Self.old)
    old.build(secondStage(old.top))
    old.write(old.top + 0x1000 | 3, at: old.top)
    old.write(0x4000_0000 | 0x81, at: old.top + 0x1000)
    #expect(
      try old.dump(0x1000).suffix(2) == [
        "pte level: 4, pte value: 0x0000000000204003", "PTE not present at level 3",
      ])
    let new = try ScalableRig(Self.new)
    new.build(secondStage(new.top))
    new.write(new.top + 0x1000 | 3, at: new.top)
    new.write(0x4000_0000 | 0x81, at: new.top + 0x1000)
    #expect(try new.dump(0x1000).last == "pte level: 3, pte value: 0x0000000040000081")
    #expect(new.machine.kernel.dumps == [.complete])
  }

  @Test(
    "the dump's walk in scalable mode takes bit 7 of a first-stage leaf, its PAT bit, for a superpage, in kernels before the fix"
  )
  func patBit() throws {
    for (walk, last) in [
      (Self.old, "PTE not present at level 1"),
      (Self.new, "pte level: 1, pte value: 0x000000000abc00a5"),
    ] {
      let rig = try ScalableRig(walk)
      rig.build(firstStage(rig.top))
      for level in 0..<3 as Range<UInt64> {
        rig.write(rig.top + (level + 1) << 12 | 0x27, at: rig.top + level << 12)
      }
      rig.write(0x0abc_00a5, at: rig.top + 0x3008)
      #expect(try rig.dump(0x1000).last == last)
    }
  }

  @Test("looks a request's PASID up in the directory: 64 entries to a table")
  func pasid() throws {
    let rig = try ScalableRig(Self.new)
    rig.build(firstStage(rig.top))
    // The context entry takes PASIDs: PASIDE is bit 3.
    rig.write(rig.directory | 1 | 8, 0, 0, 0, at: rig.context + 0x50 * 32)
    rig.write(0x20_8001, at: rig.directory + 8)
    rig.write(0x41, 0x3, 0x20_9000, at: 0x20_8000 + 2 * 64)
    let lines = try rig.dump(0x7000, pasid: 66)
    #expect(lines.contains("pasid dir entry: 0x0000000000208001"))
    #expect(lines.contains("pasid table entry[2]: 0x0000000000209000"))
    #expect(lines.last == "page table not present at level 3")
    #expect(rig.machine.lines.contains { $0.contains("[DMA Write PASID 0x42]") })
  }
}

@Suite("The dump's walk in legacy mode")
struct LegacyWalkTests {
  @Test(
    "the dump's walk in legacy mode names the page table that is missing below each level, by generation",
    arguments: [2, 3, 4] as [Int])
  func levels(_ missing: Int) throws {
    for (walk, stop) in [
      (KernelValues.TableWalk.entry, "PTE not present at level \(missing)"),
      (.checkedEntry, "page table not present at level \(missing - 1)"),
    ] {
      let rig = try LegacyRig(walk)
      for level in stride(from: 4, to: missing, by: -1) {
        rig.point(level: level)
      }
      #expect(try rig.dump(0x1000).last == stop)
    }
  }

  @Test("looks the domain up by the device where the first kernels with a dump did")
  func driverList() throws {
    let rig = try LegacyRig(.driverList)
    #expect(try rig.dump(0x1000).last == "PTE not present at level 4")
    let lines = try rig.dump(0x1000, device: PCIAddress(bus: 0, device: 9, function: 0))
    #expect(lines.last == "device [00:09.0] not probed")
  }

  @Test("before a root table is set says so, in the words of its generation")
  func noRoot() throws {
    for (wording, line) in [
      (DumpWording.original, "DMAR: root table entry is not present"),
      (.revised, "DMAR: root table is not present"),
    ] {
      #expect(DriverLine.dump(.stop(.noRootTable)).text(LineGenerations(dump: wording)) == line)
    }
  }
}

/// A unit in legacy mode with one device in an empty domain of four levels.
private struct LegacyRig {
  let machine: Machine
  let device = PCIAddress(bus: 0, device: 3, function: 0)
  private let top: UInt64

  init(_ walk: KernelValues.TableWalk) throws {
    var build = KernelBuild(release: "6.1.0")
    build.behaviour.tableWalk = walk
    machine = try .withOneUnit(
      Capability(rawValue: 0x1c0_000c_4066_0462), ExtendedCapability(rawValue: 0x19e_2ff0_505e),
      build: build, device: device)
    try machine.kernel.makeDomain(DomainID(rawValue: 2), levels: 4)
    try machine.kernel.attach(device, to: .numbered(DomainID(rawValue: 2)))
    let root = RootEntry(
      low: machine.memory.load64(PhysicalAddress(rawValue: machine.rootTable)) ?? 0,
      high: 0)
    let entry = root[inPlace: .contextTable] + 0x18 * ContextEntry.byteCount
    let context = ContextEntry(
      low: machine.memory.load64(PhysicalAddress(rawValue: entry)) ?? 0, high: 0)
    top = context[inPlace: .secondStageTable]
  }

  private func table(level: Int) -> UInt64 { level == 4 ? top : 0x30_0000 + UInt64(level) << 12 }

  /// Gives the table at `level` an entry that points to one below it.
  func point(level: Int) {
    let entry = PhysicalAddress(rawValue: table(level: level))
    #expect(machine.memory.store64(table(level: level - 1) | 3, at: entry))
  }

  func dump(_ address: UInt64, device other: PCIAddress? = nil) throws -> [String] {
    machine.perform(
      Machine.DMA(device: other ?? device, access: .write, address: IOVA(rawValue: address)))
    try machine.deliverInterrupts()
    return machine.lines.map { String($0.dropFirst("DMAR: ".count)) }
  }
}
