import Glibc

/// Reading whole files without Foundation, whose start-up a replay should not pay for.
public enum Files {
  /// The text of the file at `path`; bytes that are not UTF-8 become the replacement character.
  ///
  /// - Parameter place: where the path was written, for the error.
  /// - Throws: `InputError` (`notFound`) with the system's reason.
  public static func text(at path: String, namedAt place: Place? = nil) throws(InputError) -> String
  {
    String(decoding: try bytes(at: path, namedAt: place), as: UTF8.self)
  }

  /// The bytes of the file at `path`.
  ///
  /// - Throws: `InputError` (`notFound`) with the system's reason.
  public static func bytes(at path: String, namedAt place: Place? = nil) throws(InputError)
    -> [UInt8]
  {
    func failure(_ reason: String) -> InputError {
      InputError(
        .notFound, at: place ?? Place(file: path),
        place == nil ? reason : "\(path): \(reason); a readable file was expected")
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(String(cString: strerror(errno))) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure(String(cString: strerror(errno))) }
    guard status.st_mode & S_IFMT != S_IFDIR else { throw failure("is a directory") }
    var content: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: max(4096, Int(status.st_size) + 1))
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      if count == 0 { return content }
      if count < 0 {
        if errno == EINTR { continue }
        throw failure(String(cString: strerror(errno)))
      }
      content.append(contentsOf: chunk[..<count])
    }
  }

  /// Makes a folder, unless it is there.
  public static func makeFolder(_ path: String) throws(InputError) {
    guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
      throw InputError(.notFound, at: Place(file: path), String(cString: strerror(errno)))
    }
  }

  /// `path` as seen from the folder of `file`; an absolute path stays as it is.
  static func resolve(_ path: String, from file: String) -> String {
    if path.hasPrefix("/") { return path }
    var folder = file.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    for part in path.split(separator: "/") {
      if part == "." { continue }
      if part == "..", let last = folder.last, last != "..", !last.isEmpty {
        folder.removeLast()
      } else {
        folder.append(part)
      }
    }
    return folder.joined(separator: "/")
  }
}
