internal import Diagnosis
internal import KernelLog
internal import LogReading
internal import ScenarioFormat
internal import VTdFormats

/// The tables that make a unit refuse what the log says it refused, as words of memory.
struct TableImage {
  /// What a fault needs: words by physical address, and what was not in the log.
  struct Need {
    var words: [UInt64: UInt64] = [:]
    var assumptions: [String] = []
    /// What the root table address register holds for the request, and behind it.
    var rootTableAddress: (spoilt: UInt64, good: UInt64)?
    var request = RequestTraits()
  }

  /// What a request asks besides its address.
  struct RequestTraits: Hashable {
    var isPageRequest = false
    var isTranslated = false
    var isExecute = false
    var isPrivileged = false
  }

  let root: UInt64
  /// A free stretch for tables that the log does not show.
  let free: UInt64
  /// The first address behind the machine's memory: a table there cannot be read.
  let beyond: UInt64
  let levels: Int
  func need(_ fault: FaultTimeline.Fault, isScalable: Bool) -> Need {
    isScalable ? scalable(fault) : legacy(fault)
  }

  func contextTable(_ source: SourceID) -> UInt64 {
    free + 2 * UInt64(page: UInt64(source.bus))
  }

  /// A page of this device's own.
  func page(_ source: SourceID, _ number: UInt64) -> UInt64 {
    free + UInt64(page: 0x1000 + UInt64(source.rawValue % 0x1000) * 8 + number)
  }

  // MARK: - Legacy mode

  private func legacy(_ fault: FaultTimeline.Fault) -> Need {
    var need = Need()
    let source = fault.observation.source
    let dump = fault.dump
    let reason = fault.observation.faultReason
    let rootAddress = root + RootEntry.offset(of: source)
    var rootEntry = dump?.root ?? Self.rootEntry(to: contextTable(source))
    if dump?.root == nil {
      need.assumptions.append("the log shows no root entry")
      if reason == .rootNotPresent { rootEntry = RootEntry() }
      if reason == .contextRead { rootEntry = Self.rootEntry(to: beyond) }
      if reason == .rootReserved { rootEntry.setReservedBit() }
    }
    need.words[rootAddress] = rootEntry.low
    need.words[rootAddress + 8] = rootEntry.high
    guard rootEntry[flag: .present], reason != .contextRead else { return need }
    let table = rootEntry[inPlace: .contextTable]
    let contextAddress = table + ContextEntry.offset(of: source)
    let context: ContextEntry
    if let dumped = dump?.context {
      context = ContextEntry(low: dumped.low, high: dumped.high)
    } else {
      if dump != nil { need.assumptions.append("the dump ends before the context entry") }
      context = assumedContext(source, reason, &need)
    }
    need.words[contextAddress] = context.low
    need.words[contextAddress + 8] = context.high
    guard context[flag: .present], let address = address(of: fault) else { return need }
    walk(
      from: context[inPlace: .secondStageTable], levels: context.levels, address, fault, &need)
    if dump?.pageEntries.isEmpty ?? true, reason == .secondStageRead {
      let top = context[inPlace: .secondStageTable]
      need.words[entryAddress(top, context.levels, address)] = Self.tableEntry(to: beyond).rawValue
      need.assumptions.append("the table that cannot be read is the one below the top")
    }
    if dump?.pageEntries.isEmpty ?? true, reason == .secondStageReserved {
      let top = context[inPlace: .secondStageTable]
      // PS is reserved where there are no pages of that size.
      var entry = Self.tableEntry(to: 0)
      entry[flag: .pageSize] = true
      need.words[entryAddress(top, context.levels, address)] = entry.rawValue
      need.assumptions.append("the entry with the reserved bit is the top one")
    }
    return need
  }

  private static func rootEntry(to table: UInt64) -> RootEntry {
    var entry = RootEntry()
    entry[flag: .present] = true
    entry[inPlace: .contextTable] = table
    return entry
  }

  /// A second-stage entry that lets everything through to the next table.
  private static func tableEntry(to table: UInt64) -> SecondStageEntry {
    var entry = SecondStageEntry()
    entry[flag: .read] = true
    entry[flag: .write] = true
    entry[inPlace: .address] = table
    return entry
  }

