import Glibc

/// Where a client is.
public enum Endpoint: Hashable, Sendable {
  /// A Unix socket that the client made and listens on.
  case connect(path: String)
  /// A Unix socket that this program makes, readable and writable by its user only.
  case listen(path: String)
  /// A socket that whoever launched the program left open for it.
  case descriptor(Int32)
  /// Standard input and output.
  case standard
  /// Nowhere.
  case none

  /// `unix:[path=]PATH[,server=on][,wait=off]`, `stdio`, `null`, `none`, as QEMU's `-qtest` takes it.
  public init(_ text: String) throws(Q35MachineError) {
    var list = KeyValueList(text)
    switch list.name {
    case "stdio": self = .standard
    case "null", "none": self = .none
    case let name where name.hasPrefix("unix:") && name.count > 5:
      self = try Self.socket(path: String(name.dropFirst(5)), &list)
    case "" where list.pairs.first?.key == "unix:path":
      let path = list.take("unix:path") ?? ""
      self = try Self.socket(path: path, &list)
    case let name:
      throw Q35MachineError(
        "'\(name)' is not a valid char driver; unix:PATH, stdio or null was expected")
    }
    try list.refuseRest()
  }

  /// What follows `-chardev`, with its id.
  static func chardev(_ text: String) throws(Q35MachineError) -> (id: String, endpoint: Endpoint) {
    var list = KeyValueList(text)
    guard let id = list.take("id") else { throw Q35MachineError("chardev: no id specified") }
    let endpoint: Endpoint
    switch list.name {
    case "stdio":
      _ = list.take("signal")
      endpoint = .standard
    case "null": endpoint = .none
    case "socket":
      if let number = try list.takeNumber("fd") {
        guard let descriptor = Int32(exactly: number), fcntl(descriptor, F_GETFD) >= 0 else {
          throw Q35MachineError("chardev: fd \(number) is not open")
        }
        _ = list.take("server", "wait")
        endpoint = .descriptor(descriptor)
        break
      }
      guard let path = list.take("path") else {
        throw Q35MachineError("chardev: socket: a path was expected; other sockets are not known")
      }
      endpoint = try socket(path: path, &list)
    case let kind:
      throw Q35MachineError(
        "'\(kind)' is not a valid char driver; socket, stdio or null was expected")
    }
    try list.refuseRest()
    return (id, endpoint)
  }

  private static func socket(
    path: String, _ list: inout KeyValueList
  ) throws(Q35MachineError) -> Endpoint {
    let isServer = try list.takeSwitch("server") ?? false
    _ = list.take("wait")
    _ = list.take("reconnect", "reconnect-ms")
    // sockaddr_un keeps 108 bytes, one of them for the end.
    guard path.utf8.count < 108 else {
      throw Q35MachineError("UNIX socket path '\(path)' is too long")
    }
    return isServer ? .listen(path: path) : .connect(path: path)
  }
}
