import CZlib
import CZstd
import VTdFormats

/// The pages of a dump that makedumpfile or QEMU packed: a header, two bitmaps (which pages there
/// are, which of them the file holds), a descriptor for each page that is held, and the pages.
final class KdumpPages {
  /// How a page is packed: bits of its descriptor.
  private enum Packing {
    static let zlib: UInt32 = 0x1
    static let lzo: UInt32 = 0x2
    static let snappy: UInt32 = 0x4
    static let zstd: UInt32 = 0x20
    static let all = zlib | lzo | snappy | zstd
  }

  private static let descriptorLength = 24
  /// How many words of the bitmap share one count in `ranks`.
  private static let group = 64
  private static let pageLength = 4096

  let ranges: [MemoryImage.Range]
  private let file: FlattenedFile
  /// A bit for each page that the file holds.
  private let held: [UInt64]
  /// For each group of words: how many bits are set in all words before it.
  private let ranks: [Int]
  private let descriptors: Int
  private let heldCount: Int
  /// The slot in `buffer` of each page that is unpacked; a new page replaces the oldest.
  private var cache: [UInt64: Int] = [:]
  private var owners: [UInt64?]
  private var next = 0
  private let buffer: UnsafeMutableRawBufferPointer
  private static let cachedPages = 64

  var isFlattened: Bool { file.isFlattened }

  init(_ bytes: UnsafeRawBufferPointer, _ path: String) throws(MemoryImageError) {
    func damaged(_ words: String) -> MemoryImageError {
      MemoryImageError(path: path, kind: .damaged(words))
    }
    let file = try FlattenedFile(bytes, path)
    guard let header = file.copy(0, 464), header.starts(with: "KDUMP   ".utf8) else {
      throw damaged("the header of the dump is damaged")
    }
    func word(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
      bytes.withUnsafeBytes { $0.number(UInt32.self, at: offset) } ?? 0
    }
    let version = word(header, 8)
    let block = Int(word(header, 428))
    let subHeader = Int(word(header, 432))
    let bitmaps = Int(word(header, 436))
    guard block == Self.pageLength, subHeader <= 1 << 20, bitmaps <= 1 << 24 else {
      throw damaged("the header of the dump is damaged, or its pages are not of 4 KiB")
    }
    var pageCount = UInt64(word(header, 440))
    if version >= 6, let sub = file.copy(block, 104),
      let wide = sub.withUnsafeBytes({ $0.number(UInt64.self, at: 96) }), wide > 0
    {
      pageCount = wide
    }
    // The blocks hold two bitmaps of the same length, one after the other.
    let half = bitmaps / 2 * block
    guard pageCount <= UInt64(half) &* 8,
      let first = file.copy((1 + subHeader) * block, half),
      let second = file.copy((1 + subHeader) * block + half, half)
    else { throw damaged("the bitmaps of the dump are damaged or cut off") }
    held = Self.words(second)
    var ranks: [Int] = []
    var sum = 0
    for (index, word) in held.enumerated() {
      if index % Self.group == 0 { ranks.append(sum) }
      sum += word.nonzeroBitCount
    }
    self.ranks = ranks
    heldCount = sum
    self.file = file
    descriptors = (1 + subHeader + bitmaps) * block
    ranges = Self.ranges(Self.words(first), pageCount)
    buffer = .allocate(byteCount: Self.cachedPages * Self.pageLength, alignment: 4096)
    owners = [UInt64?](repeating: nil, count: Self.cachedPages)
    try checkPacking(path)
  }

  deinit { buffer.deallocate() }

  /// Refuses a dump whose pages are packed in a way that is not read here. The first 64 held pages
  /// are looked at: all pages of a dump are packed alike, but some may be stored.
  private func checkPacking(_ path: String) throws(MemoryImageError) {
    for row in 0..<min(64, heldCount) {
      guard let flags = descriptor(row)?.flags else { return }
      let name: String
      switch flags & Packing.all {
      case 0, Packing.zlib, Packing.zstd: continue
      case Packing.lzo: name = "lzo"
      case Packing.snappy: name = "snappy"
      default: throw MemoryImageError(path: path, kind: .damaged("a page's descriptor is damaged"))
      }
      throw MemoryImageError(
        path: path,
        kind: .otherForm(
          "a dump whose pages are packed with \(name)",
          advice: "pack them with zlib: makedumpfile -c -d 31 IMAGE NEW"))
    }
  }

