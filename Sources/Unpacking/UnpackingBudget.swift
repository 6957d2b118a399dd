/// What reading packed input has cost. It is counted over a whole input, whatever is nested in it.
struct UnpackingBudget: Sendable {
  let limits: UnpackingLimits
  /// Bytes of the input so far.
  var taken = 0
  /// Bytes that came out for good: those of files that need no further unpacking.
  var read = 0
  /// Bytes that came out, of each layer of what is packed more than once.
  private(set) var unfolded = 0
  private var members = 0
  /// Set once the input has cost too much; nothing more of it is read then.
  private(set) var failure: UnpackingFailure?

  init(_ limits: UnpackingLimits) { self.limits = limits }

  /// Pays for bytes that came out.
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
