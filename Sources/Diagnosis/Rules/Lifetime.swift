import KernelLog
import LogReading
import PCI
import VTdFormats

/// Causes that lie in a device's coming and going.
extension Rule {
  /// Cause 15: the device was detached, removed or reset while it still worked.
  static let detached = Rule(cause: .detached) { fault in
    guard fault.isReason(FaultReason.notAttached), fault.guestLines.isEmpty else { return nil }
    let next: [Step] = [
      .linux("stop the device (bus mastering off, function reset) before it is unbound")
    ]
    if let left = fault.log.departures[fault.fault.function], left < fault.fault.last {
      return Hypothesis(
        cause: .detached,
        clues: [
          Clue(.leftItsGroup, "it left its group before the fault", [left] + fault.place)
        ], severity: .serious, culprit: "whoever removed the device",
        verdict: "\(fault.device) still did DMA after it was removed from its IOMMU group",
        next: next)
    }
    let signs = fault.earlier(fault.notes(.removed), seconds: 60)
    guard !signs.isEmpty else { return nil }
    return Hypothesis(
      cause: .detached,
      clues: [Clue(.removalTold, "the log tells of its removal", signs.prefix(4).map { $0.place })],
      severity: .serious, culprit: "whoever removed the device",
      verdict: "\(fault.device) still did DMA while it was being taken away", next: next,
      missing: [.linux("the order of unbind and fault (whole log)")])
  }

  /// Cause 30: the device was removed and found again, and the fault lies between.
  static let removedAndFound = Rule(cause: .removedAndFound) { fault in
    guard fault.isReason(FaultReason.notAttached), let function = fault.function else { return nil }
    let joins = function.groupLines.filter { fault.isSameBoot($0.place) }
    let before = joins.last { !fault.isBefore($0.place, $0.time) }
    let after = joins.first { fault.isBefore($0.place, $0.time) }
    guard let before, let after, before.place != after.place else { return nil }
    var clues = [
      Clue(
        .groupLineTwice,
        "the device is put into an IOMMU group twice, and the fault lies between: it was removed and "
          + "found again, and did DMA while its context entry was torn down",
        [before.place] + fault.place + [after.place])
    ]
    if let again = function.announcements.first(where: { fault.isBefore($0.place, $0.time) }) {
      clues.append(
        Clue(.announcedAgain, "the bus code announces it again after the fault", [again.place]))
    }
    return Hypothesis(
      cause: .removedAndFound, clues: clues, severity: .serious,
      culprit: "whoever removed the device without stopping it (sysfs remove, hot-plug, rescan)",
      verdict: "\(fault.device) was removed and found again (rescan), and was still doing "
        + "\(fault.accessText) \(fault.addressText) when its context entry was gone",
      next: [
        .linux("stop the device before it is removed: unbind its driver, clear its bus-master bit"),
        "from 6.18 on a DMA that races a tear-down is reported cleanly; the DMA itself stays",
      ])
  }
}
