import MachineEvidence

func machineEvidence() throws {
  let trace = """
    nvme-1 [000] 10.000100: map: IOMMU: iova=0x00000000fff00000 - 0x00000000fff01000 paddr=0x0000000021000000 size=4096
    nvme-1 [000] 10.000300: unmap: IOMMU: iova=0x00000000fff00000 - 0x00000000fff01000 size=4096 unmapped_size=4096

    """
  let focus = AddressFocus([0xfff0_0000])  // what the fault's line says
  var history = MappingHistory()
  history.take(Array(trace.utf8), by: HistoryScanner(focus))
  history.finish(focus)
  for life in history.lives(at: 0xfff0_0000) {
    print("lines", life.mapped?.line ?? 0, "to", life.unmapped?.line ?? 0)
    print("microseconds", life.mapped?.time ?? 0, "to", life.unmapped?.time ?? 0)
  }
}
