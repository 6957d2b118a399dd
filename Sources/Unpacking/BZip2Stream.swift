import CBZip2

/// A stream of bzip2.
final class BZip2Stream {
  /// The library keeps a pointer back to this structure, so it must stay at one address.
  private let stream = UnsafeMutablePointer<bz_stream>.allocate(capacity: 1)
  private var isReady = false

  init() {
    stream.initialize(to: bz_stream())
    begin()
  }

  deinit {
    if isReady { BZ2_bzDecompressEnd(stream) }
    stream.deallocate()
  }

  private func begin() { isReady = BZ2_bzDecompressInit(stream, 0, 0) == BZ_OK }

  func step(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(UnpackingFailure) -> StreamStep {
    guard isReady else { throw .memory(.bzip2, limit: 0) }
    // The library takes a mutable pointer, but does not write to its input.
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: input.bindMemory(to: CChar.self).baseAddress)
    stream.pointee.avail_in = UInt32(input.count)
    stream.pointee.next_out = output.bindMemory(to: CChar.self).baseAddress
    stream.pointee.avail_out = UInt32(output.count)
    let result = BZ2_bzDecompress(stream)
    let isGood = result == BZ_OK || result == BZ_STREAM_END
    return StreamStep(
      consumed: input.count - Int(stream.pointee.avail_in),
      produced: output.count - Int(stream.pointee.avail_out), isEnd: result == BZ_STREAM_END,
      failure: isGood ? nil : .damaged(.bzip2))
  }

  func restart() {
    if isReady { BZ2_bzDecompressEnd(stream) }
    begin()
  }
}
