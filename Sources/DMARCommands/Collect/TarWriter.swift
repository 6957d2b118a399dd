internal import Glibc

/// Writes a tar file (POSIX ustar), member by member.
struct TarWriter: ~Copyable {
  private let descriptor: Int32
  private static let block = 512

  /// Makes the file, readable by nobody else; a file that is there already is not written over.
  ///
  /// - Throws: `errno` as a `CollectError`.
  init(_ path: String) throws(CollectError) {
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw CollectError("\(path): \(String(cString: strerror(errno)))")
    }
  }

  deinit { close(descriptor) }

  /// Adds a regular file.
  func add(_ name: String, _ bytes: [UInt8], time: Int) throws(CollectError) {
    try write(Self.header(name, bytes.count, time))
    try write(bytes)
    let rest = bytes.count % Self.block
    if rest > 0 { try write([UInt8](repeating: 0, count: Self.block - rest)) }
  }

  func finish() throws(CollectError) {
    try write([UInt8](repeating: 0, count: 2 * Self.block))
  }

  private func write(_ bytes: [UInt8]) throws(CollectError) {
    var done = 0
    while done < bytes.count {
      let count = bytes[done...].withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw CollectError(String(cString: strerror(errno))) }
      done += count
    }
  }

  private static func header(_ name: String, _ size: Int, _ time: Int) -> [UInt8] {
    var header = [UInt8](repeating: 0, count: block)
    func put(_ text: String, _ offset: Int, _ length: Int) {
      for (index, byte) in text.utf8.prefix(length).enumerated() { header[offset + index] = byte }
    }
    func octal(_ value: Int, _ offset: Int, _ length: Int) {
      let digits = String(value, radix: 8)
      put(String(repeating: "0", count: max(length - 1 - digits.count, 0)) + digits, offset, length)
    }
    // A name of more than 100 bytes is parted at a slash.
    var (folder, file) = ("", name)
    if name.utf8.count > 100 {
      let parts = name.split(separator: "/", omittingEmptySubsequences: false)
      for index in parts.indices.dropFirst() {
        let tail = parts[index...].joined(separator: "/")
        if tail.utf8.count <= 100 {
          (folder, file) = (parts[..<index].joined(separator: "/"), tail)
          break
        }
      }
    }
    put(file, 0, 100)
    octal(0o600, 100, 8)
    octal(0, 108, 8)
    octal(0, 116, 8)
    octal(size, 124, 12)
    octal(time, 136, 12)
    header[156] = UInt8(ascii: "0")
    put("ustar", 257, 6)
    put("00", 263, 2)
    put(folder, 345, 155)
    for index in 148..<156 { header[index] = UInt8(ascii: " ") }
    let sum = header.reduce(0) { $0 + Int($1) }
    octal(sum, 148, 7)
    header[155] = UInt8(ascii: " ")
    return header
  }
}

/// Why a bundle cannot be made.
struct CollectError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
