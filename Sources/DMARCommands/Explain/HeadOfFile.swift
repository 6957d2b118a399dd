import LogReading
internal import Glibc

/// The first bytes of a regular file, to tell what it is.
enum HeadOfFile {
  /// At most `count` bytes; nil for what cannot be opened or is not a regular file, such as a pipe,
  /// whose bytes could not be read again.
  static func read(_ path: String, _ count: Int) -> [UInt8]? {
    // Opening a FIFO would wait for its writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    var bytes = [UInt8](repeating: 0, count: count)
    let length = Glibc.read(descriptor, &bytes, count)
    return length > 0 ? Array(bytes[..<length]) : nil
  }
}
