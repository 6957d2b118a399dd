import Recording

extension RunRecord {
  /// How many causes stand before an event, the step itself not counted.
  func depth(of event: RunEvent) -> Int {
    var depth = 1
    var cause = event.cause
    while let id = cause, events.indices.contains(id), depth < 5 {
      if case .step = events[id].what { break }
      depth += 1
      cause = events[id].cause
    }
    return depth
  }
}
