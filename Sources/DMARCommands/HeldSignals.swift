internal import Glibc

/// Signals that end a command, held back while something has to be put in order first.
struct HeldSignals {
  private static let all = [SIGINT, SIGTERM, SIGHUP]
  private var set = sigset_t()
  private var before = sigset_t()

  /// Holds SIGINT, SIGTERM and SIGHUP back.
  ///
  /// - Parameter ignored: those that stay ignored where they are, all unless told otherwise: `nohup`
  ///   does so with SIGHUP, a shell with the SIGINT of what it starts in the background.
  init(leavingIgnored ignored: [Int32] = Self.all) {
    sigemptyset(&set)
    for signal in Self.all {
      var action = sigaction()
      sigaction(signal, nil, &action)
      let handler = unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
      let isIgnored = handler == unsafeBitCast(SIG_IGN, to: Int.self)
      if !isIgnored || !ignored.contains(signal) { sigaddset(&set, signal) }
    }
    pthread_sigmask(SIG_BLOCK, &set, &before)
  }

  /// Waits; returns the signal that came meanwhile, nil for none.
  mutating func wait(milliseconds: Int) -> Int32? {
    var time = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
    let signal = sigtimedwait(&set, nil, &time)
    return signal > 0 ? signal : nil
  }

  mutating func release() { pthread_sigmask(SIG_SETMASK, &before, nil) }

  /// Lets them do in this thread what they do by themselves, whatever was held before.
  mutating func allow() { pthread_sigmask(SIG_UNBLOCK, &set, nil) }
}
