import Glibc
public import ScenarioFormat

/// Reading whole files without Foundation, whose start-up a replay should not pay for.
public enum Files {
  /// Bytes; no file that is read whole may be larger. Scenarios and tables are far below.
  public static let largestSize = 256 << 20

  /// Milliseconds to wait for someone to write to a FIFO.
  private static let patience: Int32 = 2000

  /// The text of the file at `path`, without a byte order mark; bytes that are not UTF-8 become the
  /// replacement character.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - place: where the path was written, for the error.
  /// - Throws: `InputError`, as `bytes(at:namedAt:)`.
  public static func text(at path: String, namedAt place: Place? = nil) throws(InputError) -> String
  {
    ScenarioSource.text(of: try bytes(at: path, namedAt: place))
  }

  /// The bytes of the file at `path`; `-` is standard input, unless a file names it.
  ///
  /// A FIFO that nobody opens for writing and a file beyond `largestSize` (such as a device that
  /// never ends) are refused. A writer or a terminal that is open and silent is waited for.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - place: where the path was written, for the error.
  /// - Throws: `InputError`: `notFound` with the system's reason where a path of the command line
  ///   cannot be read; `invalid` where a path written in a file cannot be, or the file is too large.
  public static func bytes(at path: String, namedAt place: Place? = nil) throws(InputError)
    -> [UInt8]
  {
    let isStandardInput = path == "-" && place == nil
    func failure(_ reason: String) -> InputError {
      place.map {
        InputError(at: $0, "\(path): \(reason); a readable file was expected")
      } ?? InputError(.notFound, at: Place(whole: path), reason)
    }
    func systemFailure() -> InputError { failure(String(cString: strerror(errno))) }
    // Without O_NONBLOCK, opening a FIFO would wait for a writer for ever. The loop below waits for
    // `patience` only.
    let descriptor =
      isStandardInput
      ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { throw systemFailure() }
    defer { if !isStandardInput { close(descriptor) } }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw systemFailure() }
    let kind = status.st_mode & S_IFMT
    guard kind != S_IFDIR else { throw failure("is a directory") }
    let isRegular = kind == S_IFREG
    func tooLarge() -> InputError {
      InputError(
        at: place ?? Place(whole: path),
        "\(place == nil ? "" : "\(path): ")more than \(largestSize >> 20) MiB; less was expected")
    }
    if isRegular, status.st_size > off_t(largestSize) { throw tooLarge() }
    // Of a FIFO, an end before the first byte may be that its writer is still to come.
    var mayComeLate = kind == S_IFIFO && !isStandardInput
    var content: [UInt8] = []
    let size = isRegular ? Int(status.st_size) + 1 : 1 << 16
    var chunk = [UInt8](repeating: 0, count: min(max(4096, size), 1 << 22))
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      if count == 0, mayComeLate, content.isEmpty {
        mayComeLate = false
        if poll(&request, 1, patience) > 0 { continue }
        throw failure("a FIFO that nobody writes to")
      }
      if count == 0 { return content }
      if count < 0 {
        if errno == EINTR { continue }
        guard errno == EAGAIN else { throw systemFailure() }
        // Nothing is there yet, which is not the end.
        _ = poll(&request, 1, -1)
        continue
      }
      content.append(contentsOf: chunk[..<count])
      if content.count > largestSize { throw tooLarge() }
    }
  }

  /// Whether something has that path.
  static func isThere(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Whether a path leads to a folder.
  package static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The absolute path of the folder or file that a link leads to; nil for one that is not a link.
  static func linkTarget(_ path: String) -> String? {
    var status = stat()
    guard !path.isEmpty, lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK,
      let whole = realpath(path, nil)
    else { return nil }
    defer { free(whole) }
    return String(cString: whole)
  }
}
