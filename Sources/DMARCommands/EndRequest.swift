internal import Glibc
internal import Synchronization

/// A user's wish to end a command that has no end of its own, so that it can still say what it knows.
///
/// The first signal is noted. The second one ends the program, even where it waits for a reader.
final class EndRequest: Sendable {
  private let hasCome = Atomic(false)

  /// Whether the first signal has come.
  var isMade: Bool { hasCome.load(ordering: .relaxed) }

  /// Listens from now on, to the end of the program.
  init() {
    // The thread inherits what is held here.
    var signals = HeldSignals()
    var thread = pthread_t()
    let shared = Unmanaged.passRetained(self)
    let failure = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<EndRequest>.fromOpaque(argument).takeRetainedValue().listen()
        return nil
      }, shared.toOpaque())
    guard failure == 0 else {
      shared.release()
      signals.release()
      return
    }
    pthread_detach(thread)
  }

  private func listen() {
    var signals = HeldSignals()
    while signals.wait(milliseconds: 1 << 30) == nil {}
    hasCome.store(true, ordering: .relaxed)
    signals.allow()
    while true { pause() }
  }
}
