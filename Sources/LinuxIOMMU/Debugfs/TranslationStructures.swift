internal import KernelRuntime
internal import VTdFormats

/// `dmar_translation_struct`: the root, context and PASID entries in use.
extension Debugfs {
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
      for devfn in UInt8.min...UInt8.max where !budget.isSpent {
        let source = SourceID(bus: bus, devfn: devfn)
        lines += rows(for: source, from: pointer)
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

  private func rows(for source: SourceID, from pointer: RootTableAddress) -> [String] {
    guard let path = entryPath(of: source, from: pointer) else { return [] }
    let context = (high: path.context[1], low: path.context[0])
    guard pointer.mode == .scalable else {
      return [row(source, root: path.root, context: context, pasid: "-1", entry: [0, 0, 0])]
    }
    let directory = path.scalableContext[inPlace: .pasidDirectory]
    var rows: [String] = []
    let perTable = PASIDTableEntry.countInTable
    for index in 0..<(path.scalableContext.pasidLimit / UInt64(perTable)) where !budget.isSpent {
      for (slot, entry) in pasidEntries(at: index, ofDirectory: directory).enumerated()
      where entry[flag: .present] && budget.takeRow() {
        rows.append(
          row(
            source, root: path.root, context: context, pasid: "\(Int(index) * perTable + slot)",
            entry: entry.words))
      }
    }
    return rows
  }
}
