internal import Text

/// A fixed sequence of numbers, so that a failure comes again.
public struct SplitMix: RandomNumberGenerator, Sendable {
  private var numbers: SeededNumbers

  /// - Parameter state: the seed: equal seeds give equal sequences.
  public init(state: UInt64) { numbers = SeededNumbers(seed: state) }

  public mutating func next() -> UInt64 { numbers.next() }

  /// True once in so many calls.
  public mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &self) == 0 }

  /// A number from zero up to, and without, `bound`: the remainder of the next one.
  public mutating func next(below bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
