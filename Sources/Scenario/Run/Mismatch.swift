public import ScenarioFormat

/// One difference between a run and what its scenario expects.
public struct Mismatch: Hashable, Sendable, CustomStringConvertible {
  /// One sentence: what is there, and what was expected.
  public var sentence: String
  /// The expectation, or the step, in the scenario.
  public var place: Place?
  /// The difference to an expected file, as `diff -u` shows it.
  public var difference: [String]

  /// What was not met, where the scenario says so, and the lines that differ.
  public init(_ sentence: String, at place: Place? = nil, difference: [String] = []) {
    self.sentence = sentence
    self.place = place
    self.difference = difference
  }

  public var description: String { (place.map { "\($0): " } ?? "") + sentence }
}
