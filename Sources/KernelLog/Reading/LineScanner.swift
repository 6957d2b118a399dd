#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Cuts bytes into lines, and passes over the long stretches of a log that hold nothing of ours.
///
/// Near the beginning of an input and near a line that mattered every line is looked at. Elsewhere
/// only lines with one of a few telling words are found, sixteen bytes at a time, so that a log of
/// gigabytes is read about as fast as `grep` reads it. Line numbers stay right all the same.
struct LineScanner: Sendable {
  /// Lines are cut here; nothing that a kernel prints comes near.
  static let longestLine = 1 << 16
  /// How many lines at the beginning are all looked at: more than a boot log has, and facts in
  /// them keep the attention up.
  static let attentiveStart = 1 << 12

  /// The number of the line that the next byte belongs to.
  private(set) var lineNumber = 1
  /// How many further lines are all looked at.
  private var attention = LineScanner.attentiveStart
  /// Whether the next byte belongs to a line whose beginning was already handed out.
  private var isInsideLongLine = false

  init() {}

  /// Look at all of the next `lines` lines.
  mutating func pay(attentionTo lines: Int) {
    attention = max(attention, lines)
  }

  /// Reads lines from `buffer` and returns how many bytes are done with; the rest is the beginning
  /// of a line that is not whole yet and belongs before the next bytes.
  ///
  /// - Parameter isLast: whether no more bytes follow, so that the last line needs no newline.
  /// - Parameter line: gets the bytes without newline, the line's number, and whether it was cut;
  ///   answers how many lines from there on are all worth looking at.
  mutating func scan(
    _ buffer: UnsafeRawBufferPointer, isLast: Bool,
    line: (UnsafeRawBufferPointer, Int, Bool) -> Int
  ) -> Int {
    guard let base = buffer.baseAddress else { return 0 }
    var at = 0
    while at < buffer.count {
      if attention == 0 && !isInsideLongLine {
        at = skim(base, at, buffer.count)
        if attention == 0 { break }
      }
      let rest = buffer.count - at
      if let newline = memchr(base + at, 0x0a, rest) {
        let length = UnsafeRawPointer(newline) - (base + at)
        if isInsideLongLine {
          isInsideLongLine = false
        } else {
          deliver(base + at, min(length, Self.longestLine), length > Self.longestLine, line)
        }
        at += length + 1
        lineNumber += 1
      } else if rest >= Self.longestLine || isLast {
        // A line without end: its beginning is read, the rest passes by.
        if !isInsideLongLine {
          deliver(base + at, min(rest, Self.longestLine), rest > Self.longestLine, line)
          isInsideLongLine = !isLast
        }
        return buffer.count
      } else if isInsideLongLine {
        return buffer.count
      } else {
        return at
      }
    }
    return at
  }

  private mutating func deliver(
    _ start: UnsafeRawPointer, _ length: Int, _ isCut: Bool,
    _ line: (UnsafeRawBufferPointer, Int, Bool) -> Int
  ) {
    attention -= 1
    let bytes = UnsafeRawBufferPointer(start: start, count: length)
    attention = max(attention, line(bytes, lineNumber, isCut), 0)
  }

  /// Passes over whole lines from `start` (a line's beginning) on. Stops at the beginning of a line
  /// with a telling word, and pays attention to it; or at the beginning of the last, unfinished
  /// line.
  private mutating func skim(_ base: UnsafeRawPointer, _ start: Int, _ count: Int) -> Int {
    let found = Telltale.find(base, start, count)
    lineNumber += found.newlines
    guard let hit = found.position else {
      let unfinished = lineStart(base, start, count)
      guard count - unfinished >= Self.longestLine else { return unfinished }
      isInsideLongLine = true
      return count
    }
    // The limiter's `callbacks suppressed` stands on the line before and has none of the words.
    attention = 2
    var line = lineStart(base, start, hit)
    if line > start {
      line = lineStart(base, start, line - 1)
      lineNumber -= 1
    }
    // A word far inside a line without end: begin close to it.
    return hit - line > Self.longestLine / 2 ? hit - 256 : line
  }

  /// Where the line that holds `position` begins, at `start` at the earliest.
  private func lineStart(_ base: UnsafeRawPointer, _ start: Int, _ position: Int) -> Int {
    var at = position
    while at > start, base.load(fromByteOffset: at - 1, as: UInt8.self) != 0x0a { at -= 1 }
    return at
  }
}

/// The words that make a line worth reading wherever it stands: `DMAR`, `[DMA Read`, `DRHD`,
/// lockdep's `WARNING`, `AMD-Vi`.
///
/// What else belongs to a fault stands within a few lines of one of these.
enum Telltale {
  private typealias Block = SIMD16<UInt8>

