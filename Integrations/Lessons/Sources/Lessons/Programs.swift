import IOMMULab

/// 1. What do these 128 bits of a context entry say?
func decode() throws {
  let entry = ContextEntry(low: 0x19a_8001, high: 0x102)
  print(entry)
  for field in entry.decoded { print(field) }
}

/// 2. A device writes to a page that it may only read.
func fault() throws {
  var lab = try Lab(.legacy48)
  try lab.attach("00:03.0", domain: 1)
  try lab.map(0x4000_0000, to: 0x2100_0000, [.read])
  try lab.start()
  let dma = try lab.dma("00:03.0", .write, 0x4000_0abc)
  print(dma)
  print(lab.faultRecords)
  print(try lab.kernelLine(dma, release: "6.1") ?? "no record")
}

/// 3. Each entry that a request meets, and where it stops.
func walk() throws {
  var lab = try Lab(.legacy48)
  try lab.attach("00:03.0", domain: 1)
  try lab.map(0x4000_0000, to: 0x2100_0000, [.read])
  try lab.start()
  print(try lab.walk("00:03.0", .write, 0x4000_0000))
}

/// 4. Tables are not caches: a page that was unmapped is reached until the IOTLB is flushed.
func stale() throws {
  var lab = try Lab(.legacy48)
  try lab.attach("00:03.0", domain: 1)
  try lab.map(0x4000_0000, to: 0x2100_0000)
  try lab.start()
  print(try lab.dma("00:03.0", .write, 0x4000_0000))
  try lab.unmap(0x4000_0000)
  print(try lab.dma("00:03.0", .write, 0x4000_0000))
  try lab.flush(page: 0x4000_0000)
  print(try lab.dma("00:03.0", .write, 0x4000_0000))
}

/// 5. A process's address space, which requests name by their PASID.
func pasid() throws {
  var lab = try Lab(.scalable)
  try lab.attach("00:03.0", domain: 1)
  try lab.attach("00:03.0", domain: 2, pasid: 5)
  try lab.map(0x7f00_0000_0000, to: 0x2200_0000, domain: 2)
  try lab.start()
  print(try lab.dma("00:03.0", .write, 0x7f00_0000_0010, pasid: 5))
  print(try lab.dma("00:03.0", .write, 0x7f00_0000_0010))
  print(try lab.walk("00:03.0", .write, 0x7f00_0000_0010, pasid: 5))
}

/// 6. Interrupts are writes: the entry says who may send which vector.
func interrupt() throws {
  var lab = try Lab(.legacy48)
  try lab.allowInterrupt(5, from: "00:03.0", vector: 0x41, processor: 2)
  try lab.start()
  print(try lab.interrupt("00:03.0", 5))
  print(try lab.interrupt("00:04.0", 5))
}

/// 7. A lock that an interrupt takes must not be held with interrupts on.
func locks() throws {
  let locks = try LabLocks(
    """
    @boot L(&k->k_lock) U(&k->k_lock)
    @hardirq L(&k->k_lock) U(&k->k_lock)
    """)
  print(locks)
}

/// 8. A scenario from its text: the kernel's log.
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
  print(run)
}

/// 9. A line of a log gets its verdict.
func log() throws {
  let line =
    "DMAR: [DMA Write NO_PASID] Request device [00:02.0] fault addr 0x1000 [fault reason 0x05] PTE Write access is not set"
  print(LabLog(line))
}

/// 10. Entries that are spoilt on purpose, each for a reason of its own.
func spoil() throws {
  var lab = try Lab(.legacy48)
  try lab.attach("00:03.0", domain: 1)
  try lab.map(0x4000_0000, to: 0x2100_0000, [.read])
  try lab.start()
  print(try lab.walk("00:03.0", .write, 0x4000_0000))

  try lab.changeContext(of: "00:03.0") { $0[flag: .present] = false }
  print(try lab.dma("00:03.0", .read, 0x4000_0000))
  try lab.changeContext(of: "00:03.0") { $0[flag: .present] = true }
  try lab.change(level: 2, of: 0x4000_0000) { $0[flag: .snoop] = true }
  try lab.flush()
  print(try lab.dma("00:03.0", .read, 0x4000_0000))
}
