import CZlib

/// Deflated data (RFC 1951), in gzip's frame or bare as in a zip. It is taken in pieces of any size, so
/// that a file larger than memory can be read; `Text.Gunzip` is for what is in memory already.
final class ZlibStream {
  /// What surrounds the deflated data, as `inflateInit2` wants it: bits of the window, 16 for gzip's
  /// frame, negative for none.
  enum Frame: Int32 {
    case gzip = 31
    case bare = -15
  }

  /// The library keeps a pointer back to this structure, so it must stay at one address.
  private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  private let isReady: Bool

  init(_ frame: Frame) {
    stream.initialize(to: z_stream())
    isReady =
      inflateInit2_(
        stream, frame.rawValue, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
  }

  deinit {
    if isReady { inflateEnd(stream) }
    stream.deallocate()
  }

  func step(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(UnpackingFailure) -> StreamStep {
    guard isReady else { throw .memory(.gzip, limit: 0) }
    // The library takes a mutable pointer, but does not write to its input.
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: input.bindMemory(to: UInt8.self).baseAddress)
    stream.pointee.avail_in = UInt32(input.count)
    stream.pointee.next_out = output.bindMemory(to: UInt8.self).baseAddress
    stream.pointee.avail_out = UInt32(output.count)
    let result = inflate(stream, Z_NO_FLUSH)
    let isGood = result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR
    return StreamStep(
      consumed: input.count - Int(stream.pointee.avail_in),
      produced: output.count - Int(stream.pointee.avail_out), isEnd: result == Z_STREAM_END,
      failure: isGood ? nil : .damaged(.gzip))
  }

  func restart() { inflateReset(stream) }
}
