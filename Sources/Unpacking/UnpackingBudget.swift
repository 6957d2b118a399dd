/// What unpacking has cost so far, counted over a whole input with all that is nested in it.
struct UnpackingBudget: Sendable {
  let limits: UnpackingLimits
  /// Bytes taken from the input so far.
  var taken = 0
  /// Bytes handed to the caller: those of files that need no further unpacking.
  var read = 0
  /// Unpacked bytes, summed over all layers of streams.
  private(set) var unfolded = 0
  private var members = 0
  /// Set once the input has cost too much; nothing more of it is read then.
  private(set) var failure: UnpackingFailure?

  init(_ limits: UnpackingLimits) { self.limits = limits }

  /// Counts unpacked bytes, and sets ``failure`` where they exceed a limit.
  mutating func spend(_ bytes: Int) {
    unfolded += bytes
    if unfolded > limits.ratioStart, unfolded / limits.ratio > taken {
      failure = .unfolds(ratio: limits.ratio, read: read)
    } else if unfolded > limits.bytes {
      failure = .tooLarge(read: read)
    }
  }

  mutating func countMember() {
    members += 1
    if members > limits.members { failure = .tooManyMembers(limit: limits.members) }
  }
}
