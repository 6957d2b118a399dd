/// How far one call of a library that unpacks a stream came.
struct StreamStep {
  var consumed: Int
  var produced: Int
  /// The stream is at its end; another may follow in the same file.
  var isEnd: Bool
}
