/// One stream of packed data being unpacked by the library of its kind.
enum StreamDecoder {
  case zlib(ZlibStream)
  case xz(XZStream)
  case zstd(ZstdStream)
  case lz4(LZ4Stream)
  case bzip2(BZip2Stream)

  /// Nil for the kinds that are not streams.
  init?(_ kind: PackedKind) {
    switch kind {
    case .gzip: self = .zlib(ZlibStream(.gzip))
    case .xz: self = .xz(XZStream())
    case .zstd: self = .zstd(ZstdStream())
    case .lz4: self = .lz4(LZ4Stream())
    case .bzip2: self = .bzip2(BZip2Stream())
    case .zip, .tar, .utf16: return nil
    }
  }

  func step(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(UnpackingFailure) -> StreamStep {
    switch self {
    case .zlib(let stream): try stream.step(input, into: output)
    case .xz(let stream): try stream.step(input, into: output)
    case .zstd(let stream): try stream.step(input, into: output)
    case .lz4(let stream): try stream.step(input, into: output)
    case .bzip2(let stream): try stream.step(input, into: output)
    }
  }

  /// Makes ready for the next stream of the same file.
  func restart() {
    switch self {
    case .zlib(let stream): stream.restart()
    case .xz(let stream): stream.restart()
    // These begin anew by themselves.
    case .zstd, .lz4: break
    case .bzip2(let stream): stream.restart()
    }
  }
}
