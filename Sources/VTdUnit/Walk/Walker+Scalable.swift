import PhysicalMemory
import VTdFormats

// Scalable mode from the root to the PASID entry (VT-d specification 3.4.3, 7.1.3).
extension Walker {
  mutating func findScalableContext(
    _ request: DMARequest, root: RootTableAddress, _ context: inout RequestContext
  ) -> UInt8 {
    var entry = ScalableContextEntry()
    context.flags = .scalable
    let reason = readScalableContext(request.source, root: root, &entry, &context)
    if reason != 0 { return scalableReason(reason, &context) }
    let unusable = useScalableContext(entry, request, &context)
    if unusable != 0 { return unusable }
    var pasidEntry = PASIDTableEntry()
    let unreadable = readPASIDEntry(entry, &pasidEntry, &context)
    if unreadable != 0 { return unreadable }
    return usePASIDEntry(pasidEntry, &context)
  }

  /// The code of a fault before the PASID directory: QEMU has those of legacy mode, and FPD does not
  /// count for all of them.
  func scalableReason(_ reason: UInt8, _ context: inout RequestContext) -> UInt8 {
    guard hasQuirk(.legacyPermissionCodes) else { return reason }
    let table: [(FaultReason, FaultReason)] = [
      (.scalableRootRead, .rootRead), (.scalableRootNotPresent, .rootNotPresent),
      (.scalableRootReserved, .rootReserved), (.scalableContextRead, .contextRead),
      (.scalableContextNotPresent, .contextNotPresent),
      (.scalableContextReserved, .contextReserved),
    ]
    guard let legacy = table.first(where: { $0.0.rawValue == reason })?.1 else { return reason }
    return legacy == .contextReserved ? neverQualified(legacy, &context) : legacy.rawValue
  }

  /// Root and context entry for a page request. Nothing behind them is looked at: whether the PASID
  /// has tables and what the page is, software finds out (VT-d specification 7.4).
  mutating func findPageRequestContext(
    _ request: DMARequest, root: RootTableAddress, _ context: inout RequestContext
  ) -> UInt8 {
    switch root.mode {
    case .legacy: return FaultReason.pageRequestInLegacyMode.rawValue
    case .scalable where environment.pointee.extended[flag: .scalableMode]: break
    case .scalable, .reserved, .abortDMA: return FaultReason.rootTableAddressInvalid.rawValue
    }
    var entry = ScalableContextEntry()
    context.flags = .scalable
    let reason = readScalableContext(request.source, root: root, &entry, &context)
    if reason != 0 { return scalableReason(reason, &context) }
    if let pasid = request.pasid {
      if !entry[flag: .pasidEnable] { return FaultReason.pasidDisabled.rawValue }
      if UInt64(pasid.rawValue) >= entry.pasidLimit {
        return FaultReason.pasidBeyondDirectory.rawValue
      }
    }
    return entry[flag: .pageRequestEnable] ? 0 : FaultReason.pageRequestDisabled.rawValue
  }

