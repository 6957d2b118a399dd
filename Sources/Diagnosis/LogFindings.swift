import KernelLog
import LogReading
import PCI
import VTdFormats

/// Findings that belong to the log as a whole, not to a fault record.
enum LogFindings {
  static func find(_ log: LogContents) -> [Finding] {
    let stops = queueStops(log.queueErrors).compactMap { QueueFindings.find($0, log) }
    let others = [
      statusOfOnes(log), firmwareTable(log), kexecWithoutTakeOver(log), malfunction(log),
      unalignedFlush(log), fatalDump(log), UnreadRecord.finding(log),
    ]
    return stops + others.compactMap { $0 } + InterruptStorm(log).findings
      + MessageFindings.find(log) + StumbleFindings.find(log)
  }

  /// A fault status of all ones is not a status: the register page did not answer.
  private static func statusOfOnes(_ log: LogContents) -> Finding? {
    guard let count = log.statuses[.max] else { return nil }
    return Finding(
      .message, id: "status-all-ones", confidence: 95, severity: .serious,
      culprit: "the unit's power, link or parent: its registers are not there",
      verdict: "a unit no longer answers: its fault status reads all ones, which is not a status "
        + "(powered off, reset, or its domain is gone)",
      why: [
        Finding.Evidence(
          "the status line shows ffffffff\(count > 1 ? " \(count) times" : "")",
          log.onesPlaces)
      ],
      next: [
        "see what was reset, removed or powered down just before (VMD domains take their unit along)",
        "do not read the bits: no fault is recorded there",
      ])
  }

  /// The errors of one stop of the queue each: detections, then descriptors, then what was cleared.
  private static func queueStops(
    _ errors: [Noted<QueueErrorLine>]
  ) -> [[Noted<QueueErrorLine>]] {
    var stops: [[Noted<QueueErrorLine>]] = []
    var isBehindDescriptors = true
    for error in errors {
      switch error.value {
      case .timeout, .queueError, .completionError:
        if isBehindDescriptors { stops.append([]) }
        isBehindDescriptors = false
      default: isBehindDescriptors = true
      }
      if stops.isEmpty { stops.append([]) }
      stops[stops.count - 1].append(error)
    }
    return stops
  }

  /// Cause 16: the DMAR table is wrong.
  private static func firmwareTable(_ log: LogContents) -> Finding? {
    var why: [Finding.Evidence] = []
    var isDead = false
    for line in log.boot {
      switch line.value {
      case .firmwareUncoveredRegion(let base, let end):
        why.append(
          Finding.Evidence(
            "the memory map does not reserve the RMRR 0x\(hex(base))-0x\(hex(end)): the kernel may "
              + "use memory that the firmware's DMA writes to", [line.place]))
      case .firmwareBadRegion(let base, let end, _):
        why.append(
          Finding.Evidence("the RMRR 0x\(hex(base))-0x\(hex(end)) is refused", [line.place]))
      case .firmwareBadUnit(let base, let allOnes, _):
        isDead = true
        why.append(
          Finding.Evidence(
            "at 0x\(hex(base)) there is no unit\(allOnes ? " (all ones)" : "")", [line.place]))
      default: break
      }
    }
    let failed = log.boot.filter { $0.value == .tableNotParsed }
    if !failed.isEmpty {
      why.append(
        Finding.Evidence(
          "the kernel gives the table up: VT-d stays off, though it was asked for",
          failed.map { $0.place }))
    }
    guard !why.isEmpty else { return nil }
    return Finding(
      .firmwareTable, confidence: 92, severity: failed.isEmpty && !isDead ? .unclear : .serious,
      culprit: "the firmware",
      verdict: failed.isEmpty
        ? "the firmware's DMAR table is wrong; the kernel works around it"
        : "the firmware's DMAR table is wrong, and VT-d is off because of it",
      why: why,
      next: [
        "update the firmware; report the lines to its vendor",
        "where VT-d stays off, a kernel that only warns about such a region keeps it on",
      ])
  }

