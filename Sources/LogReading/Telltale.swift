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
    ("DMAR", 0, 3), ("DRHD", 0, 4), ("RMRR", 0, 3), ("dmar", 0, 1), ("INTR-REMAP", 0, 1),
    ("IOMMU", 0, 5), ("iommu", 0, 0), ("IOTLB", 0, 5), ("iova", 0, 0), ("remapping", 1, 7),
    ("domain", 0, 4), ("Domain", 0, 4), ("PRQ ", 0, 4), ("page request", 0, 3),
    ("Page Request", 0, 3), ("Page request", 0, 3), ("canonical", 5, 3), ("Register based", 2, 7),
    ("IR table", 3, 3), ("kdump mode", 1, 2), ("Queue inv", 0, 5), ("fault, interrupt", 1, 2),
    ("reserved region", 11, 7), ("device scope", 8, 0), ("scope type", 1, 0), ("ACPI object", 5, 0),
    ("ACPI name", 2, 7), ("0-length", 1, 6), ("map the region", 10, 7), ("reserve memory", 9, 7),
    ("translation tables", 12, 3), ("identity map", 4, 1), ("x2apic", 0, 7), ("PCI-DMA", 1, 6),
    ("VT-d ", 0, 6), ("non-aligned", 6, 3),
    // What the core says of devices.
    ("IOVA", 0, 5), ("pasid", 0, 7), ("not trusted", 2, 1), ("aliased", 3, 2), ("PRQ, ", 0, 1),
    ("5-level", 1, 6), ("stage-1", 1, 3), ("Dirty track", 1, 1), ("guest address", 0, 2),
    // DMA of any kind: `[DMA Read`, `DMA PTE`, `DMA-API`.
    ("DMA ", 0, 3), ("DMA-API", 0, 3), ("swiotlb", 1, 7),
    // Other units, hypervisors and their users.
    ("AMD-V", 0, 5), ("fault event", 1, 2), ("SID: ", 0, 6), ("vtd[", 0, 5), ("vtd_", 0, 5),
    ("smmu", 0, 5), ("BIOS", 0, 2), ("VFIO", 0, 5), ("vfio", 0, 0), ("viable", 1, 3),
    ("bypass", 1, 1), ("index (", 2, 4), ("MEMLOCK", 2, 6),
    // What the kernel says of its own defects.
    ("WARN", 0, 3), ("BUG:", 0, 2), ("BUG at", 1, 7), ("INFO:", 1, 2), ("UBSAN", 0, 7),
    ("NULL pointer", 1, 6), ("unable to handle", 10, 3), ("general protection", 4, 3),
    ("LOCKUP", 2, 2), ("blocked for", 4, 4), ("detected stall", 10, 3), ("panic - not", 0, 3),
    ("Oops: ", 0, 0), ("RCU-list", 3, 6), ("rcu_dereference", 1, 2),
    // A boot, and devices that come and go.
    ("Linux version", 0, 5), ("class 0x", 0, 0), ("enabling device", 2, 7), ("pci function", 4, 2),
    ("Slot(", 0, 6), ("power state", 0, 0), ("device, stuck", 4, 4), ("not ready", 5, 7),
    // Marks that are evidence for others.
    ("reboot: ", 1, 4), ("kexec_core", 1, 3), ("systemd-shutdown", 7, 2),
    ("PM: ", 0, 3), ("system sleep state", 7, 0), ("resume", 1, 2), ("AER: Unc", 0, 2),
    ("PCIe Bus Error", 1, 6), ("System Error", 0, 6), ("genctr mismatch", 2, 1),
    ("on queue", 3, 5), ("for tag", 3, 4), ("Unknown completion", 0, 6), ("Exec", 0, 6),
  ]

  /// Whether the processor can look at many bytes at a time.
  static let isWide = word_scan_is_wide()

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
    }
    return table
  }()

  /// Finds the first word from `start` on, and counts the newlines before it (all, where there is no
  /// word).
  ///
  /// - Parameter isWide: whether to look at many bytes at a time.
  static func find(
    _ base: UnsafeRawPointer, _ start: Int, _ count: Int, isWide: Int32 = Telltale.isWide
  ) -> (position: Int?, newlines: Int) {
    table.withUnsafeBytes { bytes in
      guard let table = bytes.baseAddress?.assumingMemoryBound(to: word_scan_table.self) else {
        return (nil, 0)
      }
      let text = base.assumingMemoryBound(to: UInt8.self)
      let found = word_scan_find(text, start, count, table, isWide)
      return (found.place < count ? found.place : nil, found.newlines)
    }
  }
}
