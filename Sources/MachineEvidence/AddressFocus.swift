import VTdFormats

/// The pages of the addresses that a history is searched for. Of its millions of events only those
/// are kept whose mapping covers one of these pages or ends shortly below one.
public struct AddressFocus: Sendable {
  /// In bytes: a mapping that ends at most this far below a page is its neighbour. A device that
  /// reads past the end of a buffer faults there.
  public static let reach: UInt64 = 64 << 10
  private static let reachPages = reach.page

  /// Page numbers, sorted.
  let pages: [UInt64]
  /// A filter with a bit for each 64-KiB block, by the low 16 bits of the block's number. It
  /// rejects most events without a search.
  private var bits: [UInt64]

  /// The pages of these addresses.
  public init(_ addresses: some Sequence<UInt64>) {
    pages = Set(addresses.map { $0.page }).sorted()
    bits = [UInt64](repeating: 0, count: 1024)
    for page in pages {
      for near in [page, page &- min(page, Self.reachPages)] {
        let granule = Int(truncatingIfNeeded: near >> 4) & 0xffff
        bits[granule >> 6] |= 1 << UInt64(granule & 63)
      }
    }
  }

  /// Whether there is no page to search for.
  public var isEmpty: Bool { pages.isEmpty }

  /// Whether a mapping from `start` up to `end` covers one of the pages or ends shortly below one.
  @inline(__always)
  func touches(_ start: UInt64, _ end: UInt64) -> Bool {
    let first = start.page
    let last = (end &- 1).page
    if last &- first < 16, !hasGranule(first >> 4), !hasGranule(last >> 4) { return false }
    return !pages.isEmpty && isNear(first, last)
  }

  @inline(__always)
  private func hasGranule(_ granule: UInt64) -> Bool {
    let place = Int(truncatingIfNeeded: granule) & 0xffff
    return bits[place >> 6] >> UInt64(place & 63) & 1 != 0
  }

  @inline(never)
  private func isNear(_ first: UInt64, _ last: UInt64) -> Bool {
    let index = index(from: first)
    guard index < pages.count, last >= first else { return false }
    return pages[index] <= last || pages[index] - last <= Self.reachPages
  }

  /// The pages from `first` up to the neighbours of `last`.
  func pages(from first: UInt64, reaching last: UInt64) -> ArraySlice<UInt64> {
    let from = index(from: first)
    let behind = max(
      from, index(from: last.addingReportingOverflow(Self.reachPages + 1).partialValue))
    return pages[from..<behind]
  }

  /// The index of the first page at or behind `page`.
  private func index(from page: UInt64) -> Int {
    var low = 0
    var high = pages.count
    while low < high {
      let middle = (low + high) / 2
      if pages[middle] < page { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
