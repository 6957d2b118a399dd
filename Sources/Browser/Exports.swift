#if hasFeature(Embedded)
  // The exports. A text that crosses the border stands in memory of the module: the page allocates and
  // writes the question, reads the answer, and releases both.

  // The exports are plain functions, so that what they share has to be a global. A module has only
  // one thread, which makes that safe.
  nonisolated(unsafe) private var module = Module()

  /// Memory for a question.
  ///
  /// - Parameter byteCount: its length in UTF-8.
  /// - Returns: where it is to be written.
  @_cdecl("allocate")
  public func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer {
    UnsafeMutableRawPointer.allocate(byteCount: max(byteCount, 1), alignment: 16)
  }

  /// Gives memory back: that of a question, or that of an answer.
  @_cdecl("release")
  public func release(_ memory: UnsafeMutableRawPointer) { memory.deallocate() }

  /// Answers the question that stands at `question`.
  ///
  /// - Returns: where the answer stands: its length in bytes as 32 bits, lowest byte first, then its
  ///   text.
  @_cdecl("call")
  public func call(_ question: UnsafeRawPointer, _ byteCount: Int) -> UnsafeMutableRawPointer {
    let bytes = UnsafeRawBufferPointer(start: question, count: byteCount)
    let answer = module.answer(Array(bytes))
    let result = allocate(4 + answer.count)
    result.storeBytes(of: UInt32(truncatingIfNeeded: answer.count).littleEndian, as: UInt32.self)
    answer.withUnsafeBytes { text in
      if let start = text.baseAddress {
        (result + 4).copyMemory(from: start, byteCount: text.count)
      }
    }
    return result
  }
#endif
