import KernelLog
import VTdFormats

extension Rule {
  /// Cause 8: an entry maps a large page that the unit cannot use.
  static let superpage = Rule(cause: .superpage) { fault in
    guard fault.isReason(0x0c, 0x7a, 0x72) else { return nil }
    var why: [Finding.Evidence] = []
    var confidence = 0
    let large = fault.fault.dump?.pageEntries.last { entry in
      entry.level > 1 && SecondStageEntry(rawValue: entry.value)[flag: .pageSize]
    }
    if let large {
      why.append(
        Finding.Evidence(
          "the dumped entry of level \(large.level) is 0x\(hex(large.value)): it maps a large page",
          fault.fault.dump?.lines.suffix(1).map(\.place) ?? []))
      confidence = 70
    }
    if let unit = fault.unit {
      let sizes = unit.value.capability[.secondStageLargePages]
      let needed: UInt64 = large?.level == 3 ? 2 : 1
      if sizes & needed == 0 {
        why.append(
          Finding.Evidence(
            "dmar\(unit.value.number) has no large pages of that size (CAP.SSLPS = \(sizes))",
            [unit.place]))
        confidence = max(confidence + 22, 70)
      } else if large != nil {
        confidence -= 30
      }
    } else if large == nil, let address = fault.fault.address, address & 0x1f_ffff == 0, address > 0
    {
      why.append(
        Finding.Evidence("the address is aligned to 2 MiB, as a large page would be", fault.place))
      confidence = 46
    }
    if fault.log.commandLines.contains(where: { $0.value.contains("igfx_off") }) {
      why.append(
        Finding.Evidence(
          "igfx_off leaves a unit without the driver's care",
          fault.log.commandLines.map(\.place)))
      confidence += 10
    }
    guard confidence >= 40 else { return nil }
    return Finding(
      .superpage, confidence: confidence, severity: .serious, culprit: "the IOMMU driver",
      verdict: "the tables of \(fault.device) hold a large page that its unit cannot use",
      why: why,
      next: ["compare SSLPS of every unit that the domain is used by (boot lines dmarN: … cap …)"],
      missing: fault.unit == nil ? ["the unit's cap (boot lines)"] : [])
  }

  /// Cause 9: the tables are right, and still the unit refuses: it uses an old copy.
  static let staleCache = Rule(cause: .staleCache) { fault in
    guard fault.isReason(5, 6, 0x71, 0x79, 0x85, 0x86), let leaf = fault.leaf,
      fault.leafAllows == true
    else { return nil }
    let large = leaf.level > 1
    return Finding(
      .staleCache, confidence: fault.fault.dump == nil ? 76 : 88, severity: .serious,
      culprit: "the IOMMU driver (a missing flush), or the hardware's caches",
      verdict: "the table in memory allows what \(fault.device) was refused: the unit used a stale "
        + "copy",
      why: [
        Finding.Evidence(
          "the entry at level \(leaf.level) is present and allows it: \(leaf.entry)", leaf.places),
        Finding.Evidence("the reason says otherwise", fault.place),
      ]
        + (large
          ? [
            Finding.Evidence(
              "it is a large page: when 4 KiB entries are replaced by one, the caches of the "
                + "upper levels must be flushed first", leaf.places)
          ] : []),
      next: [
        "test with strict flushing (iommu.strict=1) and with the caches' flushes traced",
        "look for a fix of the flush where small pages are replaced by a large one",
        "on units without ECAP.C look for a missing cache-line flush of the entry",
      ],
      missing: ["whether the fault stays with iommu.strict=1"])
  }

