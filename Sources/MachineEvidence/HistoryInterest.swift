import VTdFormats

/// Which events without a DMA address a history needs. Such an event matters only where it may
/// concern one of the mappings that the history already knows.
public struct HistoryInterest: Hashable, Sendable {
  /// Whether flushes matter: they do while a mapping is unmapped and not flushed yet.
  public var flushes = false
  /// The pages of mapped buffers in memory: an event that unmaps a scatter list names only these.
  var buffers = PageMarks()

  /// Nothing is interesting.
  public init() {}

  /// All is.
  public static let everything: HistoryInterest = {
    var interest = HistoryInterest()
    interest.flushes = true
    interest.buffers = .all
    return interest
  }()
}

/// A set of pages that may report pages that were not put in, but never misses one that was.
struct PageMarks: Hashable, Sendable {
  /// The number of bits; pages with the same number modulo this share one.
  static let count = 64
  private var bits: UInt64 = 0

  static let all: PageMarks = {
    var marks = PageMarks()
    marks.bits = .max
    return marks
  }()

  /// The bit of an address's page.
  static func index(_ address: UInt64) -> Int { Int(truncatingIfNeeded: address.page & 63) }

  @inline(__always)
  func has(_ address: UInt64) -> Bool { self[Self.index(address)] }

  subscript(_ index: Int) -> Bool {
    get { bits >> UInt64(index & 63) & 1 != 0 }
    set {
      let bit: UInt64 = 1 << UInt64(index & 63)
      bits = newValue ? bits | bit : bits & ~bit
    }
  }
}
