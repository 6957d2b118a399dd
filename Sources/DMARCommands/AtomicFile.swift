internal import ArgumentParser
internal import Glibc

/// Files that appear whole or not at all.
enum AtomicFile {
  /// Writes `bytes` to a temporary file beside `path` and renames it, so that a reader never sees
  /// half a file and a failure leaves the old one alone.
  ///
  /// - Throws: `ExitStatus.cannotCreate` after saying what went wrong.
  static func write(_ bytes: [UInt8], to path: String) throws {
    var template = Array("\(path).XXXXXX".utf8CString)
    let descriptor = template.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.map { mkstemp($0) } ?? -1
    }
    guard descriptor >= 0 else { throw failure(path) }
    let temporary = String(
      decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // mkstemp keeps others out; the file itself is nobody's secret.
    let mask = umask(0)
    umask(mask)
    let isWritten =
      writeAll(bytes, to: descriptor) && fchmod(descriptor, 0o666 & ~mask) == 0
      && fsync(descriptor) == 0
    let code = errno
    close(descriptor)
    if isWritten, rename(temporary, path) == 0 { return }
    let reason = isWritten ? errno : code
    unlink(temporary)
    throw failure(path, reason)
  }

  private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done)
      }
      if count < 0 {
        if errno == EINTR { continue }
        return false
      }
      done += count
    }
    return true
  }

  private static func failure(_ path: String, _ code: Int32 = errno) -> ExitCode {
    StandardError.print("dmar: \(path): \(String(cString: strerror(code)))")
    return ExitStatus.cannotCreate
  }
}

extension ExitStatus {
  /// EX_CANTCREAT: the file that was asked for cannot be written.
  static let cannotCreate = ExitCode(73)
}
