internal import Glibc

/// What the path of an output stands for.
enum OutputTarget {
  /// A descriptor that is already open: `-`, `/dev/stdout`, `/proc/self/fd/3`.
  case descriptor(Int32)
  /// A device or a FIFO, which is opened and written.
  case device(String)
  /// A Unix socket, which is connected to.
  case socket(String)
  /// A regular file with its links followed, and what it is like if it is there.
  case file(String, stat?)

  /// More links than the system itself follows.
  private static let longestChain = 40

  init(_ path: String) throws(OutputError) {
    if path == "-" {
      self = .descriptor(STDOUT_FILENO)
      return
    }
    var current = path
    for _ in 0..<Self.longestChain {
      try Self.checkName(current, of: path)
      var status = stat()
      if lstat(current, &status) != 0 {
        guard errno == ENOENT else { throw .cannotCreate(path, errno) }
        self = .file(current, nil)
        return
      }
      switch status.st_mode & S_IFMT {
      case S_IFLNK:
        let (folder, name) = Self.split(current)
        if let number = Int32(name), Self.isDescriptorFolder(folder) {
          self = .descriptor(number)
          return
        }
        guard let next = Self.link(current) else { throw .cannotCreate(path, errno) }
        current = next.hasPrefix("/") ? next : "\(folder)/\(next)"
      case S_IFREG:
        self = .file(current, status)
        return
      case S_IFDIR: throw .cannotCreate(path, EISDIR)
      case S_IFSOCK:
        self = .socket(current)
        return
      default:
        self = .device(current)
        return
      }
    }
    throw .cannotCreate(path, ELOOP)
  }

  /// The folder, `.` for a bare name, and the name in it.
  static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    let folder = path[..<slash]
    return (folder.isEmpty ? "/" : String(folder), String(path[path.index(after: slash)...]))
  }

  private static func isDescriptorFolder(_ folder: String) -> Bool {
    guard let own = realpath("/proc/self/fd", nil) else { return false }
    defer { free(own) }
    guard let other = realpath(folder, nil) else { return false }
    defer { free(other) }
    return strcmp(own, other) == 0
  }

  /// Refuses a name with what stands for bytes that are no UTF-8: the output would get another name than
  /// was asked for.
  ///
  /// - Throws: `OutputError` that names `path`, the output.
  static func checkName(_ name: String, of path: String) throws(OutputError) {
    if name.contains("\u{fffd}") { throw .cannotCreate(path, EILSEQ) }
  }

  private static func link(_ path: String) -> String? {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = buffer.withUnsafeMutableBytes { bytes in
      bytes.bindMemory(to: CChar.self).baseAddress.map { readlink(path, $0, bytes.count) } ?? -1
    }
    guard count > 0 else { return nil }
    return String(decoding: buffer[..<count], as: UTF8.self)
  }
}
