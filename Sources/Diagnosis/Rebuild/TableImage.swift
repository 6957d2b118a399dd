import KernelLog
import VTdFormats

/// The tables that make a unit refuse what the log says it refused, as words of memory.
struct TableImage {
  /// What a fault needs: words by physical address, and what was not in the log.
  struct Need {
    var words: [UInt64: UInt64] = [:]
    var assumptions: [String] = []
    /// Why the fault cannot be made to come out; nil where it can.
    var obstacle: String?
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

  private func contextTable(_ source: SourceID) -> UInt64 {
    free + 0x2000 * UInt64(source.bus)
  }

  /// A page of this device's own.
  private func page(_ source: SourceID, _ number: UInt64) -> UInt64 {
    free + 0x1000 * (0x1000 + UInt64(source.rawValue % 0x1000) * 8 + number)
  }

  // MARK: - Legacy mode

  private func legacy(_ fault: FaultTimeline.Fault) -> Need {
    var need = Need()
    let source = fault.observation.source
    let dump = fault.dump
    let reason = fault.observation.reason ?? 0
    let rootAddress = root + UInt64(source.bus) * 16
    var rootEntry = dump?.root ?? RootEntry(low: contextTable(source) | 1, high: 0)
    if dump?.root == nil {
      need.assumptions.append("the log shows no root entry")
      if reason == 1 { rootEntry = RootEntry() }
      if reason == 9 { rootEntry = RootEntry(low: beyond | 1, high: 0) }
      if reason == 0x0a { rootEntry = RootEntry(low: rootEntry.low | 1 << 1, high: 0) }
      if reason == 8 { need.obstacle = "a root table that cannot be read" }
    }
    need.words[rootAddress] = rootEntry.low
    need.words[rootAddress + 8] = rootEntry.high
    guard rootEntry[flag: .present], reason != 9 else { return need }
    let table = rootEntry[inPlace: .contextTable]
    let contextAddress = table + UInt64(source.devfn) * 16
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
    if dump?.pageEntries.isEmpty ?? true, reason == 7 {
      let top = context[inPlace: .secondStageTable]
      need.words[entryAddress(top, context.levels, address)] = beyond | 3
      need.assumptions.append("the table that cannot be read is the one below the top")
    }
    if dump?.pageEntries.isEmpty ?? true, reason == 0x0c {
      let top = context[inPlace: .secondStageTable]
      need.words[entryAddress(top, context.levels, address)] = 0x83
      need.assumptions.append("the entry with the reserved bit is the top one")
    }
    return need
  }

  private func assumedContext(_ source: SourceID, _ reason: UInt8, _ need: inout Need)
    -> ContextEntry
  {
    var context = ContextEntry()
    if reason == 2 { return context }
    context[flag: .present] = true
    context[.addressWidth] = UInt64(levels - 2)
    context[.domainID] = UInt64(source.rawValue % 0xff) + 1
    context[inPlace: .secondStageTable] = page(source, 0)
    // AW 7 is a reserved encoding.
    if reason == 3 { context[.addressWidth] = 7 }
    if reason == 0x0b { context.low |= 1 << 4 }
    if reason == 0x0d { need.obstacle = "a translated request (ATS)" }
    need.assumptions.append("the log shows no context entry: domain, width and tables")
    return context
  }

  private func address(of fault: FaultTimeline.Fault) -> UInt64? {
    guard case .dma(_, _, let address) = fault.observation.request else { return nil }
    return address.rawValue
  }

