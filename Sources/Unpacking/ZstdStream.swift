import CZstd

/// Frames of zstd.
final class ZstdStream {
  /// The base-2 logarithm of the largest window: `zstd -19` uses 23, `--ultra` and `--long` more.
  private static let mostWindow: Int32 = 26

  private let stream = ZSTD_createDStream()

  init() {
    ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, Self.mostWindow)
  }

  deinit { ZSTD_freeDStream(stream) }

  func step(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(UnpackingFailure) -> StreamStep {
    var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    let result = ZSTD_decompressStream(stream, &target, &source)
    if ZSTD_isError(result) != 0 {
      switch ZSTD_getErrorCode(result) {
      case ZSTD_error_frameParameter_windowTooLarge, ZSTD_error_memory_allocation:
        throw .memory(.zstd, limit: 1 << Int(Self.mostWindow))
      // On an error the library does not say how many bytes it wrote before the damage.
      default: return StreamStep(failure: .damaged(.zstd))
      }
    }
    return StreamStep(consumed: source.pos, produced: target.pos, isEnd: result == 0)
  }
}
