import VTdFormats

/// ELF core files of 64-bit machines: QEMU's `dump-guest-memory`, kdump's `/proc/vmcore`.
enum ELFCore {
  private static let loadable: UInt32 = 1
  private static let core: UInt16 = 4
  private static let x86: UInt16 = 62

  /// The stretches of physical memory, by address; later ones that overlap are left out.
  static func segments(
    _ bytes: UnsafeRawBufferPointer, _ path: String
  ) throws(MemoryImageError) -> [ImageSegment] {
    func damaged(_ words: String) -> MemoryImageError {
      MemoryImageError(path: path, kind: .damaged(words))
    }
    guard bytes.count >= 64, bytes[5] == 1, bytes.number(UInt16.self, at: 18) == x86, bytes[4] == 2
    else {
      throw MemoryImageError(
        path: path,
        kind: .otherForm(
          "an ELF file that is not of a 64-bit x86 machine",
          advice: "a core of the whole machine was expected (dump-guest-memory, /proc/vmcore)"))
    }
    guard bytes.number(UInt16.self, at: 16) == core else {
      throw MemoryImageError(
        path: path,
        kind: .otherForm(
          "an ELF file that is not a core",
          advice: "a core of the whole machine was expected (dump-guest-memory, /proc/vmcore)"))
    }
    guard let tableStart = bytes.number(UInt64.self, at: 32).flatMap({ Int(exactly: $0) }),
      let entrySize = bytes.number(UInt16.self, at: 54), entrySize >= 56,
      var count = bytes.number(UInt16.self, at: 56).map(UInt32.init)
    else { throw damaged("its program headers are damaged") }
    if count == 0xffff,
      let sections = bytes.number(UInt64.self, at: 40).flatMap({ Int(exactly: $0) }),
      let real = bytes.number(UInt32.self, at: sections.addingReportingOverflow(44).partialValue)
    {
      // A core with more headers than the field can count keeps their number in the first section
      // header.
      count = real
    }
    var segments: [ImageSegment] = []
    var at = tableStart
    for _ in 0..<count {
      guard at <= bytes.count - 56, at >= 0 else {
        throw damaged("its program headers are cut off")
      }
      defer { at += Int(entrySize) }
      guard bytes.number(UInt32.self, at: at) == loadable,
        let offset = bytes.number(UInt64.self, at: at + 8).flatMap({ Int(exactly: $0) }),
        let physical = bytes.number(UInt64.self, at: at + 24),
        let size = bytes.number(UInt64.self, at: at + 32), size > 0, offset < bytes.count
      else { continue }
      // A core that was cut short holds less than it says.
      let held = min(size, UInt64(bytes.count - offset))
      guard physical.pageOffset == 0, physical < 1 << 52, held >= 4096 else { continue }
      segments.append(
        ImageSegment(range: MemoryImage.Range(base: physical, size: held), offset: offset))
    }
    let zeros = segments.filter { $0.range.base == 0 }
    guard zeros.count < 2 else {
      throw MemoryImageError(
        path: path,
        kind: .otherForm(
          "a core of a process",
          advice: "a core of the whole machine was expected (dump-guest-memory, /proc/vmcore)"))
    }
    let sorted = withoutOverlaps(segments)
    guard !sorted.isEmpty else { throw damaged("it holds no memory") }
    return sorted
  }

  /// By address. A core of a running machine may name a stretch twice (once by its virtual address);
  /// the longer one stays.
  static func withoutOverlaps(_ segments: [ImageSegment]) -> [ImageSegment] {
    var kept: [ImageSegment] = []
    for segment in segments.sorted(by: {
      ($0.range.base, $1.range.size) < ($1.range.base, $0.range.size)
    }) {
      if let last = kept.last, last.range.base + last.range.size > segment.range.base { continue }
      kept.append(segment)
    }
    return kept
  }
}
