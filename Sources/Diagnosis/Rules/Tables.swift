import KernelLog
import LogReading
import VTdFormats

extension Rule {
  /// Cause 8: an entry maps a large page that the unit cannot use.
  static let superpage = Rule(cause: .superpage) { fault in
    guard fault.isReason(FaultReason.pageEntryReserved), !isGraphicsAtBoot(fault) else {
      return nil
    }
    var clues: [Clue] = []
    let large = fault.fault.dump?.pageEntries.last { entry in
      entry.level > 1 && SecondStageEntry(rawValue: entry.value)[flag: .pageSize]
    }
    if let large {
      clues.append(
        Clue(
          .dumpHasLargePage,
          "the dumped entry of level \(large.level) is 0x\(hex(large.value)): it maps a large page",
          fault.fault.dump?.lines.suffix(1).map { $0.place } ?? []))
    }
    if let unit = fault.unit {
      let sizes = unit.value.capability[.secondStageLargePages]
      let needed: UInt64 = large?.level == 3 ? 2 : 1
      if sizes & needed == 0 {
        clues.append(
          Clue(
            .unitWithoutLargePages,
            "dmar\(unit.value.number) has no large pages of that size (CAP.SSLPS = \(sizes))",
            [unit.place]))
      } else if large != nil {
        clues.append(
          Clue(
            .unitHasLargePages,
            "dmar\(unit.value.number) has large pages of that size (CAP.SSLPS = \(sizes))",
            [unit.place]))
      }
    } else if large == nil, let address = fault.fault.address, address > 0,
      address % Paging.byteCount(level: 2) == 0
    {
      clues.append(
        Clue(
          .alignedToLargePage, "the address is aligned to 2 MiB, as a large page would be",
          fault.place))
    }
    if fault.log.isSet(.graphicsOff) {
      clues.append(
        Clue(
          .graphicsLeftOut, "igfx_off leaves a unit without the driver's care",
          fault.log.commandLines.map { $0.place }))
    }
    guard !clues.isEmpty else { return nil }
    return Hypothesis(
      cause: .superpage, clues: clues, severity: .serious, culprit: "the IOMMU driver",
      verdict: "the tables of \(fault.device) hold a large page that its unit cannot use",
      next: [
        "compare SSLPS of every unit that the domain is used by (boot lines dmarN: … cap …)",
        .linux("as a test: intel_iommu=on,sp_off makes no large pages"),
      ],
      missing: fault.unit == nil ? ["the unit's cap (boot lines)"] : [])
  }

  /// Cause 9: the tables are right, and still the unit refuses: it uses an old copy.
  static let staleCache = Rule(cause: .staleCache) { fault in
    guard fault.isReason(FaultReason.pageRefused), let leaf = fault.leaf,
      fault.leafAllows == true
    else { return nil }
    let large = leaf.level > 1
    return Hypothesis(
      cause: .staleCache,
      clues: [
        Clue(
          fault.fault.dump == nil ? .toolShowsPermission : .dumpShowsPermission,
          "the entry at level \(leaf.level) is present and allows it: \(leaf.entry)", leaf.places),
        Clue(.context, "the reason says otherwise", fault.place),
      ]
        + (large
          ? [
            Clue(
              .context,
              "it is a large page: when 4 KiB entries are replaced by one, the caches of the "
                + "upper levels must be flushed first", leaf.places)
          ] : []),
      severity: .serious,
      culprit: "the IOMMU driver (a missing flush), or the hardware's caches",
      verdict: "the table in memory allows what \(fault.device) was refused: the unit used a stale "
        + "copy",
      next: [
        .linux("test with strict flushing (iommu.strict=1) and with the caches' flushes traced"),
        "look for a fix of the flush where small pages are replaced by a large one",
        "on units without ECAP.C look for a missing cache-line flush of the entry",
      ],
      missing: [.linux("whether the fault stays with iommu.strict=1")])
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
    switch fault.knownReason {
    case .rootNotPresent? where dump.root?[flag: .present] == true: what = "root entry"
    case .contextNotPresent? where context?[flag: .present] == true: what = "context entry"
    case .scalableContextNotPresent? where context?[flag: .present] == true: what = "context entry"
    case .directoryNotPresent? where directory?[flag: .present] == true:
      what = "PASID directory entry"
    case .pasidEntryNotPresent? where dump.pasidEntry?[flag: .present] == true:
      what = "PASID table entry"
    default: return nil
    }
    let coherent = fault.unit.map { $0.value.extended[flag: .pageWalkCoherency] }
    return Hypothesis(
      cause: .staleCache,
      clues: [
        Clue(
          .dumpShowsPresent,
          "the dump contradicts the reason: the \(what) is present",
          fault.place + dump.lines.prefix(6).map { $0.place })
      ]
        + (coherent == false
          ? [
            Clue(
              .unitDoesNotSnoop, "the unit does not snoop the processor's caches (ECAP.C = 0)",
              fault.unit.map { [$0.place] } ?? [])
          ] : []),
      severity: .serious,
      culprit: "the IOMMU driver: the entry was not flushed to memory, or an old copy not dropped",
      verdict:
        "the \(what) of \(fault.device) is present in memory, but the unit saw none: a cache "
        + "was not flushed",
      next: ["look for a missing cache-line flush where the driver writes the \(what)"],
      missing: fault.unit == nil ? ["the unit's ecap (boot lines)"] : [])
  }

