import KernelLog
import LogReading
import PCI
import Text
import VTdFormats

/// What is said where no cause is likely enough: what was looked at, and what would decide.
enum OpenVerdict {
  static func make(_ fault: FaultCase, others: [Finding]) -> Finding {
    let meaning =
      fault.reason.map { FaultReason(rawValue: $0).meaning ?? "a reason that is not known" }
      ?? "the reason is cut off"
    let checked = checks(fault)
    let possible = others.filter { $0.confidence >= 20 }
    var verdict = "the cause is open: \(fault.device) was refused (\(meaning))"
    if let hidden = fault.fault.key.hiddenAddress {
      verdict += ", and its address is masked or cut (\(Self.shown(hidden)))"
    }
    if !possible.isEmpty {
      verdict +=
        "; possible, but not shown by the log: "
        + possible.prefix(3).map { $0.cause.words }.joined(separator: ", or ")
    }
    var why = [Finding.Evidence("checked: " + checked.joined(separator: "; "))]
    if let behind = fault.behindBridge {
      let names = behind.functions.map { $0.shortDescription }.joined(separator: ", ")
      why.append(
        Finding.Evidence(
          "\(fault.device) is not a function: the bridge \(behind.bridge.shortDescription) sends what is "
            + "behind it under this id, so the sender is "
            + (behind.functions.count == 1 ? names : "one of \(names)"), behind.places))
    }
    for other in possible.prefix(3) {
      if let clue = other.why.first {
        why.append(Finding.Evidence("for \(other.cause.words): \(clue.text)", clue.places))
      }
    }
    return Finding(
      .unknown, confidence: 0, severity: .unclear, culprit: "open", verdict: verdict, why: why,
      next: next(possible),
      missing: Step.texts(missing(fault), under: fault.fault.observation.system))
  }

  /// A part of an address as people hide it, without what could be taken for a number.
  private static func shown(_ hidden: String) -> String {
    let letters = hidden.filter { !$0.isHexDigit || $0 == "x" }
    return letters.isEmpty ? "cut off" : counted(hidden.count, "character")
  }

  private static func checks(_ fault: FaultCase) -> [String] {
    var checks: [String] = []
    if fault.fault.address != nil {
      checks.append(
        fault.log.regions.isEmpty
          ? "no RMRR lines to compare the address with"
          : fault.log.regions.count == 1
            ? "the address does not lie in the one reserved region"
            : "the address lies in none of \(fault.log.regions.count) reserved regions")
      checks.append(
        fault.log.memory.isEmpty
          ? "no memory map"
          : fault.memory.map { "the memory map calls the address \($0.value.type)" }
            ?? "the memory map does not know the address")
    }
    checks.append(
      fault.function == nil
        ? "the device is not listed in the log" : "the device is listed")
    if fault.bringUp != nil { checks.append("the fault is later than the bring-up of the units") }
    if fault.fault.dump == nil, fault.fault.interruptIndex == nil { checks.append("no table dump") }
    if let hole = fault.hole {
      checks.append(
        "the dump has no entry at level \(hole.level), index 0x\(hex(hole.index)): nothing is mapped from "
          + "0x\(hex(hole.first)) to 0x\(hex(hole.last))")
    }
    return checks
  }

  private static func next(_ possible: [Finding]) -> [String] {
    var next: [String] = []
    for other in possible.prefix(2) { next += other.next.prefix(1) }
    next.append("gather what is missing, and explain it together with this log")
    return next
  }

  private static func missing(_ fault: FaultCase) -> [Step] {
    var missing: [Step] = []
    if fault.fault.dump == nil, fault.fault.interruptIndex == nil {
      missing.append(.linux("the table dump (a kernel with CONFIG_INTEL_IOMMU_DEBUGFS)"))
    }
    if fault.log.memory.isEmpty {
      missing.append(.linux("the whole boot log (e820, RMRR and DRHD lines)"))
    }
    if fault.function == nil { missing.append(.linux("lspci -nnvv")) }
    if fault.fault.access != nil, !fault.log.hasHistory {
      missing.append(.linux("the map and unmap history (iommu trace events)"))
    }
    return missing
  }
}

extension Finding.Cause {
  /// The cause in a few words, for a list of possibilities.
  var words: String {
    switch self {
    case .firmwareRegion: "a firmware region that is not mapped"
    case .inherited: "a leftover of the firmware's graphics"
    case .phantomFunction: "an id that the device should not use"
    case .unsetAddress: "an address that was never set"
    case .unmappedTooEarly: "a buffer that was unmapped too early"
    case .rawPhysicalAddress: "a physical address"
    case .wrongDirection: "a buffer that is mapped for the other direction"
    case .superpage: "a large page that the unit cannot use"
    case .staleCache: "a stale cache"
    case .compatibilityInterrupt: "an interrupt that the kernel did not set up for remapping"
    case .ioapicAtBoot: "an IOAPIC's message during the boot"
    case .interruptEntry: "an interrupt entry that is gone or another's"
    case .oldKernelTables: "tables of another kernel"
    case .missingFeature: "a feature that the unit lacks"
    case .detached: "a device that was detached while it worked"
    case .firmwareTable: "a wrong DMAR table"
    case .invalidationTimeout: "a device that does not answer"
    case .firmwareOwnDMA: "DMA of the firmware"
    case .kernelBefore: "a device of the kernel before"
    case .latchedBeforeLinux: "a record older than Linux"
    case .memoryCorruption: "memory corruption"
    case .displayRefresh: "a display that is still refreshed"
    case .overRead: "a read past the end of a buffer"
    case .writeOnlyMapping: "a buffer that is mapped for writes alone (wrong direction)"
    case .guestInterrupt: "an interrupt message that a guest wrote"
    case .interruptWithoutAddress: "an interrupt message without its address"
    case .leftRunning: "a device that firmware left running"
    case .garbageDescriptors: "garbage descriptors"
    case .bridgeAlias: "a bridge's alias without an entry"
    case .removedAndFound: "a device that was removed and found again"
    case .flushOfRemovedDevice: "a flush of a device that is gone"
    case .guestMapping: "guest memory that is not mapped"
    case .mappedForAnother: "a buffer that is mapped for another device"
    case .neverMapped: "an address that was never mapped"
    case .message, .unknown: "open"
    }
  }
}
