internal import Glibc
internal import KernelLog
internal import Scenario
import Text

/// Reads logs from files and from standard input, packed or not, in constant memory.
struct LogInput: ~Copyable {
  /// Larger than the longest line that is read, small enough to stay in the processor's cache.
  private static let size = 1 << 18
  /// A packed report is unpacked from memory; larger ones are for gunzip.
  private static let largestPacked = 1 << 26

  let name: String
  private let descriptor: Int32
  private let buffer: UnsafeMutableRawBufferPointer
  /// Bytes at the buffer's beginning that wait for the rest of their line.
  private var kept = 0
  private var offset = 0

  /// Opens `path`; `-` is standard input.
  init(_ path: String) throws(LogInputError) {
    if path == "-" {
      name = "standard input"
      descriptor = STDIN_FILENO
    } else {
      name = path
      descriptor = open(path, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw LogInputError(path: path, number: errno) }
    }
    var status = stat()
    if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      if descriptor != STDIN_FILENO { close(descriptor) }
      throw LogInputError(path: path, number: EISDIR)
    }
    buffer = .allocate(byteCount: Self.size, alignment: 64)
  }

  deinit {
    buffer.deallocate()
    if descriptor != STDIN_FILENO { close(descriptor) }
  }

  /// Reads to the end.
  mutating func readAll(
    _ reader: inout LogReader, emit: (LogEvent) -> Void
  ) throws(LogInputError) {
    var isFirst = true
    while true {
      let count = try fill()
      if isFirst, count > 0, Gunzip.isGzip(UnsafeRawBufferPointer(rebasing: buffer[..<count])) {
        return try readPacked(count, &reader, emit: emit)
      }
      isFirst = false
      pass(count, isLast: count == 0, &reader, emit)
      if count == 0 { break }
    }
    reader.finish(emit: emit)
  }

  /// Reads what is there now; false at the end of a pipe. For a file that grows, an end is none.
  mutating func readSome(
    _ reader: inout LogReader, waiting milliseconds: Int32, emit: (LogEvent) -> Void
  ) throws(LogInputError) -> Int? {
    var status = stat()
    let isFile = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    if isFile, Int(status.st_size) < offset {
      // The log was rotated in place.
      lseek(descriptor, 0, SEEK_SET)
      offset = 0
      kept = 0
    }
    if !isFile {
      var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      if poll(&request, 1, milliseconds) == 0 { return 0 }
    }
    let count = try fill()
    if count == 0, !isFile {
      pass(0, isLast: true, &reader, emit)
      return nil
    }
    if count == 0 { usleep(UInt32(milliseconds) * 1000) }
    pass(count, isLast: false, &reader, emit)
    return count
  }

  private mutating func fill() throws(LogInputError) -> Int {
    while true {
      let free = UnsafeMutableRawBufferPointer(rebasing: buffer[kept...])
      let count = read(descriptor, free.baseAddress, free.count)
      if count >= 0 {
        offset += count
        return count
      }
      // EPIPE: /dev/kmsg tells that records were overwritten before they were read.
      if errno == EINTR || errno == EPIPE { continue }
      if errno == EAGAIN { return 0 }
      throw LogInputError(path: name, number: errno)
    }
  }

  private mutating func pass(
    _ count: Int, isLast: Bool, _ reader: inout LogReader, _ emit: (LogEvent) -> Void
  ) {
    let filled = kept + count
    let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<filled])
    let done = reader.consume(bytes, newBytes: count, isLast: isLast, emit: emit)
    kept = filled - done
    if kept > 0, done > 0, let base = buffer.baseAddress { memmove(base, base + done, kept) }
  }

  private mutating func readPacked(
    _ count: Int, _ reader: inout LogReader, emit: (LogEvent) -> Void
  ) throws(LogInputError) {
    var packed = Array(buffer[..<count])
    while packed.count < Self.largestPacked {
      let more = try fill()
      if more == 0 { break }
      packed += buffer[..<more]
    }
    var unpacker = Gunzip(packed)
    do {
      try unpacker.unpack { reader.read($0, emit: emit) }
    } catch {
      throw LogInputError(path: name, reason: error)
    }
    reader.finish(emit: emit)
  }
}

/// A log that cannot be read at all.
struct LogInputError: Error, CustomStringConvertible {
  let path: String
  let words: String
  /// There is no such input; otherwise it is not what it should be.
  let isMissing: Bool

  init(path: String, number: Int32) {
    self.path = path
    words = String(cString: strerror(number))
    isMissing = true
  }

  init(path: String, reason: Gunzip.Failure) {
    self.path = path
    isMissing = false
    words =
      switch reason {
      case .notGzip: "not a gzip file"
      case .corrupt: "the compressed data is damaged"
      case .truncated: "the compressed data ends too early"
      }
  }

  var description: String { "\(path): \(words)" }
}
