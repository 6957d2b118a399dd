internal import KernelLog
internal import VTdFormats
public import VTdUnit

/// A walk for people: the lines of `dmar walk`, with what Linux prints of the fault.
public enum WalkText {
  /// The way of a DMA through its tables, step by step, and how it ends.
  ///
  /// - Parameter unit: the name of the remapping unit, which the first line tells.
  public static func lines(of report: WalkReport, unit: String) -> [String] {
    report.lines(through: unit, remark: remark)
  }

  /// The way of an interrupt request to its entry, and what becomes of it.
  public static func lines(of report: InterruptReport) -> [String] {
    report.lines(remark: remark)
  }

  private static func remark(on reason: FaultReason) -> String {
    "; Linux prints \"\(FaultReasonTable.scalable.text(reason.rawValue))\""
  }
}