  /// Cause 9, upper levels: the dump shows a present entry where the reason says there is none.
  static let staleSharedTable = Rule(cause: .staleCache) { fault in
    guard let dump = fault.fault.dump else { return nil }
    let context = dump.context.map { ContextEntry(low: $0.low, high: $0.high) }
    let directory = dump.lines.lazy.compactMap { line -> PASIDDirectoryEntry? in
      if case .pasidDirectoryEntry(let value) = line.value {
        return PASIDDirectoryEntry(rawValue: value)
      }
      return nil
    }.first
    let what: String
    switch fault.reason {
    case 0x01 where dump.root?[flag: .present] == true: what = "root entry"
    case 0x02 where context?[flag: .present] == true: what = "context entry"
    case 0x41 where context?[flag: .present] == true: what = "context entry"
    case 0x51 where directory?[flag: .present] == true: what = "PASID directory entry"
    case 0x59 where dump.pasidEntry?[flag: .present] == true: what = "PASID table entry"
    default: return nil
    }
    let coherent = fault.unit.map { $0.value.extended[flag: .pageWalkCoherency] }
    return Finding(
      .staleCache, confidence: coherent == false ? 90 : 80, severity: .serious,
      culprit: "the IOMMU driver: the entry was not flushed to memory, or an old copy not dropped",
      verdict:
        "the \(what) of \(fault.device) is present in memory, but the unit saw none: a cache "
        + "was not flushed",
      why: [
        Finding.Evidence(
          "the dump contradicts the reason: the \(what) is present",
          fault.place + dump.lines.prefix(6).map(\.place))
      ]
        + (coherent == false
          ? [
            Finding.Evidence(
              "the unit does not snoop the processor's caches (ECAP.C = 0)",
              fault.unit.map { [$0.place] } ?? [])
          ] : []),
      next: ["look for a missing cache-line flush where the driver writes the \(what)"],
      missing: fault.unit == nil ? ["the unit's ecap (boot lines)"] : [])
  }

  /// Cause 13: the tables are those of the kernel before (kdump, kexec).
  static let oldKernelTables = Rule(cause: .oldKernelTables) { fault in
    var why: [Finding.Evidence] = []
    var confidence = 0
    let copied = fault.boot { line in
      switch line {
      case .translationAlreadyEnabled, .translationTablesCopied, .interruptTableCopied: true
      default: false
      }
    }
    if !copied.isEmpty {
      why.append(
        Finding.Evidence(
          "this kernel took the tables over from the one before", copied.prefix(3).map(\.place)))
      confidence = fault.isReason(1, 2, 0x39, 0x41, 0x51, 0x59) ? 84 : 62
    }
    let source = fault.fault.key.source
    if let root = fault.fault.dump?.scalableRoot {
      let isUpper = source.device >= 16
      let isMissing = isUpper ? !root[flag: .upperPresent] : !root[flag: .lowerPresent]
      let hasOther = isUpper ? root[flag: .lowerPresent] : root[flag: .upperPresent]
      if isMissing && hasOther {
        why.append(
          Finding.Evidence(
            "the scalable root entry has only the \(isUpper ? "lower" : "upper") half set, and "
              + "\(fault.device) needs the \(isUpper ? "upper" : "lower") one (device "
              + "\(source.device)): the table was put into the wrong half",
            fault.fault.dump?.lines.prefix(2).map(\.place) ?? []))
        confidence += 12
      }
    }
    if let context = fault.fault.dump?.context {
      let table = context.low & ~0xfff
      let unreadable = fault.log.oopses.filter {
        $0.place > fault.fault.first && $0.value & 0xff_ffff_ffff == table & 0xff_ffff_ffff
          && table != 0
      }
      if let oops = unreadable.first {
        why.append(
          Finding.Evidence(
            "the dump itself fails at the table 0x\(hex(table)), which the context entry names: "
              + "this kernel does not own that memory, so another kernel wrote the entry",
            [oops.place]))
        confidence = max(confidence, 78)
      }
    }
    guard confidence > 0 else { return nil }
    return Finding(
      .oldKernelTables, confidence: confidence, severity: .serious,
      culprit: "the IOMMU driver's take-over of tables (kdump, kexec)",
      verdict: "\(fault.device) was translated with the tables of the kernel before this one",
      why: why,
      next: [
        "stop the devices in the first kernel before the kexec where that is possible",
        "print the root entries before and after they are copied, and compare the halves",
      ],
      missing: copied.isEmpty ? ["whether this is a kdump or kexec kernel (boot lines)"] : [])
  }

