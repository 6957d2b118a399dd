internal import PCI
internal import VTdFormats

/// The `domain_translation_struct` of one function: the tables that its context entry, or its entry
/// for requests without PASID, leads to as they lie in memory.
extension IntelIOMMUDriver {
  func translations(of device: PCIAddress) -> [String] {
    guard let unit = unit(covering: device) else { return [] }
    let status = GlobalStatus(rawValue: unit.port.read32(at: RegisterOffset.gsts))
    guard status[flag: .translation] else {
      return ["DMA Remapping is not enabled on \(unit.name)"]
    }
    let root = RootTableAddress(rawValue: unit.port.read64(at: RegisterOffset.rtaddr))
    let pointer = root[inPlace: .rootTable]
    let isScalable = root.mode == .scalable
    guard
      let start = isScalable
        ? scalableStart(of: device.sourceID, root: pointer)
        : legacyStart(of: device.sourceID, root: pointer)
    else { return [] }
    return [
      "Device \(device) \(isScalable ? "with pasid 0 " : "")@0x\(hex(start.table))",
      Self.deviceHeader,
    ] + rows(from: start.table, levels: start.levels, isShort: true)
  }

  private static let deviceHeader =
    "IOVA_PFN         "
    + ["PML5E", "PML4E", "PDPE", "PDE"].map { name in
      "\t\(name)" + String(repeating: " ", count: 18 - name.utf8.count)
    }.joined() + "\tPTE"

  /// Nil where requests pass through, which have no tables.
  private func legacyStart(of source: SourceID, root: UInt64) -> (table: UInt64, levels: Int)? {
    let rootEntry = RootEntry(
      low: load(root &+ UInt64(source.bus) * RootEntry.byteCount), high: 0)
    guard rootEntry[flag: .present] else { return nil }
    let slot = rootEntry[inPlace: .contextTable] &+ UInt64(source.devfn) * ContextEntry.byteCount
    let context = ContextEntry(low: load(slot), high: load(slot &+ 8))
    guard context[flag: .present], context[.translationType] < 2 else { return nil }
    return (context[inPlace: .secondStageTable], context.levels)
  }

  private func scalableStart(of source: SourceID, root: UInt64) -> (table: UInt64, levels: Int)? {
    let slot = root &+ UInt64(source.bus) * RootEntry.byteCount
    let rootEntry = ScalableRootEntry(low: load(slot), high: load(slot &+ 8))
    let isUpper = source.device >= 16
    guard rootEntry[flag: isUpper ? .upperPresent : .lowerPresent] else { return nil }
    let context = ScalableContextEntry(words: [
      load(
        rootEntry[inPlace: isUpper ? .upperContextTable : .lowerContextTable]
          &+ UInt64(source.devfn & 0x7f) * ScalableContextEntry.byteCount)
    ])
    guard context[flag: .present] else { return nil }
    let directory = PASIDDirectoryEntry(rawValue: load(context[inPlace: .pasidDirectory]))
    guard directory[flag: .present] else { return nil }
    let table = directory[inPlace: .pasidTable]
    let entry = PASIDTableEntry(words: (0..<8).map { load(table &+ UInt64($0) * 8) })
    guard entry[flag: .present] else { return nil }
    switch entry.translationType {
    case .firstStage:
      // The levels of either stage come from AW here, which the driver sets for both.
      return (entry[inPlace: .firstStageTable], entry.secondStageLevels)
    case .secondStage, .nested:
      return (entry[inPlace: .secondStageTable], entry.secondStageLevels)
    default:
      return nil
    }
  }
}
