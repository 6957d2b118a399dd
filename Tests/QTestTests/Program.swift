import Foundation
import Glibc
import TestSupport

/// The program in QEMU's place, running.
final class Program {
  let process = Process()
  let folder: TemporaryFolder
  /// The other end of the program's standard input.
  private(set) var input: Socket?

  enum Input {
    case nothing
    case socket
  }

  static var path: String {
    URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appending(path: "dmar-system-x86_64").path(percentEncoded: false)
  }

  /// - Parameter errors: a file for what it says on standard error.
  init(
    _ arguments: [String], in folder: TemporaryFolder, binary: String = Program.path,
    errors: URL? = nil, input: Input = .nothing
  ) throws {
    self.folder = folder
    process.executableURL = URL(filePath: binary)
    process.arguments = arguments
    if input == .socket {
      let (ours, theirs) = try Socket.pair()
      self.input = ours
      process.standardInput = FileHandle(fileDescriptor: theirs, closeOnDealloc: true)
    } else {
      process.standardInput = FileHandle.nullDevice
    }
    process.standardError =
      try errors.map {
        try Data().write(to: $0)
        return try FileHandle(forWritingTo: $0)
      } ?? FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try process.run()
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
  }

  /// Ends it as libqtest does, and gives its exit status; nil where a signal ended it.
  func terminate() -> Int32? {
    kill(process.processIdentifier, SIGTERM)
    return exitStatus
  }

  var exitStatus: Int32? {
    process.waitUntilExit()
    return process.terminationReason == .exit ? process.terminationStatus : nil
  }
}

/// A Unix socket of the test's side. Nothing here waits longer than ten seconds.
final class Socket {
  private let descriptor: Int32
  private var received: [UInt8] = []

  struct Failure: Error {
    let what: String
    let code = errno
  }

  private init(_ descriptor: Int32) throws {
    guard descriptor >= 0 else { throw Failure(what: "socket") }
    self.descriptor = descriptor
    var limit = timeval(tv_sec: 10, tv_usec: 0)
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      setsockopt(
        descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
    }
  }

  deinit { close(descriptor) }

  private static func make() throws -> Socket {
    try Socket(socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0))
  }

  private static func withAddress(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }

  /// Connects, waiting for the socket to be made.
  static func connect(to path: String) throws -> Socket {
    for _ in 0..<2000 {
      let socket = try make()
      if withAddress(path, { Glibc.connect(socket.descriptor, $0, $1) }) == 0 { return socket }
      usleep(5000)
    }
    throw Failure(what: "connect")
  }

  /// Two ends; the second one is for another program.
  static func pair() throws -> (Socket, Int32) {
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0 else {
      throw Failure(what: "socketpair")
    }
    return (try Socket(ends[0]), ends[1])
  }

  static func listen(at path: String) throws -> Socket {
    let socket = try make()
    guard withAddress(path, { bind(socket.descriptor, $0, $1) }) == 0,
      Glibc.listen(socket.descriptor, 1) == 0
    else { throw Failure(what: "listen") }
    return socket
  }

  func accept() throws -> Socket { try Socket(Glibc.accept(descriptor, nil, nil)) }

  func send(_ bytes: [UInt8]) throws {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(
          descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done,
          Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw Failure(what: "send") }
      done += count
    }
  }

  func send(_ text: String) throws { try send(Array(text.utf8)) }

  /// The next line without its end.
  func line() throws -> String {
    while true {
      if let end = received.firstIndex(of: 0x0a) {
        let line = String(decoding: received[..<end], as: UTF8.self)
        received.removeFirst(end + 1)
        return line.hasSuffix("\r") ? String(line.dropLast()) : line
      }
      guard try receive() else { throw Failure(what: "end of input") }
    }
  }

  private func receive() throws -> Bool {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    guard count >= 0 else { throw Failure(what: "receive") }
    received += buffer[..<count]
    return count > 0
  }

  /// Reads everything up to the end of the connection.
  func drain() throws -> [UInt8] {
    while try receive() {}
    return received
  }

  /// The lines up to a reply: events and the reply.
  func ask(_ request: String) throws -> [String] {
    try send(request + "\n")
    var lines: [String] = []
    repeat { lines.append(try line()) } while lines.last?.hasPrefix("IRQ") == true
    return lines
  }
}
