internal import Glibc
internal import Text

/// Writes a tar file (POSIX ustar), member by member. The file takes its name when it is whole: a
/// collection that is killed, or that fills the disk, leaves nothing that looks like one.
struct TarWriter: ~Copyable {
  private let path: String
  private let descriptor: Int32
  /// The file's name beside its place, on a file system that has no files without a name.
  private let temporary: String?
  private static let block = 512

  /// Makes the file, readable by nobody else; a file that is there already is not written over.
  ///
  /// - Throws: `errno` as a `CollectError`.
  init(_ path: String) throws(CollectError) {
    var status = stat()
    guard lstat(path, &status) != 0 else { throw Self.error(path, EEXIST) }
    let opened = Replacement.open(in: OutputTarget.split(path).folder, beside: path, mode: 0o600)
    guard opened.descriptor >= 0 else { throw Self.error(path, errno) }
    self.path = path
    descriptor = opened.descriptor
    temporary = opened.temporary
  }

  private static func error(
    _ path: String, _ number: Int32, _ status: ExitStatus = .cannotCreate
  ) -> CollectError {
    CollectError("\(path): \(String(cString: strerror(number)))", status)
  }

  deinit {
    close(descriptor)
    if let temporary { unlink(temporary) }
  }

  /// Adds a regular file.
  func add(_ name: String, _ bytes: [UInt8], time: Int) throws(CollectError) {
    try write(Self.header(name, bytes.count, time))
    try write(bytes)
    let rest = bytes.count % Self.block
    if rest > 0 { try write([UInt8](repeating: 0, count: Self.block - rest)) }
  }

  func finish() throws(CollectError) {
    try write([UInt8](repeating: 0, count: 2 * Self.block))
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw Self.error(path, errno, .cannotWrite)
    }
    // A link fails where a file of this name has appeared meanwhile; renaming would replace it.
    let isLinked =
      if let temporary { link(temporary, path) == 0 } else {
        Replacement.link(descriptor, to: path)
      }
    guard isLinked else { throw Self.error(path, errno) }
  }

  private func write(_ bytes: [UInt8]) throws(CollectError) {
    let failure = Descriptor.write(bytes, to: descriptor)
    guard failure == 0 else { throw Self.error(path, failure, .cannotWrite) }
  }

  private static func header(_ name: String, _ size: Int, _ time: Int) -> [UInt8] {
    var header = [UInt8](repeating: 0, count: block)
    func put(_ text: String, _ offset: Int, _ length: Int) {
      for (index, byte) in text.utf8.prefix(length).enumerated() { header[offset + index] = byte }
    }
    func octal(_ value: Int, _ offset: Int, _ length: Int) {
      put(String(value, radix: 8).aligned(to: length - 1, with: "0"), offset, length)
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
  /// What the command ends with.
  let status: ExitStatus

  init(_ description: String, _ status: ExitStatus = .cannotCreate) {
    self.description = description
    self.status = status
  }
}
