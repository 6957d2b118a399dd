internal import ArgumentParser
internal import Glibc
internal import Scenario

/// What the exit codes of the command mean (sysexits.h, besides 1).
enum ExitStatus {
  static let expectationNotMet = ExitCode(1)
  static let badInput = ExitCode(65)
  static let noInput = ExitCode(66)
}

/// Runs what reads input: an input error becomes a message on standard error and an exit code.
func reportingInputErrors<Result>(_ body: () throws -> Result) throws -> Result {
  do {
    return try body()
  } catch let error as InputError {
    StandardError.print("dmar: \(error)")
    throw error.kind == .notFound ? ExitStatus.noInput : ExitStatus.badInput
  }
}

/// Messages; results go to standard output.
enum StandardError {
  static func print(_ line: String) {
    Output.write(line + "\n", to: STDERR_FILENO)
  }
}

/// Results. Text is gathered and written in large pieces.
struct Output {
  private var buffer: [UInt8] = []
  private static let size = 1 << 16

  mutating func print(_ line: String) {
    buffer.append(contentsOf: line.utf8)
    buffer.append(0x0a)
    if buffer.count >= Self.size { flush() }
  }

  mutating func flush() {
    Self.write(buffer, to: STDOUT_FILENO)
    buffer.removeAll(keepingCapacity: true)
  }

  static func write(_ text: String, to descriptor: Int32) {
    write(Array(text.utf8), to: descriptor)
  }

  /// Writes it all; a reader that went away ends the program quietly, as it does elsewhere.
  private static func write(_ bytes: [UInt8], to descriptor: Int32) {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done)
      }
      if count < 0 && errno != EINTR { return }
      done += max(count, 0)
    }
  }
}
