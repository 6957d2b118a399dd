import CWordScan
import Text

/// The words that make a line worth reading wherever it stands in a log.
///
/// Every line that can be read holds one of them, or stands within a few lines of such a line. They
/// were chosen so that other lines of a log seldom hold one: a line without any costs no more than
/// the search.
public enum Telltale {
  /// The words; case counts.
  public static let words = rows.map { "\($0.word)" }

  /// The words, each with its mark, four bytes of it, and the group of marks that are looked for
  /// together (`CWordScan`). `Tests/arrange-words` chose marks and groups, so that ordinary logs have
  /// few texts that take a closer look.
  static let rows: [(word: StaticString, mark: Int, group: Int)] = [
    // The driver, its table and its units.
    ("DMAR", 0, 2), ("DRHD", 0, 2), ("RMRR", 0, 1), ("dmar", 0, 2), ("INTR-REMAP", 6, 2),
    ("IOMMU", 0, 2), ("iommu", 0, 2), ("IOTLB", 1, 3), ("iova", 0, 2), ("remapping", 1, 2),
    ("domain", 0, 2), ("Domain", 0, 2), ("PRQ ", 0, 2), ("page request", 5, 4),
    ("Page Request", 5, 4), ("Page request", 5, 4), ("canonical", 0, 1), ("Register based", 0, 7),
    ("IR table", 0, 0), ("kdump mode", 0, 7), ("Queue inv", 1, 5), ("fault, interrupt", 2, 5),
    ("reserved region", 9, 7), ("device scope", 8, 6), ("scope type", 1, 6), ("ACPI object", 2, 1),
    ("ACPI name", 2, 1), ("0-length", 4, 6), ("map the region", 3, 4), ("reserve memory", 9, 2),
    ("translation tables", 0, 4), ("identity map", 4, 0), ("x2apic", 1, 7), ("PCI-DMA", 1, 0),
    ("VT-d ", 0, 5), ("VT-D]", 0, 5), ("non-aligned", 4, 6),
    // What the core says of devices.
    ("IOVA", 0, 2), ("pasid", 0, 7), ("not trusted", 0, 6), ("aliased", 0, 6), ("PRQ, ", 0, 2),
    ("5-level", 0, 3), ("stage-1", 0, 5), ("Dirty track", 3, 0), ("guest address", 3, 5),
    // DMA of any kind: `[DMA Read`, `DMA PTE`, `DMA-API`.
    ("DMA ", 0, 2), ("DMA-API", 0, 2), ("swiotlb", 1, 0),
    // Other units, hypervisors and their users.
    ("AMD-V", 1, 0), ("fault event", 5, 4), ("SID: ", 0, 5), ("vtd[", 0, 0), ("vtd_", 0, 0),
    ("smmu", 0, 0), ("BIOS", 0, 3), ("VFIO", 0, 1), ("vfio", 0, 1), ("viable", 0, 1),
    ("bypass", 0, 7), ("index (", 2, 4), ("MEMLOCK", 1, 3),
    // What the kernel says of its own defects.
    ("WARN", 0, 1), ("BUG:", 0, 3), ("BUG at", 1, 5), ("INFO:", 1, 5), ("UBSAN", 1, 3),
    ("NULL pointer", 0, 3), ("unable to handle", 9, 4), ("general protection", 9, 6),
    ("LOCKUP", 1, 3), ("blocked for", 0, 7), ("detected stall", 9, 5), ("panic - not", 0, 7),
    ("Oops: ", 0, 3), ("RCU-list", 1, 5), ("rcu_dereference", 6, 4),
    // A boot, and devices that come and go.
    ("Linux version", 0, 0), ("class 0x", 2, 6), ("enabling device", 3, 6), ("pci function", 1, 1),
    ("Slot(", 0, 0), ("power state", 0, 4), ("device, stuck", 8, 5), ("not ready", 0, 6),
    // Marks that are evidence for others.
    ("reboot: ", 1, 2), ("kexec_core", 0, 4), ("systemd-shutdown", 12, 4),
    ("PM: ", 0, 2), ("system sleep state", 7, 5), ("resume", 2, 5), ("AER: Unc", 1, 2),
    ("PCIe Bus Error", 9, 3), ("System Error", 7, 3), ("genctr mismatch", 0, 7),
    ("on queue", 4, 5), ("for tag", 3, 4), ("Unknown completion", 5, 1), ("Exec", 0, 3),
  ]

  /// How many times 32 bytes the processor looks at in one go; 0 where it is one byte after the other.
  static let width = word_scan_width()

  /// The words as the scanner wants them: a `word_scan_table`.
  private static let table: [UInt8] = {
    var table = [UInt8](repeating: 0, count: MemoryLayout<word_scan_table>.size)
    table.withUnsafeMutableBytes { bytes in
      guard let base = bytes.baseAddress?.assumingMemoryBound(to: word_scan_table.self) else {
        return
      }
      for (index, row) in rows.enumerated() {
        row.word.withUTF8Buffer { word in
          word_scan_add(
            base, Int32(index), word.baseAddress, Int32(word.count), Int32(row.mark),
            Int32(row.group))
        }
      }
      for (index, text) in TraceEvent.words.enumerated() {
        text.withUTF8Buffer { word_scan_pass(base, Int32(index), $0.baseAddress, Int32($0.count)) }
      }
    }
    return table
  }()

  /// Finds the first word from `start` on, and counts the newlines before it (all, where there is no
  /// word). Words of `TraceEvent.words` do not count.
  ///
  /// - Parameter width: how many times 32 bytes to look at in one go; what the processor can at most.
  static func find(
    _ base: UnsafeRawPointer, _ start: Int, _ count: Int, width: Int32 = Telltale.width
  ) -> (position: Int?, newlines: Int) {
    table.withUnsafeBytes { bytes in
      guard let table = bytes.baseAddress?.assumingMemoryBound(to: word_scan_table.self) else {
        return (nil, 0)
      }
      let text = base.assumingMemoryBound(to: UInt8.self)
      let found = word_scan_find(text, start, count, table, width)
      return (found.place < count ? found.place : nil, found.newlines)
    }
  }
}
