internal import KernelRuntime
internal import VTdFormats

/// `dmar_perf_latency`: how long invalidations took. Nobody has asked the driver to measure, so there
/// is the table's head alone.
extension Debugfs {
  func latencies(of unit: IntelIOMMU) -> [String] {
    [
      "IOMMU: \(unit.name) Register Base Address: \(hex(unit.registerBase.rawValue))",
      "                " + Self.columns.joined(),
    ]
  }

  private static let columns = [
    "  <0.1us", "   0.1us-1us", "    1us-10us", "  10us-100us", "   100us-1ms", "    1ms-10ms",
    "      >=10ms", "     min(us)", "     max(us)", " average(us)",
  ]
}
