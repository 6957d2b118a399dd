import KernelLog
import Testing
import VTdFormats

@Suite struct DumpLineTests {
  @Test(
    "each dump line prints as kernels print it",
    arguments: [
      (
        .header(unit: "dmar0", address: IOVA(rawValue: 0x80_0000_0000)), .revised,
        "DMAR: Dump dmar0 table entries for IOVA 0x8000000000"
      ),
      (.rootEntry(low: 0x1_27f4_2001), .original, "DMAR: root entry: 0x0000000127f42001"),
      (
        .scalableRootEntry(high: 0, low: 0x460d_1001), .original,
        "DMAR: scalable mode root entry: hi 0x0000000000000000, low 0x00000000460d1001"
      ),
      (
        .contextEntry(high: 0x1502, low: 0x1_2d8a_b001), .original,
        "DMAR: context entry: hi 0x0000000000001502, low 0x000000012d8ab001"
      ),
      (
        .pasidDirectoryEntry(0x1_01b4_e001), .original,
        "DMAR: pasid dir entry: 0x0000000101b4e001"
      ),
      (
        .pasidTableEntry(index: 7, value: 0x109), .original,
        "DMAR: pasid table entry[7]: 0x0000000000000109"
      ),
      (
        .pageTableEntry(level: 2, value: 0xf000_ff53_f000_ff53), .original,
        "DMAR: pte level: 2, pte value: 0xf000ff53f000ff53"
      ),
    ] as [(DumpLine, DumpWording, String)])
  func entry(line: DumpLine, wording: DumpWording, text: String) {
    #expect(DriverLine.dump(line).text(LineGenerations(dump: wording)) == text)
  }

  @Test(
    "the fix of November 2024 changed the stop lines",
    arguments: [
      (.noRootTable, "root table entry is not present", "root table is not present"),
      (.noContextTable, "context table entry is not present", "context table is not present"),
      (
        .noPASIDDirectory, "pasid directory entry is not present",
        "pasid directory table is not present"
      ),
      (.noPASIDTable, "pasid table entry is not present", "pasid table is not present"),
      (
        .entryNotPresent(level: 4), "PTE not present at level 4",
        "page table not present at level 3"
      ),
      (
        .noLegacyPageTable, "legacy mode page table is not present",
        "legacy mode page table is not present"
      ),
      (
        .noScalablePageTable, "scalable mode page table is not present",
        "scalable mode page table is not present"
      ),
      (
        .deviceNotProbed(SourceID(rawValue: 0x00d0)), "device [00:1a.0] not probed",
        "device [00:1a.0] not probed"
      ),
      (.noPageTableSetUp, "no page table setup", "no page table setup"),
    ] as [(DumpStop, String, String)])
  func stop(stop: DumpStop, original: String, revised: String) {
    #expect(DumpLine.stop(stop).body(.original) == original)
    #expect(DumpLine.stop(stop).body(.revised) == revised)
  }
}
