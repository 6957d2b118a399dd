internal import Diagnosis
internal import Glibc
internal import LogReading
internal import MachineEvidence

/// Looks through the inputs once more for the mapping history of the addresses that fault.
///
/// Which addresses those are is known only when all logs have been read, and a trace has millions of
/// events of which a few matter. So a second look costs less than keeping them.
enum HistoryPass {
  /// Bytes of the buffer: few enough for the processor's cache, more than any line.
  private static let size = 1 << 18
  /// How many bytes of a large file are mapped into memory at a time.
  private static let window = 1 << 23
  /// A file with more bytes than this is searched only if a sample of it holds an event.
  private static let alwaysRead = 64 << 20
  private static let sampleCount = 256

  /// Reads the history of the addresses of the collector's faults.
  ///
  /// - Parameters:
  ///   - tap: the text of inputs that cannot be read again.
  ///   - asked: an address that the user asks about.
  static func read(into collector: inout LogCollector, _ tap: HistoryTap, asked: UInt64?) {
    let focus = AddressFocus(collector.contents.faultAddresses + (asked.map { [$0] } ?? []))
    var history = MappingHistory()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
    defer { buffer.deallocate() }
    for (index, name) in collector.contents.files.enumerated() where !tap.seen.contains(name) {
      guard let descriptor = open(name) else { continue }
      defer { close(descriptor) }
      guard isWorthwhile(descriptor, buffer) else { continue }
      var scanner = HistoryScanner(focus, file: index)
      scanner.interest = history.interest
      let start = readMapped(descriptor, &scanner, &history)
      read(descriptor, from: start, buffer, &scanner, &history)
      history.add(scanner)
    }
    for kept in tap.kept {
      if !collector.contents.files.contains(kept.path) { collector.begin(file: kept.path) }
      let index = collector.contents.files.firstIndex(of: kept.path) ?? 0
      history.take(
        kept.bytes, by: HistoryScanner(focus, file: index, firstLine: kept.firstLine))
    }
    history.finish(focus)
    collector.take(history)
  }

  /// Opens a regular file; standard input too, where it is one.
  private static func open(_ name: String) -> Int32? {
    let descriptor =
      name == "standard input"
      ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
      : Glibc.open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { return nil }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      return nil
    }
    return descriptor
  }

  private static func isWorthwhile(
    _ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer
  ) -> Bool {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return false }
    let length = Int(status.st_size)
    if length <= alwaysRead { return true }
    let sample = UnsafeMutableRawBufferPointer(rebasing: buffer[..<4096])
    for step in 0..<sampleCount {
      let count = pread(
        descriptor, sample.baseAddress, sample.count, off_t(length / sampleCount * step))
      guard count > 0 else { continue }
      var scanner = HistoryScanner(AddressFocus([UInt64]()))
      _ = scanner.scan(UnsafeRawBufferPointer(rebasing: sample[..<count]), isLast: false) { _ in
        HistoryInterest()
      }
      if !scanner.counts.isEmpty { return true }
    }
    return false
  }

  /// Searches a large file without copying it, one mapped window after the other. Returns the
  /// offset at which reading has to continue: the last window, or one that could not be mapped.
  private static func readMapped(
    _ descriptor: Int32, _ scanner: inout HistoryScanner, _ history: inout MappingHistory
  ) -> Int {
    var position = 0
    var status = stat()
    while fstat(descriptor, &status) == 0, Int(status.st_size) - position > window,
      let part = FileWindow(descriptor, position, window)
    {
      position += scanner.scan(part.bytes, isLast: false) { event in
        history.take(event)
        return history.interest
      }
    }
    return position
  }

  private static func read(
    _ descriptor: Int32, from start: Int, _ buffer: UnsafeMutableRawBufferPointer,
    _ scanner: inout HistoryScanner, _ history: inout MappingHistory
  ) {
    var kept = 0
    var offset = start
    while true {
      let free = UnsafeMutableRawBufferPointer(rebasing: buffer[kept...])
      let count = pread(descriptor, free.baseAddress, free.count, off_t(offset))
      if count < 0, errno == EINTR { continue }
      offset += max(count, 0)
      let filled = kept + max(count, 0)
      let done = scanner.scan(
        UnsafeRawBufferPointer(rebasing: buffer[..<filled]), isLast: count <= 0
      ) { event in
        history.take(event)
        return history.interest
      }
      if count <= 0 { return }
      kept = filled - done
      if kept > 0, done > 0, let base = buffer.baseAddress { memmove(base, base + done, kept) }
    }
  }
}