  /// Cause 13: the tables are those of the kernel before (kdump, kexec).
  static let oldKernelTables = Rule(cause: .oldKernelTables) { fault in
    var clues: [Clue] = []
    let copied = fault.boot { line in
      switch line {
      case .translationAlreadyEnabled, .translationTablesCopied, .interruptTableCopied: true
      default: false
      }
    }
    if !copied.isEmpty {
      clues.append(
        Clue(
          fault.isReason(FaultReason.tablesMissing) ? .copiedTables : .copiedTablesOtherReason,
          "this kernel took the tables over from the one before", copied.prefix(3).map { $0.place })
      )
    }
    let source = fault.fault.key.source
    if let root = fault.fault.dump?.scalableRoot {
      let isUpper = ScalableRootEntry.isUpper(source)
      let isMissing = isUpper ? !root[flag: .upperPresent] : !root[flag: .lowerPresent]
      let hasOther = isUpper ? root[flag: .lowerPresent] : root[flag: .upperPresent]
      if isMissing && hasOther {
        clues.append(
          Clue(
            .wrongHalfOfRoot,
            "the scalable root entry has only the \(isUpper ? "lower" : "upper") half set, and "
              + "\(fault.device) needs the \(isUpper ? "upper" : "lower") one (device "
              + "\(source.device)): the table was put into the wrong half",
            fault.fault.dump?.lines.prefix(2).map { $0.place } ?? []))
      }
    }
    if let context = fault.fault.dump?.context {
      let table = context.low.pageStart
      let unreadable = fault.log.oopses.filter {
        $0.place > fault.fault.first && ($0.value ^ table) & 0xff_ffff_ffff == 0
          && table != 0
      }
      if let oops = unreadable.first {
        clues.append(
          Clue(
            .dumpFailsAtTable,
            "the dump itself fails at the table 0x\(hex(table)), which the context entry names: "
              + "this kernel does not own that memory, so another kernel wrote the entry",
            [oops.place]))
      }
    }
    guard !clues.isEmpty else { return nil }
    return Hypothesis(
      cause: .oldKernelTables, clues: clues, severity: .serious,
      culprit: "the IOMMU driver's take-over of tables (kdump, kexec)",
      verdict: "\(fault.device) was translated with the tables of the kernel before this one",
      next: [
        .linux("stop the devices in the first kernel before the kexec where that is possible"),
        "print the root entries before and after they are copied, and compare the halves",
      ],
      missing: copied.isEmpty
        ? [.linux("whether this is a kdump or kexec kernel (boot lines)")] : [])
  }

  /// What a unit says of entries that use what it does not have.
  private static let unknownFeature = FaultReason.scalableEntryWrong.union([
    .pasidEntryNotPresent, .supervisorRequestsDisabled, .firstStageReserved, .userNotPermitted,
  ])

  /// Cause 14: an entry asks for something that the unit does not have.
  static let missingFeature = Rule(cause: .missingFeature) { fault in
    guard fault.isReason(unknownFeature) else {
      return nil
    }
    var clues: [Clue] = []
    switch fault.knownReason {
    case .userNotPermitted?:
      clues.append(
        Clue(
          .userBitMissing,
          "the first-stage entry does not allow user requests (U/S), and a request with a PASID "
            + "is one", fault.place))
    case .pasidEntryReserved?, .pasidEntryInvalid?:
      clues.append(
        Clue(
          .reservedBitInPASIDEntry,
          "the unit finds a reserved bit set in the PASID table entry", fault.place))
    case .supervisorRequestsDisabled?:
      clues.append(
        Clue(
          .supervisorRefused, "supervisor requests are not enabled in the PASID entry", fault.place)
      )
    case .pasidEntryNotPresent?:
      return nil
    default:
      clues.append(
        Clue(.reservedBit, "the unit finds a reserved bit set in an entry", fault.place))
    }
    if let entry = fault.fault.dump?.pasidEntry, let unit = fault.unit {
      if entry[flag: .supervisorRequests], !unit.value.extended[flag: .supervisorRequests] {
        clues.append(
          Clue(.entryAsksTooMuch, "the entry sets SRE, and the unit has no SRS", [unit.place]))
      }
      if entry[flag: .pageSnoop], !unit.value.extended[flag: .snoopControl] {
        clues.append(
          Clue(.entryAsksTooMuch, "the entry sets PGSNP, and the unit has no SC", [unit.place]))
      }
      if entry[flag: .secondStageAccessedDirty],
        !unit.value.extended[flag: .secondStageAccessedDirty]
      {
        clues.append(
          Clue(.entryAsksTooMuch, "the entry sets SSADE, and the unit has no SSADS", [unit.place]))
      }
    }
    return Hypothesis(
      cause: .missingFeature, clues: clues, severity: .serious, culprit: "the IOMMU driver",
      verdict: fault.isReason(.userNotPermitted)
        ? "the first-stage tables of \(fault.device) lack the user bit that its requests need"
        : "a table entry of \(fault.device) uses something that its unit does not have",
      next: ["compare the dumped entry with the unit's ecap, bit by bit (dmar decode)"],
      missing: fault.unit == nil
        ? ["the unit's cap and ecap (boot lines)", "the dumped entry"] : [])
  }
}
