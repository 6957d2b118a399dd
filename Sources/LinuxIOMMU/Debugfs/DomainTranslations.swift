internal import KernelRuntime
internal import PCI
internal import VTdFormats

/// `domain_translation_struct`: every mapped page with its entry at each level.
extension Debugfs {
  /// The driver goes through the functions of the bus, and for each through its group as far as the
  /// group's first member: a group of four is shown four times, under one name.
  func domainTranslations() -> [String] {
    shownFunctions.flatMap { function -> [String] in
      guard let domain = functionTable.devices[function]?.domain else { return [] }
      return [
        "Device \(function) @0x\(hex(domain.pageTable.rawValue))",
        "IOVA_PFN\t\tPML5E\t\t\tPML4E\t\t\tPDPE\t\t\tPDE\t\t\tPTE",
      ] + rows(of: domain) + [""]
    }
  }

  /// The first member of each probed function's group; behind them functions that somebody attached
  /// to a domain without a probe.
  private var shownFunctions: [PCIAddress] {
    let probed = functionTable.probed
    return probed.compactMap { function in probed.first { $0.group == function.group }?.address }
      + functionTable.unprobed
  }

  private func rows(of domain: IOMMUDomain) -> [String] {
    rows(from: domain.pageTable.rawValue, levels: domain.levels, isShort: false)
  }

  /// One row for each page, large ones included.
  ///
  /// - Parameter isShort: whether a row ends with the level at which the page was found, as it does
  ///   where each device has a file.
  func rows(from table: UInt64, levels: Int, isShort: Bool) -> [String] {
    // AW, of three bits, can say up to nine levels; hardware has five.
    guard (1..<6).contains(levels) else {
      return ["reserved address width: \(levels) levels of tables"]
    }
    var rows: [String] = []
    var path = [UInt64](repeating: 0, count: 6)
    collect(table: table, level: levels, start: 0, isShort, &path, &rows)
    return rows
  }

  private func collect(
    table: UInt64, level: Int, start: UInt64, _ isShort: Bool, _ path: inout [UInt64],
    _ rows: inout [String]
  ) {
    guard isInMemory(table), budget.takeEntries(Paging.entryCount) else { return }
    for index in 0..<UInt64(Paging.entryCount) {
      let raw = tables.load(table &+ index * Paging.entryBytes)
      let entry = SecondStageEntry(rawValue: raw)
      guard entry.isPresent else { continue }
      let address = start &+ index << UInt64(Paging.shift(level: level))
      path[level] = raw
      if level == 1 || entry[flag: .pageSize] {
        // Two levels may be missing from a short row: those of a 1 GiB page.
        guard budget.takeRow() else { return }
        let last = isShort ? min(level, 3) : 1
        let columns = path[last...].reversed().map(padded).joined(separator: "\t")
        rows.append("0x\(hex(address.page, digits: 13)) |\t\(columns)")
      } else {
        collect(
          table: entry[inPlace: .address], level: level - 1, start: address, isShort, &path, &rows)
      }
      path[level] = 0
    }
  }
}
