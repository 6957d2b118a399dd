import VTdFormats

/// What the lives that a history knows make interesting: events that name no address of the device matter
/// only where they may tell of one of these lives.
public struct HistoryInterest: Hashable, Sendable {
  /// Whether a flush would tell something: it does behind an unmapping.
  public var flushes = false
  /// The physical addresses of mapped buffers: scatter lists are taken back by these.
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

/// A set of pages that may hold more than was put in, and never less.
struct PageMarks: Hashable, Sendable {
  /// How many pages are told apart.
  static let count = 64
  private var bits: UInt64 = 0

  static let all: PageMarks = {
    var marks = PageMarks()
    marks.bits = .max
    return marks
  }()

  /// The number of an address's page among those that are told apart.
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
