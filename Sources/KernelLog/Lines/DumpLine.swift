public import VTdFormats

/// One line of the table dump behind a fault (`dmar_fault_dump_ptes`, `pgtable_walk`, with
/// `CONFIG_DMAR_DEBUG`). Entries are printed raw.
public enum DumpLine: Hashable, Sendable {
  /// `Dump dmar0 table entries for IOVA 0x0`
  case header(unit: String, address: IOVA)
  /// `root entry: 0x…`: the low half of a legacy root entry.
  case rootEntry(low: UInt64)
  /// The root entry, in scalable mode.
  case scalableRootEntry(high: UInt64, low: UInt64)
  /// The context entry.
  case contextEntry(high: UInt64, low: UInt64)
  /// The PASID directory entry.
  case pasidDirectoryEntry(UInt64)
  /// One of the eight qwords of a PASID table entry.
  case pasidTableEntry(index: Int, value: UInt64)
  /// A paging entry of a level.
  case pageTableEntry(level: Int, value: UInt64)
  /// Why the dump ends.
  case stop(DumpStop)
}

/// Why a dump ends where it ends.
public enum DumpStop: Hashable, Sendable {
  /// There is no root table.
  case noRootTable
  /// There is no context table.
  case noContextTable
  /// The legacy context entry is not present. Kernels before the revised wording have no such
  /// check: they walk on from physical address 0.
  case noLegacyPageTable
  /// There is no PASID directory.
  case noPASIDDirectory
  /// There is no PASID table.
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
public enum DumpWording: String, Hashable, Sendable, CaseIterable {
  /// Of kernels that follow entries without checking them.
  case original
  /// Of kernels that check each entry before they follow it.
  case revised
}