  /// Cause 13 without a fault: interrupt remapping was left on by the kernel before.
  private static func kexecWithoutTakeOver(_ log: LogContents) -> Finding? {
    let lines = log.boot.filter {
      if case .interruptRemappingNotKdump = $0.value { true } else { false }
    }
    let translations = log.marks.filter { $0.value.kind == .translationWasOn }
    guard !lines.isEmpty || !translations.isEmpty else { return nil }
    var why: [Finding.Evidence] = []
    if !lines.isEmpty {
      why.append(
        Finding.Evidence(
          "\(lines.count) units had interrupt remapping on, and this is not a kdump kernel",
          lines.prefix(4).map { $0.place }))
    }
    if !translations.isEmpty {
      why.append(
        Finding.Evidence(
          "\(translations.count) units had translation on", translations.prefix(4).map { $0.place })
      )
    }
    return Finding(
      .oldKernelTables, confidence: 84, severity: .unclear,
      culprit: "the kernel before this one: it left remapping on",
      verdict: "this kernel was started by kexec while remapping was still on; it clears "
        + "the units and starts anew",
      why: why,
      next: [
        "harmless if all devices work; otherwise shut the units down before the kexec "
          + "(a kernel whose reboot path disables remapping)"
      ])
  }

  private static func malfunction(_ log: LogContents) -> Finding? {
    let panics = log.panics.filter { $0.value == .malfunction }
    guard !panics.isEmpty else { return nil }
    return Finding(
      .unknown, confidence: 60, severity: .serious, culprit: "a unit that does not answer",
      verdict: "a unit did not confirm a command in time, and the kernel gave up",
      why: [
        Finding.Evidence(
          "the driver waits for GSTS to follow GCMD and panics after ten seconds",
          panics.map { $0.place })
      ],
      next: [
        "the stack tells which command: iommu_disable_translation waits for TES to clear",
        "on the way to power-off or suspend the graphics unit is the usual one: look for the kernel "
          + "quirk that leaves its translation on",
      ],
      missing: ["which unit it was (its base address)"])
  }

  /// The dump of CONFIG_DMAR_DEBUG reads what an entry names without a check: one that leads out of
  /// memory is an oops in interrupt context.
  private static func fatalDump(_ log: LogContents) -> Finding? {
    guard let oops = log.oopses.last,
      let fault = log.faults.filter({ $0.dump != nil && $0.last < oops.place })
        .max(by: { $0.last < $1.last }),
      // The longest dump has a root entry, a context entry, nine PASID words and five levels.
      oops.place.file == fault.last.file, oops.place.line - fault.last.line < 24
    else { return nil }
    // In the middle of the oops's registers and stack the panic's line may be out of sight.
    let panic = log.panics.last { $0.value == .fatalInterrupt }
    return Finding(
      .unknown, confidence: 85, severity: .serious,
      culprit: "whoever wrote the last entry of the dump; the dump trusts it",
      verdict:
        "the kernel died in the dump of the tables behind a fault of \(fault.key.source): it "
        + "followed an entry that leads out of memory",
      why: [
        Finding.Evidence(
          "the read of 0x\(hex(oops.value)) failed right behind the dump's lines",
          [fault.last, oops.place]),
        Finding.Evidence(
          "an oops in an interrupt is a panic: the kernel stopped for good",
          panic.map { [$0.place] } ?? []),
      ],
      next: [
        "find out who wrote that entry: the fault alone would not have stopped the kernel",
        "without CONFIG_INTEL_IOMMU_DEBUGFS the fault is told and nothing is dumped",
      ])
  }

  /// A possible origin of cause 9: a flush whose address is not a multiple of its size.
  private static func unalignedFlush(_ log: LogContents) -> Finding? {
    let lines = log.driverNotes.filter {
      if case .nonAlignedInvalidation = $0.value { true } else { false }
    }
    guard !lines.isEmpty else { return nil }
    return Finding(
      .staleCache, confidence: 70, severity: .serious, culprit: "the IOMMU driver",
      verdict: "the driver flushes ranges with addresses that do not fit their size, so parts of "
        + "them stay cached",
      why: [
        Finding.Evidence(
          "\(lines.count) such flushes are reported", lines.prefix(4).map { $0.place })
      ],
      next: ["look for a kernel that rounds the range of shared-memory flushes"])
  }
}
