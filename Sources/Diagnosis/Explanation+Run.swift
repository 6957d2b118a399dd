internal import LogReading

extension Explanation {
  /// What the lines of one log mean; nil where they say nothing about remapping.
  public init?(ofLog lines: [String]) {
    if lines.isEmpty { return nil }
    var collector = LogCollector()
    collector.begin(file: "the kernel's log")
    var reader = LogReader()
    let bytes = Array(lines.map { $0 + "\n" }.joined().utf8)
    bytes.withUnsafeBytes { buffer in reader.read(buffer) { collector.take($0) } }
    reader.finish { collector.take($0) }
    let explanation = Explanation(collector.contents)
    if explanation.isEmpty { return nil }
    self = explanation
  }

  /// What is said of an input in which there is nothing to explain.
  ///
  /// - Parameters:
  ///   - name: what the input is called.
  ///   - isEmpty: whether it has no byte.
  public static func complaint(name: String, isEmpty: Bool) -> String {
    isEmpty
      ? "\(name): empty; a kernel log was expected"
      : "\(name): nothing that a kernel prints; a kernel log was expected"
  }
}