  /// Root and context entry. Hardware reads the half of the root entry that the device needs.
  mutating func readScalableContext(
    _ source: SourceID, root: RootTableAddress, _ entry: inout ScalableContextEntry,
    _ context: inout RequestContext
  ) -> UInt8 {
    let isUpper = ScalableRootEntry.isUpper(source)
    let rootAddress = root[inPlace: .rootTable] &+ ScalableRootEntry.offset(of: source)
    observer.selects(UInt64(source.bus), by: UInt64(source.rawValue))
    guard let half = load(rootAddress &+ (isUpper ? 8 : 0)) else {
      observer.unreadable(.scalableRootEntry, level: 0, at: rootAddress)
      return FaultReason.scalableRootRead.rawValue
    }
    let rootEntry = ScalableRootEntry(low: isUpper ? 0 : half, high: isUpper ? half : 0)
    // Who looks at the walk sees the entry as memory holds it, the half that is not used as well.
    let environment = environment
    observer.read(
      .scalableRootEntry, level: 0, at: rootAddress,
      [0, 8].map { environment.pointee.memory.load64(rootAddress &+ $0) ?? 0 })
    if !rootEntry[flag: isUpper ? .upperPresent : .lowerPresent] {
      return FaultReason.scalableRootNotPresent.rawValue
    }
    observer.checked("the device's half is present")
    let reserved = environment.pointee.scalableRootReserved
    // Both halves have the same reserved bits; QEMU looks at the half that is not used as well.
    let other =
      hasQuirk(.scalableEntriesUnchecked) ? load(rootAddress &+ (isUpper ? 0 : 8)) ?? 0 : 0
    if half & (isUpper ? reserved.high : reserved.low) | other & reserved.low != 0 {
      return FaultReason.scalableRootReserved.rawValue
    }
    observer.checked("reserved bits are clear")
    let table = rootEntry[inPlace: isUpper ? .upperContextTable : .lowerContextTable]
    let address = table &+ ScalableContextEntry.offset(of: source)
    observer.selects(ScalableContextEntry.index(of: source), by: UInt64(source.rawValue))
    let words = environment.pointee.plainMemory.words4(address)
    if let words { entry.storage = words }
    for word in 0..<4 where words == nil {
      guard let raw = load(address &+ UInt64(word) &* 8) else {
        observer.unreadable(.scalableContextEntry, level: 0, at: address)
        return FaultReason.scalableContextRead.rawValue
      }
      entry.storage[word] = raw
    }
    let found = entry
    observer.read(.scalableContextEntry, level: 0, at: address, found.words)
    return checkScalableContext(entry, &context)
  }

  private mutating func checkScalableContext(
    _ entry: ScalableContextEntry, _ context: inout RequestContext
  ) -> UInt8 {
    if entry[flag: .faultProcessingDisable] { context.flags.insert(.faultProcessingDisabled) }
    if !entry[flag: .present] { return FaultReason.scalableContextNotPresent.rawValue }
    observer.checked("P is set")
    if entry.storage & environment.pointee.scalableContextReserved != SIMD4() {
      return FaultReason.scalableContextReserved.rawValue
    }
    observer.checked("reserved bits are clear")
    if hasQuirk(.scalableEntriesUnchecked) { return 0 }
    let extended = environment.pointee.extended
    if entry[flag: .deviceTLBEnable] && !extended[flag: .deviceTLB]
      || entry[flag: .pasidEnable] && !extended[flag: .pasid]
      || entry[flag: .pageRequestEnable] && !extended[flag: .pageRequests]
      || entry[flag: .ridPrivilege] && !extended[flag: .supervisorRequests]
    {
      return FaultReason.scalableContextInvalid.rawValue
    }
    observer.checked("the unit has what the entry enables")
    return 0
  }

  /// The context entry against this request, and the PASID that it leads to.
  mutating func useScalableContext(
    _ entry: ScalableContextEntry, _ request: DMARequest, _ context: inout RequestContext
  ) -> UInt8 {
    if entry[flag: .faultProcessingDisable] { context.flags.insert(.faultProcessingDisabled) }
    if entry[flag: .deviceTLBEnable] { context.flags.insert(.deviceTLB) }
    let isLoose = hasQuirk(.scalableEntriesUnchecked)
    if request.attributes & DMARequest.Bits.addressTypeMask != 0
      && !entry[flag: .deviceTLBEnable] && !isLoose
    {
      return FaultReason.deviceTLBDisabled.rawValue
    }
    if let pasid = request.pasid {
      if !entry[flag: .pasidEnable] && !isLoose { return FaultReason.pasidDisabled.rawValue }
      observer.checked("PASIDE is set")
      if UInt64(pasid.rawValue) >= entry.pasidLimit && !isLoose {
        return FaultReason.pasidBeyondDirectory.rawValue
      }
      context.pasid = pasid.rawValue
    } else {
      // Without ECAP.RPS the field is not looked at: such requests use PASID 0. QEMU 10 uses it
      // nevertheless.
      let usesField =
        environment.pointee.extended[flag: .ridPASID] || hasQuirk(.ridPASIDAlwaysUsed)
      context.pasid = usesField ? UInt32(truncatingIfNeeded: entry[.ridPASID]) : 0
      if UInt64(context.pasid) >= entry.pasidLimit && !isLoose {
        return FaultReason.ridPASIDInvalid.rawValue
      }
      if entry[flag: .ridPrivilege] { context.flags.insert(.ridPrivilege) }
    }
    observer.checked("the PASID is within the directory")
    return 0
  }

