import CLZ4

/// Frames of lz4.
final class LZ4Stream {
  private var context: OpaquePointer?

  init() {
    if LZ4F_isError(LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))) != 0 {
      context = nil
    }
  }

  deinit { LZ4F_freeDecompressionContext(context) }

  func step(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(UnpackingFailure) -> StreamStep {
    guard let context else { throw .memory(.lz4, limit: 0) }
    var consumed = input.count
    var produced = output.count
    let result = LZ4F_decompress(
      context, output.baseAddress, &produced, input.baseAddress, &consumed, nil)
    // On an error the library does not say how many bytes it wrote before the damage.
    if LZ4F_isError(result) != 0 { return StreamStep(failure: .damaged(.lz4)) }
    return StreamStep(consumed: consumed, produced: produced, isEnd: result == 0)
  }
}
