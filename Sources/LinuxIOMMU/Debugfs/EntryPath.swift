internal import KernelRuntime
internal import VTdFormats

/// The entries that lead to a function's tables, as they lie in memory: what debugfs shows.
///
/// The dump behind a fault and the driver's own changes find the same way by themselves: one prints
/// between its reads and may die of one, the other makes what is missing.
struct EntryPath {
  let root: (high: UInt64, low: UInt64)
  /// Two words in legacy mode, four in scalable mode.
  let context: [UInt64]

  var legacyContext: ContextEntry { ContextEntry(low: context[0], high: context[1]) }
  var scalableContext: ScalableContextEntry { ScalableContextEntry(words: context) }
}

extension Debugfs {
  /// Nil where root or context entry are not present.
  func entryPath(of source: SourceID, from pointer: RootTableAddress) -> EntryPath? {
    let slot = pointer[inPlace: .rootTable] &+ RootEntry.offset(of: source)
    guard isInMemory(slot) else { return nil }
    let root = (high: tables.load(slot &+ 8), low: tables.load(slot))
    let isScalable = pointer.mode == .scalable
    let isUpper = isScalable && ScalableRootEntry.isUpper(source)
    // The halves of a scalable entry are laid out alike, and as a legacy entry's lower one.
    let half = RootEntry(low: isUpper ? root.high : root.low, high: 0)
    guard half[flag: .present] else { return nil }
    let width = isScalable ? ScalableContextEntry.byteCount : ContextEntry.byteCount
    let offset =
      isScalable ? ScalableContextEntry.offset(of: source) : ContextEntry.offset(of: source)
    let entry = half[inPlace: .contextTable] &+ offset
    guard isInMemory(entry) else { return nil }
    let context = stride(from: 0, to: width, by: 8).map { tables.load(entry &+ $0) }
    guard ContextEntry(low: context[0], high: 0)[flag: .present] else { return nil }
    return EntryPath(root: root, context: context)
  }

  /// The PASID entries of one entry of a directory, present or not; none where it has no table.
  func pasidEntries(at index: UInt64, ofDirectory directory: UInt64) -> [PASIDTableEntry] {
    let slot = directory &+ index * PASIDDirectoryEntry.byteCount
    guard isInMemory(slot), budget.takeEntries(PASIDTableEntry.countInTable) else { return [] }
    let entry = PASIDDirectoryEntry(rawValue: tables.load(slot))
    guard entry[flag: .present], isInMemory(entry[inPlace: .pasidTable]) else { return [] }
    return (0..<PASIDTableEntry.countInTable).map { slot in
      tables.pasidEntry(at: entry[inPlace: .pasidTable] &+ UInt64(slot) * PASIDTableEntry.byteCount)
    }
  }
}
