internal import Glibc

/// The one way to write a file.
///
/// A regular file appears whole or not at all: it is written beside its target and renamed over it,
/// through links, with the mode and the owner of the file that was there. What is not a regular file (a
/// device, a FIFO, a socket, an open descriptor) is written as it is.
enum OutputFile {
  /// Writes `bytes` to `path`; `-` is standard output.
  ///
  /// - Throws: `OutputError` where the output cannot be made or not be written whole. What was there
  ///   is then as it was, except for a device, which may have taken a part.
  static func write(_ bytes: [UInt8], to path: String) throws(OutputError) {
    switch try OutputTarget(path) {
    case .descriptor(let number):
      try check(Descriptor.write(bytes, to: number), path)
    case .device(let device):
      let descriptor = open(device, O_WRONLY | O_CLOEXEC | O_NOCTTY)
      guard descriptor >= 0 else { throw .cannotCreate(path, errno) }
      let failure = Descriptor.write(bytes, to: descriptor)
      let closing = close(descriptor) == 0 ? 0 : errno
      try check(failure == 0 ? closing : failure, path)
    case .socket(let socket):
      let descriptor = try connect(to: socket, path)
      defer { close(descriptor) }
      try check(Descriptor.write(bytes, to: descriptor), path)
    case .file(let file, let old):
      var replacement = try Replacement(of: file, named: path, old)
      try replacement.write(bytes)
      try replacement.finish()
    }
  }

  static func write(_ text: String, to path: String) throws(OutputError) {
    try write(Array(text.utf8), to: path)
  }

  /// Makes a folder, unless it is there.
  ///
  /// - Throws: `OutputError` where it cannot be made, or something else has its name.
  static func makeFolder(_ path: String) throws(OutputError) {
    try OutputTarget.checkName(path, of: path)
    if mkdir(path, 0o777) == 0 { return }
    let number = errno
    var status = stat()
    guard number == EEXIST, stat(path, &status) == 0 else { throw .cannotCreate(path, number) }
    if status.st_mode & S_IFMT != S_IFDIR { throw .cannotCreate(path, ENOTDIR) }
  }

  /// Refuses an output that is also an input: a slip that would cost the input.
  ///
  /// - Throws: `OutputError` where `path` is the same file as one of `inputs`.
  static func check(_ path: String, isNoneOf inputs: [String]) throws(OutputError) {
    var output = stat()
    guard path != "-", stat(path, &output) == 0, output.st_mode & S_IFMT == S_IFREG else { return }
    for input in inputs {
      var other = stat()
      if stat(input, &other) == 0, other.st_dev == output.st_dev, other.st_ino == output.st_ino {
        throw OutputError(
          status: .cannotCreate, name: path, reason: "it is an input too; another file was expected"
        )
      }
    }
  }

  /// A reader that went away is not a failure.
  private static func check(_ failure: Int32, _ path: String) throws(OutputError) {
    if failure != 0, failure != EPIPE {
      throw .cannotWrite(path == "-" ? "standard output" : path, failure)
    }
  }

  private static func connect(to socket: String, _ path: String) throws(OutputError) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let length = withUnsafeMutableBytes(of: &address.sun_path) { target in
      target.copyBytes(from: socket.utf8.prefix(target.count - 1))
      return target.count
    }
    guard socket.utf8.count < length else { throw .cannotCreate(path, ENAMETOOLONG) }
    let descriptor = Glibc.socket(
      AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw .cannotCreate(path, errno) }
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard result == 0 else {
      let number = errno
      close(descriptor)
      throw .cannotCreate(path, number)
    }
    return descriptor
  }
}