  /// PASID directory and table.
  mutating func readPASIDEntry(
    _ contextEntry: ScalableContextEntry, _ entry: inout PASIDTableEntry,
    _ context: inout RequestContext
  ) -> UInt8 {
    let contextFlags = context.flags
    let reason = readPASIDTables(contextEntry, &entry, &context)
    if reason != 0 && hasQuirk(.reservedContextAlwaysRecorded) {
      // QEMU asks for FPD once it has found the entries good; before, the context entry's counts,
      // and for entries that cannot be read none.
      context.flags = contextFlags
      if FaultReason(rawValue: reason).isReadFailure {
        context.flags.remove(.faultProcessingDisabled)
      }
    }
    return reason
  }

  private mutating func readPASIDTables(
    _ contextEntry: ScalableContextEntry, _ entry: inout PASIDTableEntry,
    _ context: inout RequestContext
  ) -> UInt8 {
    let pasid = PASID(rawValue: context.pasid)
    let directory =
      contextEntry[inPlace: .pasidDirectory] &+ PASIDDirectoryEntry.offset(of: pasid)
    observer.selects(PASIDDirectoryEntry.index(of: pasid), by: UInt64(pasid.rawValue))
    guard let raw = load(directory) else {
      observer.unreadable(.pasidDirectoryEntry, level: 0, at: directory)
      return FaultReason.directoryRead.rawValue
    }
    let directoryEntry = PASIDDirectoryEntry(rawValue: raw)
    observer.read(.pasidDirectoryEntry, level: 0, at: directory, [raw])
    if directoryEntry[flag: .faultProcessingDisable] {
      context.flags.insert(.faultProcessingDisabled)
    }
    if !directoryEntry[flag: .present] { return pasidFault(.directoryNotPresent) }
    observer.checked("P is set")
    if raw & environment.pointee.directoryReserved != 0, !hasQuirk(.scalableEntriesUnchecked) {
      return FaultReason.directoryReserved.rawValue
    }
    observer.checked("reserved bits are clear")
    let address = directoryEntry[inPlace: .pasidTable] &+ PASIDTableEntry.offset(of: pasid)
    observer.selects(PASIDTableEntry.index(of: pasid), by: UInt64(pasid.rawValue))
    let low = environment.pointee.plainMemory.words4(address)
    let high = environment.pointee.plainMemory.words4(address &+ 32)
    if let low, let high { entry.storage = SIMD8(lowHalf: low, highHalf: high) }
    for word in 0..<8 where low == nil || high == nil {
      guard let raw = load(address &+ UInt64(word) &* 8) else {
        observer.unreadable(.pasidTableEntry, level: 0, at: address)
        return FaultReason.pasidEntryRead.rawValue
      }
      entry.storage[word] = raw
    }
    let found = entry
    observer.read(.pasidTableEntry, level: 0, at: address, found.words)
    return checkPASIDEntry(entry, &context)
  }

  /// Reserved bits of an entry with FPD are qualified; QEMU still records them.
  private func neverQualified(_ reason: FaultReason, _ context: inout RequestContext) -> UInt8 {
    if hasQuirk(.reservedContextAlwaysRecorded) { context.flags.remove(.faultProcessingDisabled) }
    return reason.rawValue
  }

  private func pasidFault(_ reason: FaultReason) -> UInt8 {
    (hasQuirk(.pasidFaultsAsEntryRead) ? .pasidEntryRead : reason).rawValue
  }

