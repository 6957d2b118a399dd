import KernelLog
import VTdFormats

extension Rule {
  /// Cause 2: a DMA that the firmware left running (graphics scan-out), or an old fault that was
  /// latched before Linux.
  static let inherited = Rule(cause: .inherited) { fault in
    guard fault.isReason(1, 2, 6, 7, 0x0c), fault.fault.access == .read,
      fault.fault.key.source.bus == 0
    else { return nil }
    let isGraphics = fault.fault.key.source == SourceID(bus: 0, device: 2, function: 0)
    let isEarly = fault.isBeforeBringUp || (fault.uptime.map { $0 < 2_000_000 } ?? false)
    guard isGraphics, isEarly else { return nil }
    var why: [Finding.Evidence] = []
    var confidence = 66
    if fault.isBeforeBringUp {
      why.append(
        Finding.Evidence(
          "the fault is printed before the driver has switched its units on: it was latched before",
          fault.place))
      confidence += 14
    } else {
      why.append(Finding.Evidence("the fault comes in the first seconds of the boot", fault.place))
    }
    if let region = fault.regions.first {
      why.append(
        Finding.Evidence(
          "the address lies in the reserved region 0x\(hex(region.value.start))-"
            + "0x\(hex(region.value.end)): memory that the firmware took for graphics",
          [region.place]))
      confidence += 12
    }
    why.append(
      Finding.Evidence("00:02.0 is the graphics device, whose scan-out the firmware leaves running")
    )
    if fault.fault.count > 8 { confidence -= 30 }
    return Finding(
      .inherited, confidence: confidence, severity: .harmless,
      culprit: "nobody: the firmware's screen output was still running",
      verdict: "an old graphics read of the firmware, printed when Linux took the unit over; "
        + "harmless if it does not come again",
      why: why,
      next: [
        "ignore it if it appears once or twice at boot only",
        "if it comes again later, send the whole boot log: then it is another fault",
      ],
      missing: fault.regions.isEmpty ? ["the RMRR lines of this boot"] : [])
  }
}
