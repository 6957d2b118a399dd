internal import Recording

extension RunRecord {
  /// The step of an event.
  func stepNumber(_ id: Int) -> Int? { events.indices.contains(id) ? events[id].step : nil }
}
