import IOMMULab
import Testing

/// The programs that lessons are made of, each with the lines that a student writes.
@Suite("the programs of lessons")
struct NineProgramsTests {
  @Test("an entry is decoded field by field")
  func decode() throws {
    let entry = ContextEntry(low: 0x1_9a80_01, high: 0x102)
    #expect("\(entry)" == "context entry[P=0x1 SSPTPTR=0x19a8 AW=0x2 DID=0x1]")
    #expect(entry[inPlace: .secondStageTable] == 0x19a_8000)
    #expect(entry.levels == 4 && entry.domain == DomainID(rawValue: 1))
  }

  @Test("a DMA without permission leaves a record and the kernel's line")
  func fault() throws {
    var lab = try Lab(.legacy48)
    try lab.attach("00:03.0", domain: 1)
    try lab.map(0x4000_0000, to: 0x2100_0000, [.read])
    try lab.start()
    let dma = try lab.dma("00:03.0", .write, 0x4000_0abc)
    #expect(dma.reason == FaultReason(rawValue: 5))
    #expect(lab.faultRecords == [dma.record])
    #expect(
      try lab.kernelLine(dma, release: "6.1")
        == "DMAR: [DMA Write NO_PASID] Request device [00:03.0] fault addr 0x40000000 "
        + "[fault reason 0x05] PTE Write access is not set")
    #expect(
      try lab.kernelLine(dma, release: "4.19")
        == "DMAR: [DMA Write] Request device [00:03.0] fault addr 40000000 "
        + "[fault reason 05] PTE Write access is not set")
    lab.clearFaults()
    #expect(lab.faultRecords.isEmpty)
  }

  @Test("a walk shows each entry and where it stops")
  func walk() throws {
    var lab = try Lab(.legacy48)
    try lab.attach("00:03.0", domain: 1)
    try lab.map(0x4000_0000, to: 0x2100_0000, [.read])
    try lab.start()
    let walk = try lab.walk("00:03.0", .write, 0x4000_0000)
    #expect(walk.steps.map(\.structure.rawValue).prefix(2) == ["root entry", "context entry"])
    #expect(walk.steps.map(\.level) == [0, 0, 4, 3, 2, 1])
    #expect(walk.steps.last?.failed != nil)
    #expect("\(walk)".contains("00:03.0 writes 0x40000000 through dmar0"))
    #expect("\(walk)".contains("blocked: fault reason 0x05"))
  }

  @Test("an unmapped page is still reached until the IOTLB is flushed")
  func stale() throws {
    var lab = try Lab(.legacy48)
    try lab.attach("00:03.0", domain: 1)
    try lab.map(0x4000_0000, to: 0x2100_0000)
    try lab.start()
    #expect(try lab.dma("00:03.0", .write, 0x4000_0000).address?.rawValue == 0x2100_0000)
    try lab.unmap(0x4000_0000)
    let late = try lab.dma("00:03.0", .write, 0x4000_0000)
    #expect(late.isStale && late.address?.rawValue == 0x2100_0000)
    #expect("\(late)".contains("stale: the tables say blocked, reason 0x05"))
    try lab.flush(page: 0x4000_0000)
    let blocked = try lab.dma("00:03.0", .write, 0x4000_0000)
    #expect(blocked.reason == FaultReason(rawValue: 5) && !blocked.isStale)
  }

  @Test("a PASID has first-stage tables of its own")
  func pasid() throws {
    var lab = try Lab(.scalable)
    try lab.attach("00:03.0", domain: 1)
    try lab.attach("00:03.0", domain: 2, pasid: 5)
    try lab.map(0x7f00_0000_0000, to: 0x2200_0000, domain: 2)
    try lab.start()
    let dma = try lab.dma("00:03.0", .write, 0x7f00_0000_0010, pasid: 5)
    #expect(dma.address?.rawValue == 0x2200_0010)
    let other = try lab.dma("00:03.0", .write, 0x7f00_0000_0010)
    #expect(other.reason == FaultReason(rawValue: 0x71))
    try lab.changeFirstStage(level: 1, of: 0x7f00_0000_0000, domain: 2) { $0[flag: .write] = false }
    try lab.flush()
    let denied = try lab.dma("00:03.0", .write, 0x7f00_0000_0010, pasid: 5)
    #expect(try lab.kernelLine(denied, release: "6.6")?.contains("PASID 0x5") == true)
  }

  @Test("an interrupt passes through its entry, and a forged one is stopped")
  func interrupts() throws {
    var lab = try Lab(.legacy48)
    try lab.allowInterrupt(5, from: "00:03.0", vector: 0x41, processor: 2)
    try lab.start()
    let interrupt = try lab.interrupt("00:03.0", 5)
    #expect("\(interrupt)".hasSuffix("remapped by entry 5, vector 0x41 to APIC 0x2"))
    let forged = try lab.interrupt("00:04.0", 5)
    #expect(forged.reason == FaultReason(rawValue: 0x26))
    #expect(forged.record?.interruptIndex == 5)
    #expect(try lab.interrupt("00:03.0", 6).reason == FaultReason(rawValue: 0x22))
  }

  @Test("a lock that an interrupt takes and that is held with interrupts on is reported")
  func locks() throws {
    let locks = try LabLocks(
      """
      @boot L(&k->k_lock) U(&k->k_lock)
      @hardirq L(&k->k_lock) U(&k->k_lock)
      """)
    #expect(!locks.isClean)
    #expect("\(locks)".contains("inconsistent lock state"))
    #expect("\(locks)".contains("{HARDIRQ-ON-W} -> {IN-HARDIRQ-W}"))
    #expect(try LabLocks("L(A) L(B) U(B) U(A)").isClean)
  }

  @Test("a scenario runs from its text")
  func scenario() throws {
    let run = try LabScenario(
      """
      kernel: {release: "6.1"}
      machine:
        memory: 1GiB
        units:
          dmar0: {cap: 0xd2008c40660462, ecap: 0xf050da}
        pci:
          functions:
            "00:03.0": {vendor: 0x8086, device: 0x100e, class: 0x020000}
      steps:
        - write_register: {unit: dmar0, offset: 0x20, value: 0x1000000, width: 64}
        - write_register: {unit: dmar0, offset: 0x18, value: 0x40000000}
        - write_register: {unit: dmar0, offset: 0x18, value: 0x80000000}
        - dma: {device: "00:03.0", access: write, address: 0x1000}
      """)
    #expect("\(run)".contains("[DMA Write NO_PASID] Request device [00:03.0] fault addr 0x1000"))
    #expect(run.isPassed)
  }

  @Test("a line of a log gets its verdict")
  func log() throws {
    let log = LabLog(
      "DMAR: [DMA Write NO_PASID] Request device [00:02.0] fault addr 0x1000 "
        + "[fault reason 0x05] PTE Write access is not set")
    #expect(log.explanation.faults.count == 1)
    #expect("\(log)".contains("00:02.0"))
  }
}