  private mutating func checkPASIDEntry(
    _ entry: PASIDTableEntry, _ context: inout RequestContext
  ) -> UInt8 {
    if entry[flag: .faultProcessingDisable] { context.flags.insert(.faultProcessingDisabled) }
    if hasQuirk(.scalableEntriesUnchecked) {
      if !isSupported(entry) { return pasidFault(.pasidEntryInvalid) }
      return entry[flag: .present] ? 0 : pasidFault(.pasidEntryNotPresent)
    }
    if !entry[flag: .present] { return FaultReason.pasidEntryNotPresent.rawValue }
    observer.checked("P is set")
    // A pointer that is not used may hold anything.
    let reserved = environment.pointee.pasidReserved
    let beyond = environment.pointee.beyondHost
    var pointers: UInt64 = 0
    let type = entry.translationType
    if type == .secondStage || type == .nested {
      pointers |= entry[inPlace: .secondStageTable]
    }
    if type == .firstStage || type == .nested {
      pointers |= entry[inPlace: .firstStageTable]
    }
    if (entry.storage & reserved).hasBits || pointers & beyond != 0 {
      return FaultReason.pasidEntryReserved.rawValue
    }
    observer.checked("reserved bits are clear")
    return isSupported(entry) ? 0 : FaultReason.pasidEntryInvalid.rawValue
  }

  /// Whether the unit can do what the entry asks for (SPT.4).
  private func isSupported(_ entry: PASIDTableEntry) -> Bool {
    let cap = environment.pointee.capability
    let ecap = environment.pointee.extended
    let first =
      ecap[flag: .firstStage]
      && (entry.firstStageLevels == 4
        || entry.firstStageLevels == 5 && cap[flag: .firstStage5Levels])
    let second =
      ecap[flag: .secondStage] && cap.supports(secondStageLevels: entry.secondStageLevels)
    return switch entry.translationType {
    case .firstStage: first
    case .secondStage: second
    case .nested: ecap[flag: .nested] && first && second
    case .passThrough: ecap[flag: .passThrough]
    case nil: false
    }
  }

  /// The entry as the page walk wants it.
  @inline(never)
  mutating func usePASIDEntry(_ entry: PASIDTableEntry, _ context: inout RequestContext) -> UInt8 {
    observer.checked("the unit has what PGTT, AW and FSPM ask for")
    if entry[flag: .faultProcessingDisable] { context.flags.insert(.faultProcessingDisabled) }
    context.domain = UInt16(truncatingIfNeeded: entry[.domainID])
    switch entry.translationType {
    case .firstStage: context.flags.insert(.firstStage)
    case .secondStage: context.flags.insert(.secondStage)
    case .nested: context.flags.formUnion([.firstStage, .secondStage])
    case .passThrough, nil: context.flags.insert(.passThrough)
    }
    context.firstStageTable = entry[inPlace: .firstStageTable]
    context.secondStageTable = entry[inPlace: .secondStageTable]
    context.firstStageLevels = UInt8(truncatingIfNeeded: entry.firstStageLevels ?? 0)
    context.secondStageLevels = UInt8(truncatingIfNeeded: entry.secondStageLevels)
    let flags: [(BitField<PASIDTableEntry>, RequestContext.Flags)] = [
      (.supervisorRequests, .supervisorRequests), (.executeRequests, .executeRequests),
      (.writeProtect, .writeProtect), (.noExecute, .noExecute),
      (.extendedAccessedFlag, .extendedAccessed),
      (.secondStageAccessedDirty, .secondStageAccessedDirty),
      (.pageWalkSnoop, .pageWalkSnoop), (.pageSnoop, .pageSnoop),
    ]
    for (field, flag) in flags where entry[flag: field] { context.flags.insert(flag) }
    return 0
  }
}

extension SIMD8<UInt64> {
  /// Whether any bit is set; halves are folded, for comparing lane by lane is slow.
  @inline(__always)
  var hasBits: Bool {
    let four = lowHalf | highHalf
    let two = four.lowHalf | four.highHalf
    return two[0] | two[1] != 0
  }
}
