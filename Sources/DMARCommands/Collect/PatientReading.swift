internal import Glibc

/// Reads a file in a thread of its own, and waits for that thread for a limited time only.
///
/// The first read of a kernel's file may hang; no flag of the open file prevents that, and not
/// every signal ends it. Such a thread is abandoned, and what it had read until then is used.
final class PatientReading {
  private let path: String
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let change = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  // Both threads use these, while they hold the lock.
  private var bytes: [UInt8] = []
  private var reading: SystemFiles.Reading?
  private var isAbandoned = false

  private init(_ path: String) {
    self.path = path
    pthread_mutex_init(lock, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(change, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_mutex_destroy(lock)
    pthread_cond_destroy(change)
    lock.deallocate()
    change.deallocate()
  }

  /// Reads a file to its end, to the limit of bytes, or to that of time.
  static func read(_ path: String) -> SystemFiles.Reading {
    let reading = PatientReading(path)
    var thread = pthread_t()
    let shared = Unmanaged.passRetained(reading)
    let failure = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<PatientReading>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, shared.toOpaque())
    guard failure == 0 else {
      shared.release()
      return .unreadable(failure)
    }
    pthread_detach(thread)
    return reading.wait()
  }

  private func wait() -> SystemFiles.Reading {
    var end = timespec()
    clock_gettime(CLOCK_MONOTONIC, &end)
    end.tv_sec += SystemFiles.mostSeconds
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    while reading == nil {
      guard pthread_cond_timedwait(change, lock, &end) != 0 else { continue }
      isAbandoned = true
      let seconds = SystemFiles.mostSeconds
      return .bytes(
        bytes, cut: bytes.isEmpty ? "no byte came within \(seconds) s" : "cut after \(seconds) s")
    }
    return reading ?? .unreadable(EIO)
  }

  // MARK: In its own thread

  private func run() {
    let result = readAll()
    pthread_mutex_lock(lock)
    reading = result
    pthread_cond_signal(change)
    pthread_mutex_unlock(lock)
  }

  /// Keeps some bytes; returns how many there are, or nil where the reading was abandoned.
  private func keep(_ chunk: UnsafeRawBufferPointer) -> Int? {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    if isAbandoned { return nil }
    bytes += chunk
    return bytes.count
  }

  /// The bytes that were kept, and why there are no more; nil at the end of the file.
  private func kept(_ cut: String? = nil) -> SystemFiles.Reading { .bytes(bytes, cut: cut) }

  private func readAll() -> SystemFiles.Reading {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { return .unreadable(errno) }
    defer { close(descriptor) }
    var status = stat()
    if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFIFO {
      return kept("a pipe, which nobody may be writing to")
    }
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { chunk.deallocate() }
    var total = 0
    while true {
      let room = min(chunk.count, SystemFiles.mostBytes - total)
      if room == 0 { return kept("cut at \(SystemFiles.mostBytes >> 20) MiB") }
      let count = Glibc.read(descriptor, chunk.baseAddress, room)
      if count < 0 {
        // EPIPE: records of the kernel's log were overwritten before they were read.
        if errno == EINTR || errno == EPIPE { continue }
        if errno == EAGAIN { return kept() }
        return total == 0 ? .unreadable(errno) : kept("cut: \(SystemFiles.words(errno))")
      }
      if count == 0 { return kept() }
      guard let sum = keep(UnsafeRawBufferPointer(rebasing: chunk[..<count])) else { return kept() }
      total = sum
    }
  }
}
