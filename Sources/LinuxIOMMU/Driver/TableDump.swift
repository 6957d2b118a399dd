internal import KernelLog
internal import PCI
internal import VTdFormats

/// How far the dump of the tables behind a fault came.
public enum DumpOutcome: String, Hashable, Sendable, CaseIterable {
  /// It says where the walk ended.
  case complete
  /// The walk ended without a word: the look-up of the device failed.
  case cut
}

/// dmar_fault_dump_ptes and pgtable_walk: the tables behind a fault, as the log shows them.
extension IntelIOMMUDriver {
  func dump(for source: SourceID, address: IOVA, pasid: PASID?, of unit: IntelIOMMU) {
    dumps.append(.cut)
    kernel.call("dmar_fault_dump_ptes") {
      print(.header(unit: unit.name, address: address))
      guard let root = unit.rootTable else { return print(.stop(.noRootTable)) }
      let low = load(root.rawValue &+ UInt64(source.bus) * RootEntry.byteCount)
      let high = load(root.rawValue &+ UInt64(source.bus) * RootEntry.byteCount + 8)
      print(isScalable(unit) ? .scalableRootEntry(high: high, low: low) : .rootEntry(low: low))
      if isScalable(unit) {
        dumpScalable(
          ScalableRootEntry(low: low, high: high), source, address, pasid ?? PASID(rawValue: 0),
          of: unit)
      } else {
        dumpLegacy(RootEntry(low: low, high: high), source, address, of: unit)
      }
    }
  }

  /// The driver's own switch, and a unit with something to use it for (`sm_supported`).
  func isScalable(_ unit: IntelIOMMU) -> Bool {
    if let mode = unit.foreignMode { return mode == .scalable }
    let capability = unit.extendedCapability
    return options.usesScalableMode && capability[flag: .scalableMode]
      && (capability[flag: .firstStage] || capability[flag: .secondStage])
  }

  private func dumpLegacy(
    _ root: RootEntry, _ source: SourceID, _ address: IOVA, of unit: IntelIOMMU
  ) {
    guard root[flag: .present], !hidesEntry(of: source, unit) else {
      return print(.stop(.noContextTable))
    }
    let entry = root[inPlace: .contextTable] &+ UInt64(source.devfn) * ContextEntry.byteCount
    let context = ContextEntry(low: load(entry), high: load(entry &+ 8))
    print(.contextEntry(high: context.high, low: context.low))
    if checksEntries, !context[flag: .present] { return print(.stop(.noLegacyPageTable)) }
    walk(
      address, source, of: unit,
      from: TableStart(
        table: context[inPlace: .secondStageTable], levels: context.levels))
  }

  private func dumpScalable(
    _ root: ScalableRootEntry, _ source: SourceID, _ address: IOVA, _ pasid: PASID,
    of unit: IntelIOMMU
  ) {
    let isUpper = source.device >= 16
    guard root[flag: isUpper ? .upperPresent : .lowerPresent], !hidesEntry(of: source, unit) else {
      return print(.stop(.noContextTable))
    }
    let table = root[inPlace: isUpper ? .upperContextTable : .lowerContextTable]
    let entry = table &+ UInt64(source.devfn & 0x7f) * ScalableContextEntry.byteCount
    let context = ScalableContextEntry(words: [load(entry), load(entry &+ 8)])
    print(.contextEntry(high: context[word: 1], low: context[word: 0]))
    if checksEntries, !context[flag: .present] { return print(.stop(.noPASIDDirectory)) }

    let directory = context[inPlace: .pasidDirectory]
    let directoryEntry = PASIDDirectoryEntry(
      rawValue: load(directory &+ UInt64(pasid.rawValue >> 6) * 8))
    print(.pasidDirectoryEntry(directoryEntry.rawValue))
    guard directoryEntry[flag: .present] else { return print(.stop(.noPASIDTable)) }

    let pasidEntry = directoryEntry[inPlace: .pasidTable] &+ UInt64(pasid.rawValue & 0x3f) * 64
    let words = (0..<8).map { load(pasidEntry &+ UInt64($0) * 8) }
    for (index, word) in words.enumerated() {
      print(.pasidTableEntry(index: index, value: word))
    }
    let decoded = PASIDTableEntry(words: words)
    if checksEntries, !decoded[flag: .present] { return print(.stop(.noScalablePageTable)) }
    let start =
      decoded.translationType == .firstStage
      ? TableStart(
        table: decoded[inPlace: .firstStageTable],
        // The driver looks at the lower bit of the mode alone.
        levels: decoded[.firstStagePagingMode] & 1 == 1 ? 5 : 4)
      : TableStart(
        table: decoded[inPlace: .secondStageTable], levels: decoded.secondStageLevels)
    walk(address, source, of: unit, from: start)
  }

  /// Since crash kernels note which entries they copied, the look-up does not hand those out.
  private func hidesEntry(of source: SourceID, _ unit: IntelIOMMU) -> Bool {
    switch kernel.build.behaviour.takeOver {
    case .none, .legacy: false
    case .misplacedHalf, .separateHalves: unit.inherited.contains(source)
    }
  }

  private var checksEntries: Bool { kernel.build.behaviour.tableWalk == .checkedEntry }

  private struct TableStart {
    let table: UInt64
    let levels: Int
  }

  /// pgtable_walk, whose first generations find the table again through the device.
  private func walk(
    _ address: IOVA, _ source: SourceID, of unit: IntelIOMMU, from entry: TableStart
  ) {
    kernel.call("pgtable_walk") {
      let device = PCIAddress(segment: unit.segment, sourceID: source)
      switch kernel.build.behaviour.tableWalk {
      case .none: return
      case .entry, .checkedEntry:
        walk(address, from: entry)
      case .busLookup:
        guard pci.find(device) else { return }
        walkDomain(of: device, address)
      case .driverList:
        walkDomain(of: device, address)
      }
    }
  }

  private func walkDomain(of device: PCIAddress, _ address: IOVA) {
    guard let domain = devices[device]?.domain else {
      return print(.stop(.deviceNotProbed(device.sourceID)))
    }
    walk(address, from: TableStart(table: domain.pageTable.rawValue, levels: domain.levels))
  }

  private func walk(_ address: IOVA, from start: TableStart) {
    var table = start.table
    for level in stride(from: start.levels, through: 1, by: -1) {
      let raw = load(table &+ Paging.entryOffset(of: address.rawValue, level: level))
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
      table = entry[inPlace: .address]
    }
    finishDump()
  }

  private func finishDump() {
    if !dumps.isEmpty { dumps[dumps.count - 1] = .complete }
  }

  private func print(_ line: DumpLine) {
    if case .stop = line { finishDump() }
    kernel.print(.dumpLine, line.text(kernel.build.behaviour.dumpWording))
  }
}
