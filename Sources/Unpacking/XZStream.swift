import CLZMA

/// A stream of xz.
final class XZStream {
  /// `xz -9` needs 65 MiB; memory that a short file does not use is never touched.
  private static let mostMemory = 66 << 20

  private let stream = UnsafeMutablePointer<lzma_stream>.allocate(capacity: 1)
  private var isReady = false

  init() {
    stream.initialize(to: lzma_stream())
    restart()
  }

  deinit {
    lzma_end(stream)
    stream.deallocate()
  }

  func step(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(UnpackingFailure) -> StreamStep {
    guard isReady else { throw .memory(.xz, limit: Self.mostMemory) }
    stream.pointee.next_in = input.bindMemory(to: UInt8.self).baseAddress
    stream.pointee.avail_in = input.count
    stream.pointee.next_out = output.bindMemory(to: UInt8.self).baseAddress
    stream.pointee.avail_out = output.count
    let result = lzma_code(stream, LZMA_RUN)
    if result == LZMA_MEMLIMIT_ERROR || result == LZMA_MEM_ERROR {
      throw .memory(.xz, limit: Self.mostMemory)
    }
    let isGood = result == LZMA_OK || result == LZMA_STREAM_END || result == LZMA_BUF_ERROR
    return StreamStep(
      consumed: input.count - stream.pointee.avail_in,
      produced: output.count - stream.pointee.avail_out, isEnd: result == LZMA_STREAM_END,
      failure: isGood ? nil : .damaged(.xz))
  }

  func restart() {
    isReady = lzma_stream_decoder(stream, UInt64(Self.mostMemory), 0) == LZMA_OK
  }
}
