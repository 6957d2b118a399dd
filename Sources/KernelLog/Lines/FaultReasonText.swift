/// The words that Linux prints behind a fault reason: the three tables of `drivers/iommu/…/dmar.c`
/// (`dma_remap_fault_reasons`, `dma_remap_sm_fault_reasons`, `irq_remap_fault_reasons`).
///
/// The tables grew: a code that a kernel's tables lack is printed as `Unknown`.
public enum FaultReasonTable: String, Hashable, Sendable, Codable, CaseIterable {
  /// 2.6.30 to 3.6 at least: DMA reasons 0x00 to 0x0c and the interrupt reasons.
  case first
  /// Later (4.8 has it), up to 5.3: 0x0d as well.
  case legacy
  /// 5.4 and later: the scalable-mode reasons 0x30 to 0x90 as well.
  case scalable

  /// What a code without text prints (`dmar_get_fault_reason`).
  public static let unknown = "Unknown"

  /// The text behind `reason`; `Unknown` where this generation's tables have none.
  public func text(_ reason: UInt8) -> String {
    let known: Bool
    switch reason {
    case 0x0d: known = self != .first
    case 0x30...: known = self == .scalable
    default: known = true
    }
    guard known else { return Self.unknown }
    return Self.table(for: reason)?.text(reason) ?? Self.unknown
  }

  /// Whether the kernel prints this reason as an `INTR-REMAP` line: the code decides, not the
  /// request (`dmar_get_fault_reason` yields the fault type).
  public static func isInterruptReason(_ reason: UInt8) -> Bool {
    interruptReasons.text(reason) != nil
  }

  /// All codes that have a text in some generation, in ascending order.
  public static var codes: [UInt8] {
    (UInt8.min...UInt8.max).filter { table(for: $0)?.text($0) != nil }
  }

  private static func table(for reason: UInt8) -> Table? {
    [dmaReasons, interruptReasons, scalableReasons].first { $0.text(reason) != nil }
  }

  /// Runs of texts, each from its first code on.
  private struct Table: Sendable {
    let runs: [(first: UInt8, texts: [String])]

    func text(_ reason: UInt8) -> String? {
      for run in runs where reason >= run.first && Int(reason - run.first) < run.texts.count {
        return run.texts[Int(reason - run.first)]
      }
      return nil
    }
  }

  private static let dmaReasons = Table(runs: [
    (
      0x00,
      [
        "Software",
        "Present bit in root entry is clear",
        "Present bit in context entry is clear",
        "Invalid context entry",
        "Access beyond MGAW",
        "PTE Write access is not set",
        "PTE Read access is not set",
        "Next page table ptr is invalid",
        "Root table address invalid",
        "Context table ptr is invalid",
        "non-zero reserved fields in RTP",
        "non-zero reserved fields in CTP",
        "non-zero reserved fields in PTE",
        "PCE for translation request specifies blocking",
      ]
    )
  ])

  private static let interruptReasons = Table(runs: [
    (
      0x20,
      [
        "Detected reserved fields in the decoded interrupt-remapped request",
        "Interrupt index exceeded the interrupt-remapping table size",
        "Present field in the IRTE entry is clear",
        "Error accessing interrupt-remapping table pointed by IRTA_REG",
        "Detected reserved fields in the IRTE entry",
        "Blocked a compatibility format interrupt request",
        "Blocked an interrupt request due to source-id verification failure",
      ]
    )
  ])

  private static let scalableReasons = Table(runs: [
    (
      0x30,
      [
        "SM: Invalid Root Table Address",
        "SM: TTM 0 for request with PASID",
        "SM: TTM 0 for page group request",
      ]
    ),
    (
      0x38,
      [
        "SM: Error attempting to access Root Entry",
        "SM: Present bit in Root Entry is clear",
        "SM: Non-zero reserved field set in Root Entry",
      ]
    ),
    (
      0x40,
      [
        "SM: Error attempting to access Context Entry",
        "SM: Present bit in Context Entry is clear",
        "SM: Non-zero reserved field set in the Context Entry",
        "SM: Invalid Context Entry",
        "SM: DTE field in Context Entry is clear",
        "SM: PASID Enable field in Context Entry is clear",
        "SM: PASID is larger than the max in Context Entry",
        "SM: PRE field in Context-Entry is clear",
        "SM: RID_PASID field error in Context-Entry",
      ]
    ),
    (
      0x50,
      [
        "SM: Error attempting to access the PASID Directory Entry",
        "SM: Present bit in Directory Entry is clear",
        "SM: Non-zero reserved field set in PASID Directory Entry",
      ]
    ),
    (
      0x58,
      [
        "SM: Error attempting to access PASID Table Entry",
        "SM: Present bit in PASID Table Entry is clear",
        "SM: Non-zero reserved field set in PASID Table Entry",
        "SM: Invalid Scalable-Mode PASID Table Entry",
        "SM: ERE field is clear in PASID Table Entry",
        "SM: SRE field is clear in PASID Table Entry",
      ]
    ),
    (
      0x70,
      [
        "SM: Error attempting to access first-level paging entry",
        "SM: Present bit in first-level paging entry is clear",
        "SM: Non-zero reserved field set in first-level paging entry",
        "SM: Error attempting to access FL-PML4 entry",
        "SM: First-level entry address beyond MGAW in Nested translation",
        "SM: Read permission error in FL-PML4 entry in Nested translation",
        "SM: Read permission error in first-level paging entry in Nested translation",
        "SM: Write permission error in first-level paging entry in Nested translation",
        "SM: Error attempting to access second-level paging entry",
        "SM: Read/Write permission error in second-level paging entry",
        "SM: Non-zero reserved field set in second-level paging entry",
        "SM: Invalid second-level page table pointer",
        "SM: A/D bit update needed in second-level entry when set up in no snoop",
      ]
    ),
    (
      0x80,
      [
        "SM: Address in first-level translation is not canonical",
        "SM: U/S set 0 for first-level translation with user privilege",
        "SM: No execute permission for request with PASID and ER=1",
        "SM: Address beyond the DMA hardware max",
        "SM: Second-level entry address beyond the max",
        "SM: No write permission for Write/AtomicOp request",
        "SM: No read permission for Read/AtomicOp request",
        "SM: Invalid address-interrupt address",
      ]
    ),
    (0x90, ["SM: A/D bit update needed in first-level entry when set up in no snoop"]),
  ])
}
