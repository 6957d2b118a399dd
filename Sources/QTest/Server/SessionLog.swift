import Glibc

/// What clients of the qtest protocol sent and got, in the form of QEMU's `-qtest-log`: `[R +seconds]`
/// before a request, `[S +seconds]` before what was sent, `[I …]` where a client comes or goes.
///
/// Lines go out as they are, piece by piece, however long they are.
final class SessionLog {
  /// Where a log goes.
  enum Destination: Hashable, Sendable {
    case none
    case standardError
    case file(String)
  }

  private enum Direction: String {
    case request = "R"
    case reply = "S"
  }

  private let file: UnsafeMutablePointer<FILE>
  private let isOwned: Bool
  /// What the line in progress is part of; nil where the next byte begins one.
  private var open: Direction?

  /// - Throws: `Q35MachineError` where the file cannot be made.
  init?(_ destination: Destination) throws(Q35MachineError) {
    switch destination {
    case .none: return nil
    case .standardError:
      // Its number, not `stderr`: that is a variable that anyone could change.
      guard let file = fdopen(STDERR_FILENO, "w") else { return nil }
      self.file = file
      isOwned = false
    case .file(let path):
      guard let file = fopen(path, "we") else {
        throw Q35MachineError("-qtest-log \(path): \(UnixSocket.message(errno))")
      }
      self.file = file
      isOwned = true
    }
    // Whoever looks wants to see the last request before something went wrong.
    setvbuf(file, nil, _IOLBF, 0)
  }

  deinit { if isOwned { fclose(file) } else { fflush(file) } }

  func opened() { write("[I 0.000000] OPENED\n") }

  func closed(after seconds: Double) { write("[I +\(Self.text(seconds))] CLOSED\n") }

  /// Part of a request, up to the end of its line at most.
  func received(_ bytes: UnsafeRawBufferPointer, after seconds: Double) {
    write(bytes, .request, seconds)
  }

  /// What goes to the client.
  func sent(_ bytes: UnsafeRawBufferPointer, after seconds: Double) {
    write(bytes, .reply, seconds)
  }

  private func write(_ bytes: UnsafeRawBufferPointer, _ direction: Direction, _ seconds: Double) {
    var rest = bytes
    while !rest.isEmpty {
      if open != direction {
        if open != nil { putc(Int32(UInt8(ascii: "\n")), file) }
        write("[\(direction.rawValue) +\(Self.text(seconds))] ")
        open = direction
      }
      let end = rest.firstIndex(of: UInt8(ascii: "\n"))
      let count = end.map { $0 + 1 } ?? rest.count
      fwrite(rest.baseAddress, 1, count, file)
      if end != nil { open = nil }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }

  private func write(_ text: String) { fputs(text, file) }

  /// Six decimals.
  private static func text(_ seconds: Double) -> String {
    let microseconds = Int(max(seconds, 0) * 1e6)
    let fraction = String(microseconds % 1_000_000)
    return "\(microseconds / 1_000_000)."
      + String(repeating: "0", count: 6 - fraction.count) + fraction
  }
}
