import CWordScan
import Text

/// The words that make a line worth reading wherever it stands in a log.
///
/// Every line that can be read holds one of them, or stands within a few lines of such a line. They
/// were chosen so that other lines of a log seldom hold one: a line without any costs no more than
/// the search.
public enum Telltale {
  /// The words; case counts.
  public static let words = [
    // The driver, its table and its units.
    "DMAR", "DRHD", "RMRR", "dmar", "INTR-REMAP", "IOMMU", "iommu", "IOTLB", "iova", "remapping",
    "domain", "Domain", "PRQ ", "page request", "Page Request", "Page request", "canonical",
    "Register based", "IR table", "kdump mode", "Queue inv", "fault, interrupt", "reserved region",
    "device scope", "scope type", "ACPI object", "ACPI name", "0-length", "map the region",
    "reserve memory", "translation tables", "identity map", "x2apic", "PCI-DMA",
    "VT-d ", "non-aligned",
    // DMA of any kind: `[DMA Read`, `DMA PTE`, `DMA-API`.
    "DMA ", "DMA-API", "swiotlb",
    // Other units, hypervisors and their users.
    "AMD-V", "fault event", "SID: ", "vtd[", "vtd_", "smmu", "BIOS", "VFIO", "vfio", "viable",
    "bypass", "index (", "MEMLOCK",
    // What the kernel says of its own defects.
    "WARN", "BUG:", "BUG at", "INFO:", "UBSAN", "NULL pointer", "unable to handle",
    "general protection", "LOCKUP", "blocked for", "detected stall", "panic - not", "Oops: ",
    "RCU-list", "rcu_dereference",
    // A boot, and devices that come and go.
    "Linux version", "class 0x", "enabling device", "pci function", "Slot(", "power state",
    "device, stuck", "not ready",
    // Marks that are evidence for others.
    "PM: ", "system sleep state", "resume", "AER: Unc", "PCIe Bus Error", "System Error",
    "genctr mismatch", "on queue", "for tag", "Unknown completion", "Exec",
  ]

  /// Whether the processor can look at many bytes at a time.
  static let isWide = word_scan_is_wide()

  /// The words as the scanner wants them: a `word_scan_table`.
  private static let table: [UInt8] = {
    var table = [UInt8](repeating: 0, count: MemoryLayout<word_scan_table>.size)
    var groups = [Group](repeating: Group(), count: Int(word_scan_groups))
    table.withUnsafeMutableBytes { bytes in
      guard let base = bytes.baseAddress?.assumingMemoryBound(to: word_scan_table.self) else {
        return
      }
      for (index, word) in words.enumerated() {
        let text = Array(word.utf8)
        let mark = mark(text)
        let growth = groups.map { $0.growth(with: mark.bytes) }
        let group = growth.indices.min { growth[$0] < growth[$1] } ?? 0
        groups[group].add(mark.bytes)
        word_scan_add(
          base, Int32(index), text, Int32(text.count), Int32(mark.start), Int32(group))
      }
    }
    return table
  }()

  /// The four bytes of a word that are the rarest in a log.
  private static func mark(_ bytes: [UInt8]) -> (start: Int, bytes: [UInt8]) {
    func rarity(_ start: Int) -> Double {
      bytes[start..<start + 4].reduce(1) { $0 * share($1) }
    }
    let starts = 0...max(bytes.count - 4, 0)
    let start = starts.min { rarity($0) < rarity($1) } ?? 0
    return (start, Array(bytes[start...].prefix(4)))
  }

  /// The bytes of logs, the most frequent first.
  private static let frequent = Array(
    " e0ati1onrs:2dclmp]-.u3456789fhg[by/_vkxwC,=SPIEADRTMLOUNB()FGHVWXKJQYZjqz".utf8)

  private static func share(_ byte: UInt8) -> Double {
    let place = frequent.firstIndex(of: byte) ?? frequent.count
    return 1 / Double(place + 4)
  }

  /// Marks that are looked for together: for each place the halves of bytes that one of them has.
  private struct Group {
    private var low = [UInt16](repeating: 0, count: 4)
    private var high = [UInt16](repeating: 0, count: 4)

    /// How many more texts fit with a further mark: those that take a closer look for nothing.
    func growth(with mark: [UInt8]) -> Int {
      var grown = self
      grown.add(mark)
      return grown.size - size
    }

    mutating func add(_ mark: [UInt8]) {
      for (place, byte) in mark.enumerated() {
        low[place] |= 1 << UInt16(byte & 15)
        high[place] |= 1 << UInt16(byte >> 4)
      }
    }

    private var size: Int {
      zip(low, high).reduce(1) { $0 * $1.0.nonzeroBitCount * $1.1.nonzeroBitCount }
    }
  }

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
