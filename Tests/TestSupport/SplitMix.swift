/// A fixed sequence of numbers (SplitMix64), so that a failure comes again.
public struct SplitMix: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// - Parameter state: the seed: equal seeds give equal sequences.
  public init(state: UInt64) { self.state = state }

  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// True once in so many calls.
  public mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &self) == 0 }

  /// A number from zero up to, and without, `bound`: the remainder of the next one.
  public mutating func next(below bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
