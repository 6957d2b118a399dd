#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A file as its bytes, mapped and never read whole: only pages that somebody looks at are loaded.
final class MappedFile {
  let bytes: UnsafeRawBufferPointer

  /// - Throws: ``MemoryImageError`` where the file cannot be opened or mapped.
  init(_ path: String) throws(MemoryImageError) {
    // A shell may hand the file over as standard input.
    let descriptor = open(
      path == "-" ? "/dev/stdin" : path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else {
      throw MemoryImageError(path: path, kind: .cannotRead(String(cString: strerror(errno))))
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw MemoryImageError(
        path: path, kind: .cannotRead("a regular file was expected, which can be mapped"))
    }
    let length = Int(status.st_size)
    guard length > 0 else { throw MemoryImageError(path: path, kind: .empty) }
    guard let mapped = mmap(nil, length, PROT_READ, MAP_PRIVATE, descriptor, 0),
      mapped != MAP_FAILED
    else { throw MemoryImageError(path: path, kind: .cannotRead(String(cString: strerror(errno)))) }
    // Tables lie far apart: what is around them is of no use.
    madvise(mapped, length, MADV_RANDOM)
    bytes = UnsafeRawBufferPointer(start: mapped, count: length)
  }

  deinit {
    munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
  }
}

extension UnsafeRawBufferPointer {
  /// The little-endian number at an offset; nil where it does not lie inside.
  func number<Number: FixedWidthInteger>(_ type: Number.Type, at offset: Int) -> Number? {
    guard offset >= 0, offset <= count - MemoryLayout<Number>.size else { return nil }
    return Number(littleEndian: loadUnaligned(fromByteOffset: offset, as: Number.self))
  }

  func begins(with text: StaticString, at offset: Int = 0) -> Bool {
    guard offset >= 0, count - offset >= text.utf8CodeUnitCount else { return false }
    for index in 0..<text.utf8CodeUnitCount where self[offset + index] != text.utf8Start[index] {
      return false
    }
    return true
  }
}