  /// Finds the first word at or after `start`, and counts the newlines before it (all, where there
  /// is no word).
  ///
  /// Two neighbouring bytes are compared at sixteen places at once, and four times that in one go;
  /// where a pair fits, the place is looked at more closely.
  static func find(
    _ base: UnsafeRawPointer, _ start: Int, _ count: Int
  ) -> (position: Int?, newlines: Int) {
    let newline = Block(repeating: 0x0a)
    var at = start
    var newlines = 0
    // One byte more than the blocks is read.
    let end = count - 65
    while at <= end {
      var counts = Block.zero
      // 62 rounds of four do not overflow a byte of `counts`.
      let stop = min(end, at + 61 * 64)
      while at <= stop {
        let a = (base + at).loadUnaligned(as: Block.self)
        let b = (base + at + 16).loadUnaligned(as: Block.self)
        let c = (base + at + 32).loadUnaligned(as: Block.self)
        let d = (base + at + 48).loadUnaligned(as: Block.self)
        let found =
          (pairs(a, base + at + 1) | pairs(b, base + at + 17))
          | (pairs(c, base + at + 33) | pairs(d, base + at + 49))
        if isNonZero(found), let offset = word(base, at, count) {
          return (at + offset, newlines + sum(counts) + lines(base, at, offset))
        }
        counts =
          counts
          &- ((ones(a, newline) &+ ones(b, newline))
            &+ (ones(c, newline) &+ ones(d, newline)))
        at += 64
      }
      newlines += sum(counts)
    }
    while at < count {
      if isWord(base, at, count) { return (at, newlines) }
      if base.load(fromByteOffset: at, as: UInt8.self) == 0x0a { newlines += 1 }
      at += 1
    }
    return (nil, newlines)
  }

  /// Where `DM`, `D-`, `DR` or `WA` begin. `M` and `-` differ in bits that are masked off.
  @inline(__always)
  private static func pairs(_ here: SIMD16<UInt8>, _ next: UnsafeRawPointer) -> SIMD16<UInt8> {
    let next = next.loadUnaligned(as: Block.self)
    let afterD =
      ones(next & Block(repeating: 0x9f), Block(repeating: 0x0d))
      | ones(next, Block(repeating: 0x52))
    return (ones(here, Block(repeating: 0x44)) & afterD)
      | (ones(here, Block(repeating: 0x57)) & ones(next, Block(repeating: 0x41)))
  }

  /// The first word that begins in the 64 bytes at `start`; one byte behind them is read.
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
  private static func ones(_ left: SIMD16<UInt8>, _ right: SIMD16<UInt8>) -> SIMD16<UInt8> {
    unsafeBitCast(left .== right, to: SIMD16<UInt8>.self)
  }

  @inline(__always)
  private static func isNonZero(_ block: SIMD16<UInt8>) -> Bool {
    let halves = unsafeBitCast(block, to: SIMD2<UInt64>.self)
    return halves[0] | halves[1] != 0
  }

  private static func sum(_ counts: SIMD16<UInt8>) -> Int {
    var total = 0
    for lane in 0..<16 { total += Int(counts[lane]) }
    return total
  }

  private static func lines(_ base: UnsafeRawPointer, _ start: Int, _ count: Int) -> Int {
    var total = 0
    for offset in 0..<count where base.load(fromByteOffset: start + offset, as: UInt8.self) == 0x0a
    {
      total += 1
    }
    return total
  }

  /// Whether one of the words stands at `at`, where there is a `D` or a `W`.
  private static func isWord(_ base: UnsafeRawPointer, _ at: Int, _ count: Int) -> Bool {
    func byte(_ offset: Int) -> UInt8 {
      let place = at + offset
      return place >= 0 && place < count ? base.load(fromByteOffset: place, as: UInt8.self) : 0x0a
    }
    switch (byte(0), byte(1)) {
    // `DMAR`, or `DMA` before ` Read`, ` Write` or a broken line.
    case (0x44, 0x4d):
      guard byte(2) == 0x41 else { return false }
      switch byte(3) {
      case 0x52, 0x0a: return true
      case 0x20: return [0x52, 0x57, 0x72, 0x77, 0x0a].contains(byte(4))
      default: return false
      }
    case (0x44, 0x52): return byte(2) == 0x48 && byte(3) == 0x44
    case (0x44, 0x2d): return byte(-1) == 0x4d && byte(-2) == 0x41 && byte(2) == 0x56
    case (0x57, 0x41): return byte(2) == 0x52 && byte(3) == 0x4e
    default: return false
    }
  }
}
