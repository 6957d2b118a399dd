internal import VTdFormats

/// The words that Linux prints behind a fault reason: the three tables of `drivers/iommu/…/dmar.c`
/// (`dma_remap_fault_reasons`, `dma_remap_sm_fault_reasons`, `irq_remap_fault_reasons`).
///
/// The tables grew: a code that a kernel's tables lack is printed as `Unknown`. The texts stand in the
/// rows of `FaultReason`.
public enum FaultReasonTable: String, Hashable, Sendable, CaseIterable {
  /// DMA reasons 0x00 to 0x0c and the interrupt reasons.
  case first
  /// 0x0d as well.
  case legacy
  /// The scalable-mode reasons 0x30 to 0x90 as well.
  case scalable

  /// What a code without text prints (`dmar_get_fault_reason`).
  public static let unknown = "Unknown"

  /// The text behind `reason`; `Unknown` where this generation's tables have none.
  public func text(_ reason: UInt8) -> String {
    guard let row = FaultReason(rawValue: reason).row, row.since <= table else {
      return Self.unknown
    }
    return row.linux ?? Self.unknown
  }

  private var table: FaultReasonRow.LinuxTable {
    switch self {
    case .first: .first
    case .legacy: .legacy
    case .scalable: .scalable
    }
  }

  /// Whether the kernel prints this reason as an `INTR-REMAP` line: the code decides, not the
  /// request (`dmar_get_fault_reason` yields the fault type).
  public static func isInterruptReason(_ reason: UInt8) -> Bool {
    let code = FaultReason(rawValue: reason)
    return code.isInterruptRemapping && code.row?.linux != nil
  }

  /// All codes that have a text in some generation, in ascending order.
  public static var codes: [UInt8] {
    FaultReason.rows.filter { $0.linux != nil }.map { $0.reason.rawValue }
  }
}
