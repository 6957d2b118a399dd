/// One stream of packed data being unpacked by the library of its kind.
enum StreamDecoder {
  case zlib(ZlibStream)
  case xz(XZStream)
  case zstd(ZstdStream)
  case lz4(LZ4Stream)
  case bzip2(BZip2Stream)

  /// Returns nil for archives and UTF-16 text, which no stream library unpacks.
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

  /// Prepares the decoder for the next stream: a file may hold several, one after the other.
  func restart() {
    switch self {
    case .zlib(let stream): stream.restart()
    case .xz(let stream): stream.restart()
    // These libraries start a new frame by themselves.
    case .zstd, .lz4: break
    case .bzip2(let stream): stream.restart()
    }
  }
}
