/// How far one call of a library that unpacks a stream came.
struct StreamStep {
  var consumed = 0
  var produced = 0
  /// The stream is at its end; another may follow in the same file.
  var isEnd = false
  /// Why the stream goes no further. What came out before, in this call too, is good.
  var failure: UnpackingFailure?
}
