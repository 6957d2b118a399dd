import Glibc

/// Unix sockets by path.
enum UnixSocket {
  /// Connects to a socket that a client listens on.
  static func connect(to path: String) throws(Q35MachineError) -> Int32 {
    let descriptor = try make()
    guard withAddress(path, { Glibc.connect(descriptor, $0, $1) }) == 0 else {
      let reason = message(errno)
      close(descriptor)
      throw Q35MachineError("Failed to connect to '\(path)': \(reason)", isEndpoint: true)
    }
    setNonblocking(descriptor)
    return descriptor
  }

  /// Makes a socket that only its user may use. One that a dead program left behind is replaced.
  static func listen(at path: String) throws(Q35MachineError) -> Int32 {
    try removeStale(path)
    let descriptor = try make()
    // Linux gives the name that bind makes the mode of the socket; the process's umask stays as it is.
    guard fchmod(descriptor, 0o600) == 0, withAddress(path, { bind(descriptor, $0, $1) }) == 0,
      Glibc.listen(descriptor, 4096) == 0
    else {
      let reason = message(errno)
      close(descriptor)
      throw Q35MachineError("Failed to bind socket to '\(path)': \(reason)", isEndpoint: true)
    }
    setNonblocking(descriptor)
    return descriptor
  }

  /// Where a socket is that nobody listens on, it goes; anything else is somebody's.
  private static func removeStale(_ path: String) throws(Q35MachineError) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw Q35MachineError("'\(path)' exists and is not a socket", isEndpoint: true)
    }
    let probe = try make()
    defer { close(probe) }
    if withAddress(path, { Glibc.connect(probe, $0, $1) }) == 0 {
      throw Q35MachineError("'\(path)' is in use by another program", isEndpoint: true)
    }
    unlink(path)
  }

  private static func make() throws(Q35MachineError) -> Int32 {
    let descriptor = socket(
      AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw Q35MachineError("no socket: \(message(errno))") }
    return descriptor
  }

  static func setNonblocking(_ descriptor: Int32) {
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
  }

  /// The path's length was checked when it was read from the command line; it is cut here.
  private static func withAddress(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { target in
      for (index, byte) in path.utf8.prefix(target.count - 1).enumerated() { target[index] = byte }
    }
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }

  static func message(_ code: Int32) -> String { String(cString: strerror(code)) }
}