  private func assumedContext(_ source: SourceID, _ reason: FaultReason?, _ need: inout Need)
    -> ContextEntry
  {
    var context = ContextEntry()
    if reason == .contextNotPresent { return context }
    context[flag: .present] = true
    context[.addressWidth] = UInt64(levels - 2)
    context[.domainID] = UInt64(source.rawValue % 0xff) + 1
    context[inPlace: .secondStageTable] = page(source, 0)
    // AW 7 is a reserved encoding.
    if reason == .contextInvalid { context[.addressWidth] = 7 }
    if reason == .contextReserved { context.setReservedBit() }
    need.assumptions.append("the log shows no context entry: domain, width and tables")
    return context
  }

  private func address(of fault: FaultTimeline.Fault) -> UInt64? {
    guard case .dma(_, _, let address) = fault.observation.request else { return nil }
    return address.rawValue
  }

  func entryAddress(_ table: UInt64, _ level: Int, _ address: UInt64) -> UInt64 {
    table + Paging.entryOffset(of: address, level: level)
  }

  /// The dumped entries at the places where the walk finds them; behind the last one nothing.
  private func walk(
    from top: UInt64, levels: Int, _ address: UInt64, _ fault: FaultTimeline.Fault,
    _ need: inout Need
  ) {
    let entries = fault.dump?.pageEntries ?? []
    var table = top
    var level = levels
    for entry in entries {
      // A dump of a narrower table than the context entry says begins lower.
      guard entry.level <= level else { continue }
      level = entry.level
      need.words[entryAddress(table, level, address)] = entry.value
      table = SecondStageEntry(rawValue: entry.value)[inPlace: .address]
      level -= 1
      if !SecondStageEntry(rawValue: entry.value).isPresent { return }
    }
    if level >= 1, case .entryNotPresent(let missing)? = fault.dump?.stop, missing <= level {
      need.words[entryAddress(table, level, address)] = 0
    } else if entries.isEmpty, level >= 1, table < beyond {
      need.words[entryAddress(table, level, address)] = 0
    }
  }

  // MARK: - Scalable mode

  private func scalable(_ fault: FaultTimeline.Fault) -> Need {
    var need = Need()
    let source = fault.observation.source
    let dump = fault.dump
    let reason = fault.observation.faultReason
    let isUpper = ScalableRootEntry.isUpper(source)
    let rootAddress = root + ScalableRootEntry.offset(of: source)
    var rootEntry: ScalableRootEntry
    if let dumped = dump?.scalableRoot {
      rootEntry = dumped
    } else {
      need.assumptions.append("the log shows no root entry")
      let table = contextTable(source)
      rootEntry = ScalableRootEntry()
      if reason != .scalableRootNotPresent {
        rootEntry[flag: .lowerPresent] = true
        rootEntry[inPlace: .lowerContextTable] = table
        rootEntry[flag: .upperPresent] = true
        rootEntry.high |= Self.rootEntry(to: table + Paging.pageSize).low
      }
      if reason == .scalableRootReserved {
        rootEntry.setReservedBit()
        rootEntry.setReservedBit(ofWord: 1)
      }
    }
    need.words[rootAddress] = rootEntry.low
    need.words[rootAddress + 8] = rootEntry.high
    guard isUpper ? rootEntry[flag: .upperPresent] : rootEntry[flag: .lowerPresent] else {
      return need
    }
    let table =
      isUpper ? rootEntry[inPlace: .upperContextTable] : rootEntry[inPlace: .lowerContextTable]
    let contextAddress = table + ScalableContextEntry.offset(of: source)
    var context = ScalableContextEntry()
    if let dumped = dump?.context {
      context = ScalableContextEntry(words: [dumped.low, dumped.high])
    } else {
      need.assumptions.append("the log shows no context entry")
      if reason != .scalableContextNotPresent {
        context[flag: .present] = true
        context[inPlace: .pasidDirectory] = page(source, 1)
        if case .dma(_, .some, _) = fault.observation.request { context[flag: .pasidEnable] = true }
      }
      if reason == .scalableContextReserved { context.setReservedBit() }
    }
    need.words[contextAddress] = context[word: 0]
    need.words[contextAddress + 8] = context[word: 1]
    guard context[flag: .present], let address = address(of: fault) else { return need }
    pasid(fault, directory: context[inPlace: .pasidDirectory], reason, address, &need)
    return need
  }

