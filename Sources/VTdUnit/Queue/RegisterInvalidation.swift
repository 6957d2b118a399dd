import VTdFormats

// Invalidation by registers (VT-d specification 6.5.1): CCMD, and IOTLB with IVA. It is refused
// while the queue is on: the command bit stays set, and nothing is dropped.
extension RemappingUnit {
  func contextCommandWritten(_ state: inout UnitState) {
    var command: ContextCommand = state.registers[image: RegisterOffset.ccmd]
    if !command[flag: .invalidate] || isQueueOn(state) { return }
    command[flag: .invalidate] = false
    command[.actualGranularity] = 0
    if let selection = contextSelection(
      granularity: command.requestedGranularity, domain: command[.domainID],
      source: command[.sourceID], mask: command[.functionMask])
    {
      invalidateContexts(selection)
      command[.actualGranularity] = command[.requestedGranularity]
    }
    state.registers[image: RegisterOffset.ccmd] = command
  }

  func iotlbCommandWritten(_ state: inout UnitState, offset: Int) {
    var command: IOTLBCommand = state.registers[image: offset]
    if !command[flag: .invalidate] || isQueueOn(state) { return }
    command[flag: .invalidate] = false
    let done = invalidateIOTLB(
      granularity: command.requestedGranularity, domain: command[.domainID],
      state.registers[image: offset - 8])
    command[.actualGranularity] = done?.rawValue ?? 0
    state.registers[image: offset] = command
  }

  private func isQueueOn(_ state: UnitState) -> Bool {
    let status: GlobalStatus = state.registers[image: RegisterOffset.gsts]
    return status[flag: .queuedInvalidation]
  }
}
