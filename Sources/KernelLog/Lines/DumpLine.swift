public import VTdFormats

/// One line of the table dump behind a fault (`dmar_fault_dump_ptes`, `pgtable_walk`, with
/// `CONFIG_DMAR_DEBUG`). Entries are printed raw.
public enum DumpLine: Hashable, Sendable {
  /// `Dump dmar0 table entries for IOVA 0x0`
  case header(unit: String, address: IOVA)
  /// `root entry: 0x…`: the low half of a legacy root entry.
  case rootEntry(low: UInt64)
  case scalableRootEntry(high: UInt64, low: UInt64)
  case contextEntry(high: UInt64, low: UInt64)
  case pasidDirectoryEntry(UInt64)
  /// One of the eight qwords of a PASID table entry.
  case pasidTableEntry(index: Int, value: UInt64)
  case pageTableEntry(level: Int, value: UInt64)
  case stop(DumpStop)
}

/// Why a dump ends where it ends.
public enum DumpStop: Hashable, Sendable {
  case noRootTable
  case noContextTable
  /// The legacy context entry is not present. Kernels before the revised wording have no such
  /// check: they walk on from physical address 0.
  case noLegacyPageTable
  case noPASIDDirectory
  case noPASIDTable
  /// The PASID table entry is not present; as with `noLegacyPageTable`, not checked before.
  case noScalablePageTable
  /// The entry at `level` is not present; in the original wording also: is a superpage.
  case entryNotPresent(level: Int)
  /// Of a search of the driver's list of devices: the driver has no data for the device.
  case deviceNotProbed(SourceID)
  /// Of the same search: the device's domain has no page table.
  case noPageTableSetUp
}

/// The words of the dump's stop lines.
public enum DumpWording: String, Hashable, Sendable, Codable, CaseIterable {
  /// Of kernels that follow entries without checking them.
  case original
  /// Of kernels that check each entry before they follow it.
  case revised
}

extension DumpLine {
  /// The line without `DMAR: `.
  public func body(_ wording: DumpWording) -> String {
    switch self {
    case .header(let unit, let address):
      "Dump \(unit) table entries for IOVA 0x\(hex(address.rawValue))"
    // The first kernels print it without a newline; the next record ends the line all the same.
    case .rootEntry(let low): "root entry: \(entry(low))"
    case .scalableRootEntry(let high, let low):
      "scalable mode root entry: hi \(entry(high)), low \(entry(low))"
    case .contextEntry(let high, let low):
      "context entry: hi \(entry(high)), low \(entry(low))"
    case .pasidDirectoryEntry(let value): "pasid dir entry: \(entry(value))"
    case .pasidTableEntry(let index, let value): "pasid table entry[\(index)]: \(entry(value))"
    case .pageTableEntry(let level, let value): "pte level: \(level), pte value: \(entry(value))"
    case .stop(let stop): stop.body(wording)
    }
  }

  public func text(_ wording: DumpWording) -> String { "DMAR: " + body(wording) }

  private func entry(_ value: UInt64) -> String { "0x" + hex(value, digits: 16) }
}

extension DumpStop {
  /// The line without `DMAR: `. A stop that only one wording knows reads the same in both.
  public func body(_ wording: DumpWording) -> String {
    switch (self, wording) {
    case (.noRootTable, .original): "root table entry is not present"
    case (.noRootTable, .revised): "root table is not present"
    case (.noContextTable, .original): "context table entry is not present"
    case (.noContextTable, .revised): "context table is not present"
    case (.noLegacyPageTable, _): "legacy mode page table is not present"
    case (.noPASIDDirectory, .original): "pasid directory entry is not present"
    case (.noPASIDDirectory, .revised): "pasid directory table is not present"
    case (.noPASIDTable, .original): "pasid table entry is not present"
    case (.noPASIDTable, .revised): "pasid table is not present"
    case (.noScalablePageTable, _): "scalable mode page table is not present"
    case (.entryNotPresent(let level), .original): "PTE not present at level \(level)"
    // The revised line names the missing table, one level below the entry.
    case (.entryNotPresent(let level), .revised): "page table not present at level \(level - 1)"
    case (.deviceNotProbed(let source), _): "device [\(source)] not probed"
    case (.noPageTableSetUp, _): "no page table setup"
    }
  }
}
