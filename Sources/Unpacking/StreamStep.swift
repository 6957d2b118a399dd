/// The result of one call of a library that unpacks a stream.
struct StreamStep {
  var consumed = 0
  var produced = 0
  /// The stream is at its end; another may follow in the same file.
  var isEnd = false
  /// Why the stream cannot be read further. All output up to here, of this call too, is good.
  var failure: UnpackingFailure?
}
