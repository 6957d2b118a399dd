import Text

/// The words that make a line worth reading wherever it stands: `DMAR`, `[DMA Read`, `DRHD`,
/// `AMD-Vi`, and the `WARNING` and `BUG:` of lockdep's reports.
///
/// What else belongs to a fault stands within a few lines of one of these.
enum Telltale {
  private typealias Block = SIMD16<UInt8>

  /// Finds a place inside the first word from `start` on, and counts the newlines before it (all,
  /// where there is no word).
  ///
  /// Two neighbouring bytes are looked at in sixteen places at once, and four times that in one go;
  /// where a pair fits, the place is looked at more closely.
  static func find(
    _ base: UnsafeRawPointer, _ start: Int, _ count: Int
  ) -> (position: Int?, newlines: Int) {
    let newline = Block(repeating: ASCII.newline)
    var at = start
    var newlines = 0
    // One byte more than the blocks is read.
    let end = count - 65
    while at <= end {
      var even = Block.zero
      var odd = Block.zero
      // 120 rounds of two do not overflow a byte of either count.
      let stop = min(end, at &+ 119 * 64)
      while at <= stop {
        let place = base + at
        let a = place.loadUnaligned(as: Block.self)
        let b = (place + 16).loadUnaligned(as: Block.self)
        let c = (place + 32).loadUnaligned(as: Block.self)
        let d = (place + 48).loadUnaligned(as: Block.self)
        let found =
          (pairs(a, place + 1) | pairs(b, place + 17))
          | (pairs(c, place + 33) | pairs(d, place + 49))
        if isNonZero(found), let offset = word(base, at, count) {
          return (at + offset, newlines + sum(even) + sum(odd) + lines(base, at, offset))
        }
        even = (even &- ones(a, newline)) &- ones(c, newline)
        odd = (odd &- ones(b, newline)) &- ones(d, newline)
        at &+= 64
      }
      newlines += sum(even) + sum(odd)
    }
    while at < count {
      if isWord(base, at, count) { return (at, newlines) }
      if base.load(fromByteOffset: at, as: UInt8.self) == ASCII.newline { newlines += 1 }
      at += 1
    }
    return (nil, newlines)
  }

  /// Where one of the pairs `DM`, `RH`, `MD`, `AR` and `BU` may begin, one in each word.
  ///
  /// Four times the first byte and the second add up to 0x5d, 0x90, 0x78, 0x56 and again 0x5d for
  /// them. Few other pairs of a log do; with other pairs or weights more would, or more sums had to
  /// be compared.
  @inline(__always)
  private static func pairs(_ here: Block, _ next: UnsafeRawPointer) -> Block {
    let twice = here &+ here
    let sums = (twice &+ twice) &+ next.loadUnaligned(as: Block.self)
    return (ones(sums, Block(repeating: 0x5d)) | ones(sums, Block(repeating: 0x90)))
      | (ones(sums, Block(repeating: 0x78)) | ones(sums, Block(repeating: 0x56)))
  }

  /// The first place in the 64 bytes at `start` with a pair that belongs to a word.
  @inline(never)
  private static func word(_ base: UnsafeRawPointer, _ start: Int, _ count: Int) -> Int? {
    for block in stride(from: 0, to: 64, by: 16) {
      let place = base + start + block
      let found = pairs(place.loadUnaligned(as: Block.self), place + 1)
      let halves = unsafeBitCast(found, to: SIMD2<UInt64>.self)
      for half in 0..<2 {
        // A byte of ones for each pair; the lowest is the first.
        var marks = halves[half]
        while marks != 0 {
          let byte = marks.trailingZeroBitCount & ~7
          let offset = block + half * 8 + byte / 8
          if isWord(base, start + offset, count) { return offset }
          marks &= ~(0xff << UInt64(byte))
        }
      }
    }
    return nil
  }

  @inline(__always)
  private static func ones(_ left: Block, _ right: Block) -> Block {
    unsafeBitCast(left .== right, to: Block.self)
  }

  @inline(__always)
  private static func isNonZero(_ block: Block) -> Bool {
    let halves = unsafeBitCast(block, to: SIMD2<UInt64>.self)
    return halves[0] | halves[1] != 0
  }

  private static func sum(_ counts: Block) -> Int {
    var total = 0
    for lane in 0..<16 { total += Int(counts[lane]) }
    return total
  }

  private static func lines(_ base: UnsafeRawPointer, _ start: Int, _ count: Int) -> Int {
    var total = 0
    for offset in 0..<count
    where base.load(fromByteOffset: start + offset, as: UInt8.self) == ASCII.newline {
      total += 1
    }
    return total
  }

  /// Whether the pair at `at` is that of a word.
  private static func isWord(_ base: UnsafeRawPointer, _ at: Int, _ count: Int) -> Bool {
    func byte(_ offset: Int) -> UInt8 {
      let place = at + offset
      return place >= 0 && place < count
        ? base.load(fromByteOffset: place, as: UInt8.self) : ASCII.newline
    }
    switch (byte(0), byte(1)) {
    // `DMAR`, or `DMA` before ` Read`, ` Write` or a broken line.
    case (UInt8(ascii: "D"), UInt8(ascii: "M")):
      guard byte(2) == UInt8(ascii: "A") else { return false }
      switch byte(3) {
      case UInt8(ascii: "R"), ASCII.newline: return true
      case ASCII.space:
        return [
          UInt8(ascii: "R"), UInt8(ascii: "W"), UInt8(ascii: "r"), UInt8(ascii: "w"), ASCII.newline,
        ].contains(byte(4))
      default: return false
      }
    // `DRHD`
    case (UInt8(ascii: "R"), UInt8(ascii: "H")):
      return byte(-1) == UInt8(ascii: "D") && byte(2) == UInt8(ascii: "D")
    // `AMD-V`
    case (UInt8(ascii: "M"), UInt8(ascii: "D")):
      return byte(-1) == UInt8(ascii: "A") && byte(2) == UInt8(ascii: "-")
        && byte(3) == UInt8(ascii: "V")
    // `WARN`
    case (UInt8(ascii: "A"), UInt8(ascii: "R")):
      return byte(-1) == UInt8(ascii: "W") && byte(2) == UInt8(ascii: "N")
    // `BUG:`
    case (UInt8(ascii: "B"), UInt8(ascii: "U")):
      return byte(2) == UInt8(ascii: "G") && byte(3) == UInt8(ascii: ":")
    default: return false
    }
  }
}