  private static func words(_ bytes: [UInt8]) -> [UInt64] {
    bytes.withUnsafeBytes { raw in
      (0..<raw.count / 8).map { raw.number(UInt64.self, at: $0 * 8) ?? 0 }
    }
  }

  /// The runs of set bits as ranges of memory. A damaged bitmap may have bits after the last page,
  /// which are ignored.
  private static func ranges(_ words: [UInt64], _ pageCount: UInt64) -> [MemoryImage.Range] {
    var ranges: [MemoryImage.Range] = []
    var start: UInt64?
    func close(_ end: UInt64) {
      if let first = start {
        ranges.append(MemoryImage.Range(base: UInt64(page: first), size: UInt64(page: end - first)))
      }
      start = nil
    }
    for (index, word) in words.enumerated() {
      let page = UInt64(index) * 64
      if page >= pageCount { break }
      if word == .max, start != nil { continue }
      if word == 0 {
        close(page)
        continue
      }
      for bit in 0..<min(64, pageCount - page) {
        if word >> bit & 1 == 0 {
          close(page + bit)
        } else if start == nil {
          start = page + bit
        }
      }
    }
    close(min(pageCount, UInt64(words.count) * 64))
    return ranges
  }

  /// The page with this number, unpacked; nil where the file does not hold it.
  func page(_ number: UInt64) -> UnsafeRawBufferPointer? {
    if let slot = cache[number] { return slotBytes(slot) }
    let index = Int(truncatingIfNeeded: number >> 6)
    guard number >> 6 < UInt64(held.count), held[index] >> (number & 63) & 1 != 0 else {
      return nil
    }
    var row = ranks[index / Self.group]
    for word in index / Self.group * Self.group..<index { row += held[word].nonzeroBitCount }
    row += (held[index] & ((1 << (number & 63)) - 1)).nonzeroBitCount
    guard let descriptor = descriptor(row), descriptor.size <= 2 * Self.pageLength,
      let packed = file.copy(descriptor.offset, descriptor.size)
    else { return nil }
    return keep(number, packed, descriptor.flags)
  }

  private func descriptor(_ row: Int) -> (offset: Int, size: Int, flags: UInt32)? {
    let start = descriptors + row * Self.descriptorLength
    return file.copy(start, Self.descriptorLength)?.withUnsafeBytes { bytes in
      guard let offset = bytes.number(Int64.self, at: 0).flatMap({ Int(exactly: $0) }),
        let size = bytes.number(UInt32.self, at: 8), let flags = bytes.number(UInt32.self, at: 12)
      else { return nil }
      return (offset, Int(size), flags)
    }
  }

  private func slotBytes(_ slot: Int) -> UnsafeRawBufferPointer {
    let start = slot * Self.pageLength
    return UnsafeRawBufferPointer(rebasing: buffer[start..<start + Self.pageLength])
  }

  private func keep(_ number: UInt64, _ packed: [UInt8], _ flags: UInt32) -> UnsafeRawBufferPointer?
  {
    let page: [UInt8]
    if flags & Packing.all == 0 {
      page = packed
    } else if let whole = Self.unpack(packed, flags) {
      page = whole
    } else {
      return nil
    }
    guard page.count == Self.pageLength else { return nil }
    let slot = next
    next = (next + 1) % Self.cachedPages
    if let old = owners[slot] { cache[old] = nil }
    owners[slot] = number
    cache[number] = slot
    let start = slot * Self.pageLength
    UnsafeMutableRawBufferPointer(rebasing: buffer[start..<start + Self.pageLength])
      .copyBytes(from: page)
    return slotBytes(slot)
  }

  private static func unpack(_ packed: [UInt8], _ flags: UInt32) -> [UInt8]? {
    var page = [UInt8](repeating: 0, count: pageLength)
    let length = page.withUnsafeMutableBytes { output in
      packed.withUnsafeBytes { input -> Int in
        if flags & Packing.zstd != 0 {
          let length = ZSTD_decompress(
            output.baseAddress, output.count, input.baseAddress, input.count)
          return ZSTD_isError(length) == 0 ? length : 0
        }
        var length = uLongf(output.count)
        let status = uncompress(
          output.bindMemory(to: UInt8.self).baseAddress, &length,
          input.bindMemory(to: UInt8.self).baseAddress, uLong(input.count))
        return status == Z_OK ? Int(length) : 0
      }
    }
    return length == pageLength ? page : nil
  }
}
