import ACPITables
import KernelLog
import PCI
import VTdFormats

extension Rule {
  /// Cause 10: a device sends its interrupts in the old format.
  static let compatibilityInterrupt = Rule(cause: .compatibilityInterrupt) { fault in
    guard fault.isReason(0x25), fault.fault.interruptIndex != nil,
      !isIOAPIC(fault.fault.key.source, in: fault)
    else { return nil }
    let source = fault.fault.key.source
    var why = [
      Finding.Evidence(
        "the message's address has bit 4 clear: it does not name an entry of the remapping table, "
          + "and the printed index means nothing", fault.place)
    ]
    var confidence = 84
    let parents = fault.siblings.filter { $0.function < source.function }
    if source.function > 0 || source.device > 0, let parent = parents.first {
      why.append(
        Finding.Evidence(
          "\(fault.device) shares its device with \(parent.shortDescription): a virtual function "
            + "whose interrupts were set up outside the remapping domain",
          fault.log.functions[parent].map { [$0.place] } ?? []))
      confidence += 4
    }
    let driver = fault.function?.driver ?? ""
    if driver == "vmd" || source == SourceID(bus: 0xe2, device: 0, function: 0) {
      why.append(Finding.Evidence("a volume management device sends for the drives behind it"))
    }
    return Finding(
      .compatibilityInterrupt, confidence: confidence, severity: .serious,
      culprit: "the interrupt set-up of the kernel (the device is not in the remapping domain)",
      verdict:
        "\(fault.device) sends interrupts in compatibility format, which the unit blocks; its "
        + "DMA is not concerned",
      why: why,
      next: [
        "read the function's MSI address (lspci -vv): bit 4 must be set",
        "look which interrupt domain the function got: virtual functions and VMD children must "
          + "inherit their parent's",
      ],
      missing: driver.isEmpty ? ["lspci -vv of \(fault.device)"] : [])
  }

  /// Whether the id is that of an IOAPIC or HPET in the unit's scope.
  private static func isIOAPIC(_ source: SourceID, in fault: FaultCase) -> Bool {
    if fault.function != nil { return false }
    // Firmware gives them ids of functions that do not exist, mostly f0:1f.x.
    if ioapicOfTable(source, in: fault) != nil { return true }
    if source.bus == 0xf0 && source.device == 0x1f { return true }
    return source.device == 0x1f && source.bus >= 0xf0
  }

  /// The IOAPIC or timer that a DMAR table gives the id to.
  private static func ioapicOfTable(_ source: SourceID, in fault: FaultCase) -> InterruptSource? {
    fault.log.platform?.interruptSources.first { $0.sourceID == source }
  }

  /// Cause 11: an IOAPIC's message while remapping is being switched on.
  static let ioapicAtBoot = Rule(cause: .ioapicAtBoot) { fault in
    guard fault.isReason(0x25), fault.fault.interruptIndex != nil,
      isIOAPIC(fault.fault.key.source, in: fault)
    else { return nil }
    var why = [
      Finding.Evidence(
        "\(fault.device) is no PCI function; firmware gives such ids to IOAPICs and HPETs",
        fault.place)
    ]
    var confidence = 70
    if let known = ioapicOfTable(fault.fault.key.source, in: fault) {
      why.append(
        Finding.Evidence(
          "the DMAR table gives this id to \(known.kind == .hpet ? "HPET" : "IOAPIC") "
            + "\(known.enumerationID)"))
      confidence = 80
    }
    if fault.isBeforeBringUp {
      why.append(
        Finding.Evidence(
          "it comes before interrupt remapping is reported as enabled",
          fault.boot { if case .interruptRemapping = $0 { true } else { false } }.map(\.place)))
      confidence = 92
    } else if fault.fault.count > 2 {
      // It goes on after the boot: then it is not the moment of the change.
      confidence = 52
    }
    return Finding(
      .ioapicAtBoot, confidence: confidence,
      severity: fault.isBeforeBringUp || fault.fault.count < 3 ? .harmless : .unclear,
      culprit: "nobody: a message sent before the IOAPIC was set up anew",
      verdict:
        "an IOAPIC sent one interrupt in the old format while remapping was being switched on",
      why: why, next: ["ignore it if it appears at boot only"])
  }

  /// Cause 12: the entry for the interrupt is gone, or belongs to another source.
  static let interruptEntry = Rule(cause: .interruptEntry) { fault in
    guard fault.isReason(0x20, 0x21, 0x22, 0x23, 0x24, 0x26), let index = fault.fault.interruptIndex
    else { return nil }
    let row = fault.log.debugfs.first { row in
      if case .interruptEntry(let number, _, _, _) = row.value { return number == UInt32(index) }
      return false
    }
    var why: [Finding.Evidence] = []
    let verdict: String
    let next: String
    switch fault.reason {
    case 0x26:
      verdict =
        "\(fault.device) used interrupt entry 0x\(hex(UInt64(index))), which is another source's "
        + "(source-id check)"
      next =
        "a bridge may have put its own id on the message: compare the entry's SID and SVT with "
        + "lspci -t"
      why.append(Finding.Evidence("the entry's source-id check refused the message", fault.place))
      if let below = fault.busesBelow {
        why.append(
          Finding.Evidence(
            "\(fault.device) is a bridge to bus \(hex(UInt64(below.secondary), digits: 2)): messages of "
              + "what is below carry its id", [below.place]))
      }
    case 0x22:
      verdict =
        "\(fault.device) used interrupt entry 0x\(hex(UInt64(index))), which is not there (any more)"
      next = "see whether the interrupt was freed while the device could still send it"
      why.append(Finding.Evidence("the entry's present bit is clear", fault.place))
    default:
      verdict = "\(fault.device) used interrupt entry 0x\(hex(UInt64(index))), which is not usable"
      next = "decode the entry (ir_translation_struct in debugfs)"
      why.append(
        Finding.Evidence(
          "the unit refused the entry: " + FaultReasonTable.scalable.text(fault.reason ?? 0),
          fault.place))
    }
    if let row, case .interruptEntry(_, let source, let high, let low) = row.value {
      let entry = InterruptEntry(low: low, high: high)
      why.append(
        Finding.Evidence(
          "debugfs shows the entry for \(source.map(\.description) ?? "?"): \(entry)", [row.place]))
    }
    return Finding(
      .interruptEntry, confidence: fault.isReason(0x22, 0x26) ? 82 : 70, severity: .serious,
      culprit: fault.isReason(0x26)
        ? "the interrupt set-up of the kernel (aliases of bridges)"
        : "the driver of the device, or the kernel's interrupt set-up",
      verdict: verdict, why: why, next: [next],
      missing: row == nil ? ["/sys/kernel/debug/iommu/intel/ir_translation_struct"] : [])
  }
}
