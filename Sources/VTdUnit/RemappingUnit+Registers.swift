import Synchronization
import VTdFormats

// Register accesses of software (VT-d specification 11.2): 32 or 64 bits, aligned. Registers of 64
// bits take two accesses of 32 as well. Anything else reads 0 and writes nothing.
extension RemappingUnit {
  /// 32 bits at `offset` from the register base.
  public func read32(_ offset: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: read(offset, width: 32))
  }

  /// 64 bits at `offset` from the register base.
  public func read64(_ offset: Int) -> UInt64 { read(offset, width: 64) }

  /// Writes 32 bits at `offset` from the register base.
  public func write32(_ value: UInt32, at offset: Int) { write(UInt64(value), offset, width: 32) }

  /// Writes 64 bits at `offset` from the register base.
  public func write64(_ value: UInt64, at offset: Int) { write(value, offset, width: 64) }

  @inline(__always)
  private func read(_ offset: Int, width: Int) -> UInt64 {
    change { state, effects in
      guard let register = state.registers.register(at: offset, width: width) else {
        effects.trace(.registerAccessRefused(offset: offset, width: width, isWrite: false))
        return 0
      }
      if register.isWriteOnly { return 0 }
      let value = state.registers[quad: offset, width: width]
      return offset == RegisterOffset.iqa ? shownQueueAddress(value) : value
    }
  }

  private func shownQueueAddress(_ value: UInt64) -> UInt64 {
    guard configuration.quirks.contains(.queueWidthHidden) else { return value }
    return value & ~BitField<QueueAddress>.descriptorWidth.mask
  }

  // For each width on its own, which then folds.
  @inline(__always)
  private func write(_ value: UInt64, _ offset: Int, width: Int) {
    change { state, effects in
      guard let register = state.registers.register(at: offset, width: width) else {
        effects.trace(.registerAccessRefused(offset: offset, width: width, isWrite: true))
        return
      }
      state.registers.write(value, at: offset, width: width)
      react(to: value, register, at: offset, width: width, &state, &effects)
      effects.trace(
        .registerWritten(
          name: state.registers.table[Int(register.row)].name,
          value: state.registers[quad: register.offset, width: min(Int(register.width), 64)]))
    }
  }

  /// What a write sets off.
  private func react(
    to value: UInt64, _ register: RegisterSite, at offset: Int, width: Int,
    _ state: inout UnitState, _ effects: inout Effects
  ) {
    switch register.offset {
    case RegisterOffset.gcmd:
      command(GlobalCommand(rawValue: UInt32(truncatingIfNeeded: value)), &state, &effects)
    case RegisterOffset.ccmd:
      contextCommandWritten(&state)
    case RegisterOffset.fsts:
      state.faults.statusWritten(&state.registers)
      // Clearing the error lets the queue go on.
      if !configuration.quirks.contains(.queueResumesAtTailWrite) { runQueue(&state, &effects) }
    case RegisterOffset.iqt:
      runQueue(&state, &effects)
    case RegisterOffset.ics:
      let status: CompletionStatus = state.registers[image: RegisterOffset.ics]
      if !status[flag: .waitComplete] {
        EventSource.invalidationCompletion.cancel(&state.registers)
      }
    case RegisterOffset.iectl:
      EventSource.invalidationCompletion.controlWritten(&state.registers, &effects)
    case RegisterOffset.prs:
      pageRequestStatusWritten(&state)
    case RegisterOffset.pectl:
      EventSource.pageRequest.controlWritten(&state.registers, &effects)
    case configuration.extendedCapability.iotlbRegisterOffset + 8:
      iotlbCommandWritten(&state, offset: register.offset)
    case RegisterOffset.fectl:
      EventSource.fault.controlWritten(&state.registers, &effects)
    case RegisterOffset.pmen:
      protectMemory(&state)
    case RegisterOffset.plmbase, RegisterOffset.plmlimit, RegisterOffset.phmbase,
      RegisterOffset.phmlimit:
      invalidatePassThrough()
    case let first where first >= state.faults.offset && register.width == 128:
      state.faults.recordWritten(&state.registers)
    default:
      break
    }
  }

  /// PMEN: the status follows at once.
  private func protectMemory(_ state: inout UnitState) {
    var enable: ProtectedMemoryEnable = state.registers[image: RegisterOffset.pmen]
    enable[flag: .status] = enable[flag: .enable]
    state.registers[image: RegisterOffset.pmen] = enable
    setControl(ControlBits.protectedMemory, enable[flag: .status])
    invalidatePassThrough()
  }
}
