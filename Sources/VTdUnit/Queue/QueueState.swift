import VTdFormats

/// What the invalidation queue keeps besides its registers.
struct QueueState {
  /// IQA as it was when QIE was set.
  var address = QueueAddress()
  /// A device that owes the answer to an invalidation; the next wait descriptor will not complete.
  var silentDevice: SourceID?
  /// A device that sent a completion which belongs to no invalidation.
  var confusedDevice: SourceID?
  /// Whether the last descriptor that was fetched, good or bad, was a wait, for
  /// ``UnitQuirks/disableNeedsIdleQueue``. It outlives the queue.
  var lastWasWait = false
}
