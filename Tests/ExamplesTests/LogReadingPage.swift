import KernelLog
import LogReading
import VTdFormats

func logReading() throws {
  var log = """
    [   32.288570] DMAR: DRHD: handling fault status reg 2
    [   32.288571] DMAR: [DMA Write NO_PASID] Request device [00:03.0] fault addr 0x1000 [fault reason 0x05] PTE Write access is not set

    """
  func show(_ event: LogEvent) {
    guard case .fault(let fault) = event.kind else { return }
    print("line \(event.lines.lowerBound): \(fault.source), reason \(fault.reason ?? 0)")
    if case .dma(let access, _, let address) = fault.request {
      print("a \(access) at \(address)")
    }
  }
  var reader = LogReader()
  log.withUTF8 { reader.read(UnsafeRawBufferPointer($0), emit: show) }
  reader.finish(emit: show)
}
