import VTdFormats

/// The interrupt-entry cache: direct mapped by index.
struct InterruptEntryCache {
  private var slots: [(index: UInt32, entry: InterruptEntry)?]

  init(count: Int) { slots = Array(repeating: nil, count: count) }

  func find(_ index: UInt32) -> InterruptEntry? {
    guard !slots.isEmpty, let slot = slots[Int(index) & (slots.count - 1)], slot.index == index
    else { return nil }
    return slot.entry
  }

  /// Hands out every entry with its index.
  func forEach(_ body: (UInt32, InterruptEntry) -> Void) {
    for slot in slots { if let slot { body(slot.index, slot.entry) } }
  }

  mutating func keep(_ index: UInt32, _ entry: InterruptEntry) {
    if !slots.isEmpty { slots[Int(index) & (slots.count - 1)] = (index, entry) }
  }

  /// Drops the entries of a range of indices, or all.
  mutating func remove(_ range: Range<UInt64>?) {
    for slot in slots.indices {
      guard let cached = slots[slot] else { continue }
      if range?.contains(UInt64(cached.index)) ?? true { slots[slot] = nil }
    }
  }
}
