import VTdFormats

/// Looks through memory for pages that look like a root table.
public struct RootScan {
  /// A page that may be one.
  public struct Candidate: Hashable, Sendable {
    /// Where the page lies.
    public var address: UInt64
    /// Whether it looks like a root table of scalable mode.
    public var isScalable: Bool
    /// The number of buses that have a context table.
    public var buses: Int
    /// The number of context entries that keep to the specification.
    public var functions: Int
    /// The number of context entries that do not.
    public var wrong: Int

    /// Higher for what looks more like a root table.
    public var score: Int { functions - 4 * wrong }

    /// Why it is taken for one.
    public var why: String {
      "\(buses) bus\(buses == 1 ? "" : "es") with a context table each, \(functions) context "
        + "entries as the specification has them"
        + (wrong > 0 ? ", \(wrong) that are not" : "")
        + (isScalable ? "; scalable mode" : "; legacy mode")
    }
  }

  private static let most = 32

  /// The best candidates, the best first.
  public static func find(_ image: MemoryImage) -> [Candidate] {
    var found: [Candidate] = []
    for range in image.ranges {
      var address = range.base
      let end = range.base &+ UInt64(page: range.size.page)
      while address < end {
        if let page = image.page(at: address), looksLikeRoot(page),
          let candidate = judge(image, address)
        {
          found.append(candidate)
        }
        address &+= Paging.pageSize
      }
    }
    return Array(
      found.sorted { ($1.score, $0.address) < ($0.score, $1.address) }.prefix(most))
  }

  /// Each half of an entry is empty, or present with nothing but an address.
  private static func looksLikeRoot(_ page: UnsafeRawBufferPointer) -> Bool {
    var isEmpty = true
    for index in 0..<512 {
      let word = UInt64(
        littleEndian: page.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
      if word == 0 { continue }
      guard word.pageOffset == BitField<RootEntry>.present.mask, word.page != 0, word >> 52 == 0
      else { return false }
      isEmpty = false
    }
    return !isEmpty
  }

  private static func judge(_ image: MemoryImage, _ address: UInt64) -> Candidate? {
    let isScalable = DeviceTableReader.isScalable(image, root: address)
    guard let words = DeviceTableReader.words(image, address) else { return nil }
    var candidate = Candidate(
      address: address, isScalable: isScalable, buses: 0, functions: 0, wrong: 0)
    for index in 0..<512 where words[index] != 0 {
      if !isScalable, index & 1 == 1 {
        candidate.wrong += 1
        continue
      }
      guard let context = DeviceTableReader.words(image, words[index].pageStart) else {
        candidate.wrong += 1
        continue
      }
      candidate.buses += 1
      let counts = isScalable ? scalable(context, image) : legacy(context, image)
      candidate.functions += counts.right
      candidate.wrong += counts.wrong
    }
    return candidate.functions > 0 && candidate.score > 0 ? candidate : nil
  }

  private static func legacy(_ words: [UInt64], _ image: MemoryImage) -> (right: Int, wrong: Int) {
    var counts = (right: 0, wrong: 0)
    for index in stride(from: 0, to: 512, by: 2) {
      let entry = ContextEntry(words: [words[index], words[index + 1]])
      if words[index] == 0 && words[index + 1] == 0 { continue }
      let isPassThrough = entry.translationType == .passThrough
      let isRight =
        entry[flag: .present] && (3...5).contains(entry.levels)
        && entry.translationType != .reserved
        && !entry.hasReservedBits
        && (isPassThrough || image.page(at: entry[inPlace: .secondStageTable]) != nil)
      if isRight { counts.right += 1 } else { counts.wrong += 1 }
    }
    return counts
  }

  private static func scalable(_ words: [UInt64], _ image: MemoryImage) -> (right: Int, wrong: Int)
  {
    var counts = (right: 0, wrong: 0)
    for index in stride(from: 0, to: 512, by: 4) {
      let all = Array(words[index..<index + 4])
      if all.allSatisfy({ $0 == 0 }) { continue }
      let entry = ScalableContextEntry(words: all)
      let directory = entry[inPlace: .pasidDirectory]
      let isRight =
        entry[flag: .present] && !entry.hasReservedBits
        && directory > 0 && image.page(at: directory) != nil
      if isRight { counts.right += 1 } else { counts.wrong += 1 }
    }
    return counts
  }
}