  /// Cause 14: an entry asks for something that the unit does not have.
  static let missingFeature = Rule(cause: .missingFeature) { fault in
    guard fault.isReason(0x3a, 0x42, 0x43, 0x52, 0x5a, 0x5b, 0x5d, 0x59, 0x81, 0x72) else {
      return nil
    }
    var why: [Finding.Evidence] = []
    var confidence: Int
    switch fault.reason {
    case 0x81:
      why.append(
        Finding.Evidence(
          "the first-stage entry does not allow user requests (U/S), and a request with a PASID "
            + "is one", fault.place))
      confidence = 82
    case 0x5a, 0x5b:
      why.append(
        Finding.Evidence("the unit finds a reserved bit set in the PASID table entry", fault.place))
      confidence = 66
    case 0x5d:
      why.append(
        Finding.Evidence("supervisor requests are not enabled in the PASID entry", fault.place))
      confidence = 66
    case 0x59:
      return nil
    default:
      why.append(
        Finding.Evidence("the unit finds a reserved bit set in an entry", fault.place))
      confidence = 52
    }
    if let entry = fault.fault.dump?.pasidEntry, let unit = fault.unit {
      if entry[flag: .supervisorRequests], !unit.value.extended[flag: .supervisorRequests] {
        why.append(
          Finding.Evidence("the entry sets SRE, and the unit has no SRS", [unit.place]))
        confidence += 20
      }
      if entry[flag: .pageSnoop], !unit.value.extended[flag: .snoopControl] {
        why.append(Finding.Evidence("the entry sets PGSNP, and the unit has no SC", [unit.place]))
        confidence += 16
      }
      if entry[flag: .secondStageAccessedDirty],
        !unit.value.extended[flag: .secondStageAccessedDirty]
      {
        why.append(
          Finding.Evidence("the entry sets SSADE, and the unit has no SSADS", [unit.place]))
        confidence += 16
      }
    }
    return Finding(
      .missingFeature, confidence: confidence, severity: .serious, culprit: "the IOMMU driver",
      verdict: fault.reason == 0x81
        ? "the first-stage tables of \(fault.device) lack the user bit that its requests need"
        : "a table entry of \(fault.device) uses something that its unit does not have",
      why: why,
      next: ["compare the dumped entry with the unit's ecap, bit by bit (dmar decode)"],
      missing: fault.unit == nil
        ? ["the unit's cap and ecap (boot lines)", "the dumped entry"] : [])
  }

  /// Cause 15: the device was detached, removed or reset while it still worked.
  static let detached = Rule(cause: .detached) { fault in
    guard fault.isReason(1, 2, 0x39, 0x41, 0x59) else { return nil }
    if let left = fault.log.departures[fault.fault.function], left < fault.fault.last {
      return Finding(
        .detached, confidence: 82, severity: .serious, culprit: "whoever removed the device",
        verdict: "\(fault.device) still did DMA after it was removed from its IOMMU group",
        why: [Finding.Evidence("it left its group before the fault", [left] + fault.place)],
        next: ["stop the device (bus mastering off, function reset) before it is unbound"])
    }
    let signs = fault.notes(
      "removed", "Removing", "inaccessible", "hot-remove", "unbind", "Disabling", "FLR")
    guard !signs.isEmpty else { return nil }
    return Finding(
      .detached, confidence: 62, severity: .serious, culprit: "whoever removed the device",
      verdict: "\(fault.device) still did DMA while it was being taken away",
      why: [Finding.Evidence("the log tells of its removal", signs.map(\.place))],
      next: ["stop the device (bus mastering off, function reset) before it is unbound"],
      missing: ["the order of unbind and fault (whole log)"])
  }
}
