internal import KernelRuntime
internal import VTdFormats

/// `ir_translation_struct`: the interrupt-remapping entries in use.
extension Debugfs {
  func interruptEntries() -> [String] {
    var lines: [String] = []
    for unit in functionTable.units where unit.extendedCapability[flag: .interruptRemapping] {
      lines.append("Remapped Interrupt supported on IOMMU: \(unit.name)")
      let status = GlobalStatus(rawValue: unit.port.read32(at: RegisterOffset.gsts))
      if status[flag: .interruptRemapping] {
        lines += entries(of: unit)
      } else {
        lines.append("Interrupt Remapping is not enabled")
      }
      lines.append("")
    }
    return lines + ["****", ""]
  }

  private func entries(of unit: IntelIOMMU) -> [String] {
    let pointer = InterruptTableAddress(rawValue: unit.port.read64(at: RegisterOffset.irta))
    let table = pointer[inPlace: .address]
    var lines = [
      " IR table address:\(hex(table))",
      " Entry SrcID   DstID    Vct IRTE_high\t\tIRTE_low",
    ]
    guard isInMemory(table) else { return lines }
    for index in 0..<UInt64(pointer.entryCount) {
      let address = table &+ index * InterruptEntry.byteCount
      let entry = InterruptEntry(low: tables.load(address), high: tables.load(address &+ 8))
      guard entry[flag: .present] else { continue }
      let number = "\(index)"
      lines.append(
        " \(number)\(String(repeating: " ", count: max(0, 5 - number.utf8.count))) "
          + "\(SourceID(rawValue: UInt16(truncatingIfNeeded: entry[.sourceID]))) "
          + "\(hex(entry[.destination], digits: 8)) \(hex(entry[.vector], digits: 2))  "
          + "\(hex(entry.high, digits: 16))\t\(hex(entry.low, digits: 16))")
    }
    return lines
  }
}