  private func pasid(
    _ fault: FaultTimeline.Fault, directory: UInt64, _ reason: FaultReason?, _ address: UInt64,
    _ need: inout Need
  ) {
    let source = fault.observation.source
    var pasid = PASID(rawValue: 0)
    if case .dma(_, let value?, _) = fault.observation.request { pasid = value }
    let dump = fault.dump
    let dumped = dump?.lines.lazy.compactMap { line -> UInt64? in
      if case .pasidDirectoryEntry(let value) = line.value { value } else { nil }
    }.first
    var directoryEntry = PASIDDirectoryEntry(rawValue: dumped ?? 0)
    if dumped == nil {
      need.assumptions.append("the log shows no PASID directory entry")
      if reason != .directoryNotPresent {
        directoryEntry[flag: .present] = true
        directoryEntry[inPlace: .pasidTable] = page(source, 2)
      }
      if reason == .directoryReserved { directoryEntry.setReservedBit() }
    }
    need.words[directory + PASIDDirectoryEntry.offset(of: pasid)] = directoryEntry.rawValue
    guard directoryEntry[flag: .present] else { return }
    let entryAddress =
      directoryEntry[inPlace: .pasidTable] + PASIDTableEntry.offset(of: pasid)
    let entry = dump?.pasidEntry ?? assumedEntry(source, reason, &need)
    for (index, word) in entry.words.enumerated() {
      need.words[entryAddress + UInt64(index) * 8] = word
    }
    guard entry[flag: .present] else { return }
    if entry.translationType == .firstStage {
      let top = entry[inPlace: .firstStageTable]
      let levels = entry.firstStageLevels ?? 4
      walk(from: top, levels: levels, address, fault, &need)
      if reason == .userNotPermitted, dump?.pageEntries.isEmpty ?? true {
        // A whole walk, its entries present, writable, accessed and dirty, but not for users.
        var table = top
        for level in stride(from: levels, through: 1, by: -1) {
          let next = page(source, 3) + Paging.pageSize * UInt64(levels - level)
          var entry = FirstStageEntry()
          for flag in [BitField<FirstStageEntry>.present, .write, .accessed, .dirty] {
            entry[flag: flag] = true
          }
          entry[inPlace: .address] = next
          need.words[self.entryAddress(table, level, address)] = entry.rawValue
          table = next
        }
        need.assumptions.append("no level of the walk has U/S")
      }
    } else {
      walk(
        from: entry[inPlace: .secondStageTable], levels: entry.secondStageLevels, address, fault,
        &need)
    }
  }

  private func assumedEntry(_ source: SourceID, _ reason: FaultReason?, _ need: inout Need)
    -> PASIDTableEntry
  {
    var entry = PASIDTableEntry()
    need.assumptions.append("the log shows no PASID table entry")
    if reason == .pasidEntryNotPresent { return entry }
    entry[flag: .present] = true
    entry[.domainID] = UInt64(source.rawValue % 0xff) + 1
    if let reason, Self.firstStageReasons.contains(reason) {
      entry[.translationType] = UInt64(PASIDTranslationType.firstStage.rawValue)
      entry[inPlace: .firstStageTable] = page(source, 0)
    } else {
      entry[.translationType] = UInt64(PASIDTranslationType.secondStage.rawValue)
      entry[.addressWidth] = UInt64(levels - 2)
      entry[inPlace: .secondStageTable] = page(source, 0)
    }
    if reason == .pasidEntryReserved { entry.setReservedBit(ofWord: 1) }
    return entry
  }

  /// What only a first stage refuses.
  private static let firstStageReasons: Set<FaultReason> = [
    .firstStageRead, .firstStageNotPresent, .firstStageReserved, .firstStageTableRead,
    .addressNotCanonical, .userNotPermitted,
  ]
}

extension BitImage {
  /// Sets the lowest bit of a word that no field has.
  mutating func setReservedBit(ofWord word: Int = 0) {
    let reserved = Self.reservedMask(word: word)
    self[word: word] |= reserved & (0 &- reserved)
  }
}

extension FaultObservation {
  /// What the log says that the unit recorded; nil where it says nothing.
  var faultReason: FaultReason? { reason.map { FaultReason(rawValue: $0) } }

  /// Whether the reason is one of those for DMA in legacy mode, which come before those of interrupts.
  var hasLegacyReason: Bool { faultReason.map { $0 < .interruptRequestReserved } ?? false }
}
