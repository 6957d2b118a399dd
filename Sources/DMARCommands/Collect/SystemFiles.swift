internal import Glibc
internal import Scenario

/// The machine's own files, below a folder that stands for its root.
struct SystemFiles {
  /// What was read of one file, or why it was not.
  enum Reading {
    case bytes([UInt8], cut: String?)
    case unreadable(Int32)
  }

  /// Empty for the machine itself; tests have a folder.
  let root: String

  static let mostBytes = 64 << 20
  /// Seconds; some debugfs files take long, and one that hangs must not hang all.
  static let mostSeconds = 10

  func path(_ path: String) -> String { root + path }

  func exists(_ path: String) -> Bool { access(self.path(path), F_OK) == 0 }

  /// The names in a folder, sorted; nil where it cannot be read.
  func names(in path: String) -> [String]? { Folder.names(self.path(path)) }

  func isFolder(_ path: String) -> Bool { Files.isFolder(self.path(path)) }

  /// The last name in what a link leads to; nil where there is none.
  func linkName(_ path: String) -> String? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes { bytes in
      bytes.baseAddress.map {
        readlink(self.path(path), $0.assumingMemoryBound(to: CChar.self), bytes.count)
      } ?? -1
    }
    guard count > 0 else { return nil }
    let target = String(decoding: buffer[..<count], as: UTF8.self)
    return target.split(separator: "/").last.map(String.init)
  }

  /// Reads a file to its end, to the limit of bytes, or to that of time.
  func read(_ path: String) -> Reading {
    PatientReading.read(self.path(path))
  }

  /// The first line of a small file, without white space around it.
  func line(_ path: String) -> String? {
    guard case .bytes(let bytes, _) = read(path) else { return nil }
    return String(decoding: bytes.prefix { $0 != 10 }, as: UTF8.self)
      .split(separator: " ").joined(separator: " ")
  }

  func write(_ text: String, to path: String) -> Int32? {
    let descriptor = open(self.path(path), O_WRONLY | O_CLOEXEC | O_TRUNC)
    guard descriptor >= 0 else { return errno }
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    return Glibc.write(descriptor, bytes, bytes.count) == bytes.count ? nil : errno
  }

  static func now() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec
  }

  static func words(_ number: Int32) -> String { String(cString: strerror(number)) }
}
