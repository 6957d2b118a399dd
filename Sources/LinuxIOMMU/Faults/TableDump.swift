internal import KernelLog
internal import KernelProfiles
internal import KernelRuntime
internal import PCI
internal import PhysicalMemory
internal import VTdFormats

/// How far the dump of the tables behind a fault came.
public enum DumpOutcome: String, Hashable, Sendable, CaseIterable {
  /// It says where the walk ended.
  case complete
  /// The walk ended without a word: the look-up of the device failed.
  case cut
  /// It followed an entry that leads out of memory, and the kernel died of it.
  case fatal
}

/// The tables that a dump walks: the driver's own, or those that somebody else made.
struct UnitTables {
  /// Nil before there are any.
  let root: PhysicalAddress?
  let isScalable: Bool
}

/// dmar_fault_dump_ptes and pgtable_walk: the tables behind a fault, as the log shows them.
extension FaultReporter {
  func dump(
    _ walked: UnitTables, for source: SourceID, address: IOVA, pasid: PASID?, of unit: IntelIOMMU
  ) {
    dumps.append(.cut)
    kernel.call("dmar_fault_dump_ptes") {
      if kernel.build.behaviour.tableWalk == .lookUpFirst {
        _ = pci.find(PCIAddress(segment: unit.segment, sourceID: source))
      }
      print(.header(unit: unit.name, address: address))
      guard let root = walked.root else { return print(.stop(.noRootTable)) }
      do throws(KernelDeath) {
        try dump(
          from: root.rawValue, isScalable: walked.isScalable, for: source, address: address,
          pasid: pasid, of: unit)
      } catch {
        dumps[dumps.count - 1] = .fatal
        kernel.die(of: error)
      }
    }
  }

  private func dump(
    from root: UInt64, isScalable: Bool, for source: SourceID, address: IOVA, pasid: PASID?,
    of unit: IntelIOMMU
  ) throws(KernelDeath) {
    let slot = root &+ RootEntry.offset(of: source)
    let (low, high) = (try read(slot), try read(slot &+ 8))
    print(isScalable ? .scalableRootEntry(high: high, low: low) : .rootEntry(low: low))
    if isScalable {
      try dumpScalable(
        ScalableRootEntry(low: low, high: high), source, address, pasid ?? PASID(rawValue: 0),
        of: unit)
    } else {
      try dumpLegacy(RootEntry(low: low, high: high), source, address, of: unit)
    }
  }

  /// A load through the direct map. A kernel that only tells of others' tables has no map of them.
  private func read(_ physical: UInt64) throws(KernelDeath) -> UInt64 {
    if let value = tables.memory.load64(PhysicalAddress(rawValue: physical)) { return value }
    if isBystander { return .max }
    throw KernelDeath(reading: physical, directMap: kernel.build.directMap)
  }

  /// What the driver takes of an entry for the address of the next table (VTD_PAGE_MASK): all bits
  /// above the offset, reserved ones too.
  private func tableAddress(_ word: UInt64) -> UInt64 { word.pageStart }

  /// dma_pte_addr, which leaves XD out as long as the driver sets it.
  private func nextTable(_ entry: UInt64) -> UInt64 {
    tableAddress(entry) & (kernel.build.behaviour.driver.setsNoExecute ? .max >> 1 : .max)
  }

  private func dumpLegacy(
    _ root: RootEntry, _ source: SourceID, _ address: IOVA, of unit: IntelIOMMU
  ) throws(KernelDeath) {
    guard root[flag: .present], !hidesEntry(of: source, unit) else {
      return print(.stop(.noContextTable))
    }
    let entry = tableAddress(root.low) &+ ContextEntry.offset(of: source)
    let context = ContextEntry(low: try read(entry), high: try read(entry &+ 8))
    print(.contextEntry(high: context.high, low: context.low))
    if checksEntries, !context[flag: .present] { return print(.stop(.noLegacyPageTable)) }
    try walk(
      address, source, of: unit,
      from: TableStart(table: tableAddress(context.low), levels: context.levels))
  }

