internal import VTdFormats

/// `dmar_translation_struct`: the root, context and PASID entries in use.
extension IntelIOMMUDriver {
  func translationStructures(of unit: IntelIOMMU) -> [String] {
    let status = GlobalStatus(rawValue: unit.port.read32(at: RegisterOffset.gsts))
    guard status[flag: .translation] else {
      return ["DMA Remapping is not enabled on \(unit.name)"]
    }
    let pointer = RootTableAddress(rawValue: unit.port.read64(at: RegisterOffset.rtaddr))
    var lines = [
      "IOMMU \(unit.name): Root Table Address: 0x\(hex(pointer[inPlace: .rootTable]))",
      "B.D.F\tRoot_entry\t\t\t\tContext_entry\t\t\t\tPASID\tPASID_table_entry",
    ]
    for bus in UInt8.min...UInt8.max {
      for devfn in UInt8.min...UInt8.max {
        let source = SourceID(rawValue: UInt16(bus) << 8 | UInt16(devfn))
        lines +=
          pointer.mode == .scalable
          ? scalableRows(for: source, root: pointer[inPlace: .rootTable])
          : legacyRow(for: source, root: pointer[inPlace: .rootTable])
      }
    }
    return lines + [""]
  }

  private func row(
    _ source: SourceID, root: (high: UInt64, low: UInt64), context: (high: UInt64, low: UInt64),
    pasid: String, entry: [UInt64]
  ) -> String {
    "\(source)\t\(padded(root.high)):\(padded(root.low))"
      + "\t\(padded(context.high)):\(padded(context.low))"
      + "\t\(pasid)\(String(repeating: " ", count: max(0, 6 - pasid.utf8.count)))"
      + "\t\(padded(entry[2])):\(padded(entry[1])):\(padded(entry[0]))"
  }

  private func legacyRow(for source: SourceID, root: UInt64) -> [String] {
    let slot = root &+ UInt64(source.bus) * RootEntry.byteCount
    let rootEntry = RootEntry(low: load(slot), high: load(slot &+ 8))
    guard rootEntry[flag: .present] else { return [] }
    let address =
      rootEntry[inPlace: .contextTable] &+ UInt64(source.devfn) * ContextEntry.byteCount
    let context = ContextEntry(low: load(address), high: load(address &+ 8))
    guard context[flag: .present] else { return [] }
    return [
      row(
        source, root: (rootEntry.high, rootEntry.low), context: (context.high, context.low),
        pasid: "-1", entry: [0, 0, 0])
    ]
  }

  private func scalableRows(for source: SourceID, root: UInt64) -> [String] {
    let slot = root &+ UInt64(source.bus) * RootEntry.byteCount
    let rootEntry = ScalableRootEntry(low: load(slot), high: load(slot &+ 8))
    let isUpper = source.device >= 16
    guard rootEntry[flag: isUpper ? .upperPresent : .lowerPresent] else { return [] }
    let table = rootEntry[inPlace: isUpper ? .upperContextTable : .lowerContextTable]
    let address = table &+ UInt64(source.devfn & 0x7f) * ScalableContextEntry.byteCount
    let context = ScalableContextEntry(words: (0..<4).map { load(address &+ $0 * 8) })
    guard context[flag: .present] else { return [] }

    var rows: [String] = []
    let directory = context[inPlace: .pasidDirectory]
    for index in 0..<(context.pasidLimit >> 6) {
      let directoryEntry = PASIDDirectoryEntry(rawValue: load(directory &+ index * 8))
      guard directoryEntry[flag: .present] else { continue }
      for slot in 0..<UInt64(64) {
        let entry = directoryEntry[inPlace: .pasidTable] &+ slot * 64
        let words = (0..<8).map { load(entry &+ UInt64($0) * 8) }
        guard PASIDTableEntry(words: words)[flag: .present] else { continue }
        rows.append(
          row(
            source, root: (rootEntry.high, rootEntry.low),
            context: (context[word: 1], context[word: 0]), pasid: "\(index << 6 | slot)",
            entry: words))
      }
    }
    return rows
  }
}
