internal import Glibc
internal import KernelLog
internal import LogReading
internal import Scenario
internal import ScenarioFormat
import Text
internal import Unpacking

/// Reads logs from files and from standard input, packed or not, in constant memory.
struct LogInput: ~Copyable {
  /// Bytes of the buffer: more than the longest line that is read, few enough for the cache.
  private static let size = 1 << 18
  /// How many bytes of a file are mapped into memory at a time.
  private static let window = 1 << 23
  /// After this many bytes without a line of a log, a device or pipe is given up: it may never end.
  private static let largestBinary = 1 << 26
  /// Milliseconds to wait for someone to write to a FIFO.
  private static let patience: Int32 = 2000
  /// SEEK_DATA, which Glibc declares for GNU programs only.
  private static let seekData: Int32 = 3

  let name: String
  private let path: String
  private var descriptor: Int32
  private let buffer: UnsafeMutableRawBufferPointer
  /// Bytes at the buffer's beginning that wait for the rest of their line.
  private var kept = 0
  private var offset = 0
  private let isRegular: Bool
  /// Whether it is a file of a folder: nobody waits for more of it.
  private var isOneOfMany = false
  /// The end of a FIFO may be that its writer is still to come.
  private var mayComeLate: Bool

  /// Opens `path`; `-` is standard input.
  init(_ path: String) throws(LogInputError) {
    self.path = path
    if path == "-" {
      name = "standard input"
      descriptor = STDIN_FILENO
    } else {
      name = path
      // Opening a FIFO would wait for its writer; `fill` does so for a bounded time.
      descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
      guard descriptor >= 0 else { throw LogInputError(path: path, number: errno) }
    }
    var status = stat()
    if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      if descriptor != STDIN_FILENO { close(descriptor) }
      throw LogInputError(path: path, number: EISDIR)
    }
    isRegular = status.st_mode & S_IFMT == S_IFREG
    mayComeLate = status.st_mode & S_IFMT == S_IFIFO && descriptor != STDIN_FILENO
    buffer = .allocate(byteCount: Self.size, alignment: 64)
  }

  deinit {
    buffer.deallocate()
    if descriptor != STDIN_FILENO { close(descriptor) }
  }

  /// Reads to the end, or until it is clear that there is no log.
  mutating func readAll(_ sink: (EvidencePiece) -> Void) throws(LogInputError) {
    let head = try fillHead()
    if PackedKind(head: UnsafeRawBufferPointer(rebasing: buffer[..<head])) != nil {
      return try readMembers(head, sink)
    }
    sink(.file(name))
    var reader = LogReader(path: name)
    var attachments = Attachments(depth: 0, allowance: UnfoldingAllowance())
    var hasEvents = false
    var beginning = Array(buffer[..<min(head, 64)])
    let input = name
    func note(_ event: LogEvent) {
      hasEvents = true
      if attachments.take(event, of: input) { return }
      sink(.event(event))
    }
    var count = head
    while true {
      if !isRegular {
        sink(
          .text(path: name, UnsafeRawBufferPointer(rebasing: buffer[kept..<kept + count])))
      }
      pass(count, isLast: count == 0, &reader, note)
      if count == 0 { break }
      if isRegular, try readMapped(&reader, note) { break }
      if !isRegular, !hasEvents, reader.byteCount > Self.largestBinary, reader.isBinary { break }
      skipHole()
      count = try fill()
      if reader.byteCount == 0 { beginning = Array(buffer[..<min(count, 64)]) }
    }
    reader.finish(emit: note)
    sink(.bytes(reader.byteCount))
    if reader.kernelLineCount > 0 || reader.byteCount == 0 {
      sink(.log)
    } else if !hasEvents, MemberReader.isNoText(reader, beginning) {
      sink(
        .unread(
          UnreadInput(path: name, words: MemberReader.words(beginning), weight: .missing)))
    }
    attachments.read(sink)
  }

  /// Reads a file of a folder, of which nobody said that it is a log.
  mutating func readAsMember(_ sink: (EvidencePiece) -> Void) throws(LogInputError) {
    isOneOfMany = true
    try readMembers(try fillHead(), sink)
  }

  /// Fills the buffer as far as it takes to tell what the input is; 0 where it is empty.
  private mutating func fillHead() throws(LogInputError) -> Int {
    var count = 0
    while count < PackedKind.headLength {
      let more = try fill()
      if more == 0 { break }
      count += more
      // `fill` writes behind what is kept.
      kept = count
    }
    kept = 0
    return count
  }

  /// Reads what is packed, member by member.
  private mutating func readMembers(
    _ head: Int, _ sink: (EvidencePiece) -> Void
  ) throws(LogInputError) {
    // The limit on events is for packed input only; plain files are read to their end.
    let isPacked = PackedKind(head: UnsafeRawBufferPointer(rebasing: buffer[..<head])) != nil
    let allowance = UnfoldingAllowance(events: isPacked ? UnfoldingAllowance.mostEvents : .max)
    var unpacker = Unpacker(path: name, limits: allowance.limits)
    var reader = MemberReader(input: isOneOfMany ? "" : name, allowance: allowance)
    var count = head
    while count > 0, !unpacker.isOver, !reader.isOver {
      unpacker.take(UnsafeRawBufferPointer(rebasing: buffer[..<count])) { reader.take($0, sink) }
      // Folders of logs may hold sparse files of terabytes, which would take hours to read.
      if isOneOfMany, reader.hasPassedOver(name) { return }
      count = try fill()
    }
    unpacker.finish { reader.take($0, sink) }
  }

  /// Reads the rest of a large file without copying it, one mapped window after the other; false
  /// where the file is small or cannot be mapped, and has to be read in the usual way.
  private mutating func readMapped(
    _ reader: inout LogReader, _ emit: (LogEvent) -> Void
  ) throws(LogInputError) -> Bool {
    var position = Int(lseek(descriptor, 0, SEEK_CUR)) - kept
    var noted = kept
    guard position >= 0, let size = fileStatus()?.st_size,
      Int(size) - position >= Self.window / 4
    else { return false }
    // The length that the file had when its end was reached; it may have grown since.
    var end: Int?
    while true {
      position = behindHole(position)
      let size = Int(fileStatus()?.st_size ?? 0)
      let length = min(size - position, Self.window)
      guard length > 0 else { return true }
      guard let window = FileWindow(descriptor, position, length) else { break }
      let isLast = end == size
      let done = reader.consume(
        window.bytes, newBytes: max(length - noted, 0), isLast: isLast, emit: emit)
      if isLast { return true }
      if position &+ length == size { end = size }
      noted = length - done
      position += done
    }
    // The rest of the file, which could not be mapped, is read in the usual way.
    kept = 0
    lseek(descriptor, off_t(position), SEEK_SET)
    offset = position
    return false
  }

  private func fileStatus() -> stat? {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? status : nil
  }

  /// The offset of the next data of a sparse file, at or after `position`.
  private func behindHole(_ position: Int) -> Int {
    let data = lseek(descriptor, off_t(position), Self.seekData)
    return data > off_t(position) ? Int(data) : position
  }

  /// Skips a hole of a sparse file, which holds no text.
  private mutating func skipHole() {
    guard isRegular, kept == 0, buffer[0] == 0, descriptor != STDIN_FILENO else { return }
    let data = lseek(descriptor, off_t(offset), Self.seekData)
    if data > off_t(offset) {
      offset = Int(data)
    } else if data < 0, errno == ENXIO {
      offset = Int(lseek(descriptor, 0, SEEK_END))
    } else {
      lseek(descriptor, off_t(offset), SEEK_SET)
    }
  }

  /// Reads what is there now; returns the number of bytes, nil at the end of a pipe. A file that
  /// grows has no end.
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
    if count == 0, isFile, try openSuccessor() {
      // The log's last line is over, though it may lack its end.
      pass(0, isLast: true, &reader, emit)
      offset = 0
      kept = 0
      return 0
    }
    if count == 0 { usleep(UInt32(milliseconds) * 1000) }
    pass(count, isLast: false, &reader, emit)
    return count
  }

  /// Opens the file that stands where the followed one was, after a rotation by renaming.
  private mutating func openSuccessor() throws(LogInputError) -> Bool {
    var status = stat()
    guard descriptor != STDIN_FILENO, let own = fileStatus(), stat(path, &status) == 0,
      status.st_mode & S_IFMT == S_IFREG,
      status.st_ino != own.st_ino || status.st_dev != own.st_dev
    else { return false }
    let successor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard successor >= 0 else { return false }
    close(descriptor)
    descriptor = successor
    return true
  }

  private mutating func fill() throws(LogInputError) -> Int {
    while true {
      let free = UnsafeMutableRawBufferPointer(rebasing: buffer[kept...])
      let count = read(descriptor, free.baseAddress, free.count)
      if count == 0, mayComeLate, offset == 0 {
        mayComeLate = false
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        if poll(&request, 1, Self.patience) > 0 { continue }
        throw LogInputError(path: name, words: "a FIFO that nobody writes to", isMissing: true)
      }
      if count >= 0 {
        offset += count
        return count
      }
      // EPIPE: /dev/kmsg tells that records were overwritten before they were read.
      if errno == EINTR || errno == EPIPE { continue }
      if errno == EAGAIN {
        if isOneOfMany { return 0 }
        // Nothing is there yet, which is not the end.
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        if poll(&request, 1, -1) >= 0 || errno == EINTR { continue }
      }
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

  init(path: String, words: String, isMissing: Bool) {
    self.path = path
    self.words = words
    self.isMissing = isMissing
  }

  var description: String { "\(path): \(words)" }
}
