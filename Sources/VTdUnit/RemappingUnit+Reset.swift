import Synchronization

extension RemappingUnit {
  /// Registers and caches as after power-on; memory is not touched.
  public func reset() {
    state.withLock { state in
      state.registers.reset(configuration)
      state.faults.reset()
      state.queue = QueueState()
    }
    control.store(0, ordering: .releasing)
    interruptControl.store(0, ordering: .releasing)
    invalidateInterruptEntries(nil)
    dropEverything()
  }
}