  private func entryAddress(_ table: UInt64, _ level: Int, _ address: UInt64) -> UInt64 {
    table + (address >> UInt64(Paging.shift(level: level)) & 0x1ff) * 8
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
    let reason = fault.observation.reason ?? 0
    let isUpper = source.device >= 16
    let rootAddress = root + UInt64(source.bus) * 16
    var rootEntry: ScalableRootEntry
    if let dumped = dump?.scalableRoot {
      rootEntry = dumped
    } else {
      need.assumptions.append("the log shows no root entry")
      let table = contextTable(source)
      rootEntry = ScalableRootEntry(low: table | 1, high: (table + 0x1000) | 1)
      if reason == 0x39 { rootEntry = ScalableRootEntry() }
      if reason == 0x3a { rootEntry.low |= 2; rootEntry.high |= 2 }
    }
    need.words[rootAddress] = rootEntry.low
    need.words[rootAddress + 8] = rootEntry.high
    guard isUpper ? rootEntry[flag: .upperPresent] : rootEntry[flag: .lowerPresent] else {
      return need
    }
    let table =
      isUpper ? rootEntry[inPlace: .upperContextTable] : rootEntry[inPlace: .lowerContextTable]
    let contextAddress = table + UInt64(source.devfn & 0x7f) * 32
    var context = (high: UInt64(0), low: page(source, 1) | 1)
    if let dumped = dump?.context {
      context = dumped
    } else {
      need.assumptions.append("the log shows no context entry")
      if reason == 0x41 { context = (0, 0) }
      if reason == 0x42 { context.low |= 1 << 5 }
      if case .dma(_, .some, _) = fault.observation.request, reason != 0x41 {
        context.low |= 1 << 3
      }
    }
    need.words[contextAddress] = context.low
    need.words[contextAddress + 8] = context.high
    guard context.low & 1 != 0, let address = address(of: fault) else { return need }
    pasid(fault, directory: context.low & ~0xfff, reason, address, &need)
    return need
  }

  private func pasid(
    _ fault: FaultTimeline.Fault, directory: UInt64, _ reason: UInt8, _ address: UInt64,
    _ need: inout Need
  ) {
    let source = fault.observation.source
    var pasid: UInt64 = 0
    if case .dma(_, let value?, _) = fault.observation.request { pasid = UInt64(value.rawValue) }
    let dump = fault.dump
    let dumped = dump?.lines.lazy.compactMap { line -> UInt64? in
      if case .pasidDirectoryEntry(let value) = line.value { value } else { nil }
    }.first
    var directoryEntry = dumped ?? (page(source, 2) | 1)
    if dumped == nil {
      need.assumptions.append("the log shows no PASID directory entry")
      if reason == 0x51 { directoryEntry = 0 }
      if reason == 0x52 { directoryEntry |= 1 << 2 }
    }
    need.words[directory + (pasid >> 6) * 8] = directoryEntry
    guard directoryEntry & 1 != 0 else { return }
    let entryAddress = directoryEntry & ~0xfff + (pasid & 0x3f) * 64
    let entry = dump?.pasidEntry ?? assumedEntry(source, reason, &need)
    for (index, word) in entry.words.enumerated() {
      need.words[entryAddress + UInt64(index) * 8] = word
    }
    guard entry[flag: .present] else { return }
    if entry.translationType == .firstStage {
      let top = entry[inPlace: .firstStageTable]
      let levels = entry.firstStageLevels ?? 4
      walk(from: top, levels: levels, address, fault, &need)
      if reason == 0x81, dump?.pageEntries.isEmpty ?? true {
        // A whole walk, its entries present, writable, accessed and dirty, but not for users.
        var table = top
        for level in stride(from: levels, through: 1, by: -1) {
          let next = page(source, 3) + 0x1000 * UInt64(levels - level)
          need.words[self.entryAddress(table, level, address)] = next | 0x63
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

  private func assumedEntry(_ source: SourceID, _ reason: UInt8, _ need: inout Need)
    -> PASIDTableEntry
  {
    var entry = PASIDTableEntry()
    need.assumptions.append("the log shows no PASID table entry")
    if reason == 0x59 { return entry }
    entry[flag: .present] = true
    entry[.domainID] = UInt64(source.rawValue % 0xff) + 1
    if (0x70...0x73).contains(reason) || reason == 0x81 || reason == 0x80 {
      entry[.translationType] = 1
      entry[inPlace: .firstStageTable] = page(source, 0)
    } else {
      entry[.translationType] = 2
      entry[.addressWidth] = UInt64(levels - 2)
      entry[inPlace: .secondStageTable] = page(source, 0)
    }
    if reason == 0x5a { entry[word: 1] |= 1 << 20 }
    return entry
  }
}
