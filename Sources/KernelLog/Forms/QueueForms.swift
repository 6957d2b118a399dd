/// What the driver prints when the invalidation queue stops.
enum QueueForms {
  private static func row(
    _ words: StaticString, _ era: LineForm.Era = .always, level: LogLevel = .error,
    _ make: @escaping @Sendable (FormValues) -> QueueErrorLine
  ) -> LineForm {
    LineForm(.fault, words, era, level: level) { .queueError(make($0)) }
  }

  static let rows: [LineForm] = [
    row("VT-d detected invalid descriptor: qw0 = %llx, qw1 = %llx", .queue(namesWords: true)) {
      .invalidDescriptor(qw0: $0[0], qw1: $0[1])
    },
    row("VT-d detected invalid descriptor: low=%llx, high=%llx", .queue(namesWords: false)) {
      .invalidDescriptor(qw0: $0[0], qw1: $0[1])
    },
    row("VT-d detected Invalidation Queue Error: Reason %llx") { .queueError(reason: $0[0]) },
    row("VT-d detected Invalidation Time-out Error: SID %llx") { .timeout(source: $0[0]) },
    row("VT-d detected Invalidation Completion Error: SID %llx") {
      .completionError(source: $0[0])
    },
    // The first word has the type and the source; the second may be cut off.
    row("QI HEAD: %S qw0 = %#llx%|, qw1 = %#llx") { .descriptor(.head, qw0: $0[1], qw1: $0[2]) },
    row("QI PRIOR: %S qw0 = %#llx%|, qw1 = %#llx") {
      .descriptor(.prior, qw0: $0[1], qw1: $0[2])
    },
    row("Invalidation Queue Error (IQE) cleared", level: .info) { _ in .queueErrorCleared },
    row("Invalidation Time-out Error (ITE) cleared", level: .info) { _ in .timeoutCleared },
    row("Invalidation Completion Error (ICE) cleared", level: .info) { _ in
      .completionErrorCleared
    },
  ]
}

extension QueueErrorLine {
  var values: FormValues {
    switch self {
    case .invalidDescriptor(let qw0, let qw1): FormValues(qw0, qw1)
    case .queueError(let value), .timeout(let value), .completionError(let value):
      FormValues(value)
    case .descriptor(_, let qw0, let qw1):
      FormValues(Self.name(ofDescriptor: qw0), qw0, qw1)
    case .queueErrorCleared, .timeoutCleared, .completionErrorCleared: FormValues()
    }
  }
}
