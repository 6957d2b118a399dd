import LogReading

/// One thing to do next, or one that the log lacks, in a sentence.
struct Step: Hashable, Sendable, ExpressibleByStringInterpolation {
  /// The sentence.
  var text: String
  /// Whether it names what only Linux has: its options, files, tools and interfaces.
  var isOfLinux = false

  init(_ text: String) { self.text = text }

  init(stringLiteral text: String) { self.text = text }

  /// A step that makes sense under Linux alone; a log of another system does not show it.
  static func linux(_ text: String) -> Step {
    var step = Step(text)
    step.isOfLinux = true
    return step
  }

  /// The sentences of the steps that make sense under a system; nil is Linux.
  static func texts(_ steps: [Step], under system: OtherSystem?) -> [String] {
    steps.filter { system == nil || !$0.isOfLinux }.map { $0.text }
  }
}