  private func dumpScalable(
    _ root: ScalableRootEntry, _ source: SourceID, _ address: IOVA, _ pasid: PASID,
    of unit: IntelIOMMU
  ) throws(KernelDeath) {
    let isUpper = ScalableRootEntry.isUpper(source)
    guard root[flag: isUpper ? .upperPresent : .lowerPresent], !hidesEntry(of: source, unit) else {
      return print(.stop(.noContextTable))
    }
    let table = tableAddress(isUpper ? root.high : root.low)
    let entry = table &+ ScalableContextEntry.offset(of: source)
    let context = ScalableContextEntry(words: [try read(entry), try read(entry &+ 8)])
    print(.contextEntry(high: context[word: 1], low: context[word: 0]))
    if checksEntries, !context[flag: .present] { return print(.stop(.noPASIDDirectory)) }

    let directory = tableAddress(context[word: 0])
    let directoryEntry = PASIDDirectoryEntry(
      rawValue: try read(directory &+ PASIDDirectoryEntry.offset(of: pasid)))
    print(.pasidDirectoryEntry(directoryEntry.rawValue))
    guard directoryEntry[flag: .present] else { return print(.stop(.noPASIDTable)) }

    let pasidEntry =
      tableAddress(directoryEntry.rawValue) &+ PASIDTableEntry.offset(of: pasid)
    var words: [UInt64] = []
    for index in 0..<8 {
      words.append(try read(pasidEntry &+ UInt64(index) * 8))
      print(.pasidTableEntry(index: index, value: words[index]))
    }
    let decoded = PASIDTableEntry(words: words)
    if checksEntries, !decoded[flag: .present] { return print(.stop(.noScalablePageTable)) }
    let start =
      decoded.translationType == .firstStage
      ? TableStart(
        table: tableAddress(words[2]),
        // The driver looks at the lower bit of the mode alone.
        levels: decoded[.firstStagePagingMode] & 1 == 1 ? 5 : 4)
      : TableStart(table: tableAddress(words[0]), levels: decoded.secondStageLevels)
    try walk(address, source, of: unit, from: start)
  }

  /// Since crash kernels note which entries they copied, the look-up does not hand those out.
  private func hidesEntry(of source: SourceID, _ unit: IntelIOMMU) -> Bool {
    switch kernel.build.behaviour.takeOver {
    case .none, .legacy: false
    case .misplacedHalf, .separateHalves: unit.inherited.contains(source)
    }
  }

  private var checksEntries: Bool { kernel.build.behaviour.checksEntries }

  private struct TableStart {
    let table: UInt64
    let levels: Int
  }

  /// pgtable_walk, whose first generations find the table again through the device.
  private func walk(
    _ address: IOVA, _ source: SourceID, of unit: IntelIOMMU, from entry: TableStart
  ) throws(KernelDeath) {
    try kernel.call("pgtable_walk") { () throws(KernelDeath) in
      let device = PCIAddress(segment: unit.segment, sourceID: source)
      switch kernel.build.behaviour.tableWalk {
      case .none: return
      case .entry, .checkedEntry, .lookUpFirst:
        try walk(address, from: entry)
      case .busLookup:
        guard pci.find(device) else { return }
        try walkDomain(of: device, address)
      case .driverList:
        try walkDomain(of: device, address)
      }
    }
  }

  private func walkDomain(of device: PCIAddress, _ address: IOVA) throws(KernelDeath) {
    guard let domain = functionTable.devices[device]?.domain else {
      return print(.stop(.deviceNotProbed(device.sourceID)))
    }
    try walk(
      address, from: TableStart(table: domain.pageTable.rawValue, levels: domain.levels))
  }

  private func walk(_ address: IOVA, from start: TableStart) throws(KernelDeath) {
    var table = start.table
    for level in stride(from: start.levels, through: 1, by: -1) {
      let raw = try read(table &+ Paging.entryOffset(of: address.rawValue, level: level))
      let entry = SecondStageEntry(rawValue: raw)
      // dma_pte_present looks at bits 1:0 and dma_pte_superpage at bit 7 in both kinds of table.
      let isPresent = entry.isPresent
      let isSuperpage = entry[flag: .pageSize]
      if checksEntries {
        print(.pageTableEntry(level: level, value: raw))
        if !isPresent { return print(.stop(.entryNotPresent(level: level))) }
        if isSuperpage { break }
      } else {
        if !isPresent || isSuperpage { return print(.stop(.entryNotPresent(level: level))) }
        print(.pageTableEntry(level: level, value: raw))
      }
      table = nextTable(raw)
    }
    finishDump()
  }

  private func finishDump() {
    if !dumps.isEmpty { dumps[dumps.count - 1] = .complete }
  }

  private func print(_ line: DumpLine) {
    if case .stop = line { finishDump() }
    kernel.print(.dump(line))
  }
}
