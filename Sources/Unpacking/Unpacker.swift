/// What comes out of an input, in order.
public enum UnpackedPiece {
  /// A file begins that needs no unpacking: the input itself, or a member by its path
  /// (`report.tar.xz/var/log/dmesg`).
  case begin(path: String)
  /// The next bytes of that file; they are gone when the call returns.
  case bytes(UnsafeRawBufferPointer)
  /// That file is at its end.
  case end
  /// A part of the input could not be read, or not to its end.
  case failure(path: String, UnpackingFailure)
}

/// Unpacks an input, whatever it is packed in and however often, as its bytes come. Memory and what
/// may come out are bounded.
public struct Unpacker {
  /// Bytes of input per step: small, so that a decompression bomb is noticed early.
  private static let piece = 1 << 14

  private var layer: Layer
  private var budget: UnpackingBudget
  private let path: String
  private var hasEnded = false

  /// An unpacker that has been given nothing yet.
  ///
  /// - Parameters:
  ///   - path: what the input is called; members are named by it and their own path.
  ///   - limits: how much may come out of it.
  public init(path: String, limits: UnpackingLimits = UnpackingLimits()) {
    self.path = path
    budget = UnpackingBudget(limits)
    layer = Layer(path: path, depth: 0)
  }

  /// Whether the input has cost too much; nothing more of it is read.
  public var isOver: Bool { budget.failure != nil }

  /// How many bytes were unpacked so far, summed over all layers of streams.
  public var unfolded: Int { budget.unfolded }

  /// Takes the next bytes of the input and hands out what comes out of them.
  public mutating func take(_ bytes: UnsafeRawBufferPointer, _ sink: (UnpackedPiece) -> Void) {
    var rest = bytes
    while !rest.isEmpty, !isOver {
      let part = UnsafeRawBufferPointer(rebasing: rest.prefix(Self.piece))
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(part.count))
      budget.taken += part.count
      layer.take(part, &budget, sink)
    }
  }

  /// Ends the input: ends the file that is open, and reports what was cut off as a failure.
  public mutating func finish(_ sink: (UnpackedPiece) -> Void) {
    guard !hasEnded else { return }
    hasEnded = true
    layer.finish(&budget, sink)
    if let failure = budget.failure { sink(.failure(path: path, failure)) }
  }
}
