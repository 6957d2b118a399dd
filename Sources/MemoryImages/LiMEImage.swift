/// LiME's form: before each stretch of memory a header of 32 bytes with its first and last address.
enum LiMEImage {
  private static let magic: UInt32 = 0x4c69_4d45

  static func segments(
    _ bytes: UnsafeRawBufferPointer, _ path: String
  ) throws(MemoryImageError) -> [ImageSegment] {
    var segments: [ImageSegment] = []
    var at = 0
    while let found = bytes.number(UInt32.self, at: at), found == magic,
      let start = bytes.number(UInt64.self, at: at + 8),
      let last = bytes.number(UInt64.self, at: at + 16)
    {
      guard last >= start, last < 1 << 52, let size = Int(exactly: last - start + 1) else {
        throw MemoryImageError(path: path, kind: .damaged("a header's addresses are damaged"))
      }
      let offset = at + 32
      let held = min(size, max(bytes.count - offset, 0))
      // A stretch need not begin at a page; only its whole pages are used, since tables fill pages.
      let skipped = Int(truncatingIfNeeded: (4096 - start & 0xfff) & 0xfff)
      if held - skipped >= 4096 {
        segments.append(
          ImageSegment(
            range: MemoryImage.Range(
              base: start + UInt64(skipped), size: UInt64(held - skipped)),
            offset: offset + skipped))
      }
      guard held == size else { break }
      at = offset + size
    }
    let sorted = ELFCore.withoutOverlaps(segments)
    guard !sorted.isEmpty else {
      throw MemoryImageError(path: path, kind: .damaged("it holds no memory"))
    }
    return sorted
  }
}
