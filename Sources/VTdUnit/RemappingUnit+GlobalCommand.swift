import Synchronization
import VTdFormats

// GCMD_REG (VT-d specification 11.4.4.1). Software changes one bit at a time; where it changes
// more, tables are latched before what uses them is turned on.
extension RemappingUnit {
  func command(_ command: GlobalCommand, _ state: inout UnitState, _ effects: inout Effects) {
    if command[flag: .setRootTable] { latchRootTable(&state) }
    if command[flag: .setInterruptTable] { latchInterruptTable(&state) }
    if command[flag: .setFaultLog] && configuration.capability[flag: .advancedFaultLogging] {
      state.faults.latchLog(state.registers[image: RegisterOffset.aflog])
      setStatus(.faultLog, true, &state)
    }
    if configuration.capability[flag: .advancedFaultLogging] {
      setStatus(.advancedFaultLogging, command[flag: .advancedFaultLogging], &state)
    }
    // WBF is done as soon as it is asked for: there are no write buffers.
    if configuration.extendedCapability[flag: .queuedInvalidation] {
      enableQueue(command[flag: .queuedInvalidation], &state, &effects)
    }
    if configuration.extendedCapability[flag: .interruptRemapping] {
      enableInterrupts(command, &state)
    }
    // A unit without any table depth remaps interrupts only (QEMU's dma-translation=off).
    if configuration.capability[.supportedAdjustedGuestAddressWidths] != 0 {
      enableTranslation(command[flag: .translation], &state)
    }
  }

  /// SIRTP: from now on interrupt entries are read where IRTA says.
  private func latchInterruptTable(_ state: inout UnitState) {
    if !configuration.extendedCapability[flag: .interruptRemapping] { return }
    let table: InterruptTableAddress = state.registers[image: RegisterOffset.irta]
    let flags = interruptControl.load(ordering: .relaxed) & ~InterruptControlBits.table
    interruptControl.store(
      flags | table.rawValue & InterruptControlBits.table, ordering: .releasing)
    setStatus(.interruptTable, true, &state)
    if configuration.capability[flag: .enhancedSetInterruptRootPointer]
      || configuration.quirks.contains(.globalCommandsDropCaches)
    {
      invalidateInterruptEntries(nil)
    }
  }

  /// IRE and CFI.
  private func enableInterrupts(_ command: GlobalCommand, _ state: inout UnitState) {
    var control = interruptControl.load(ordering: .relaxed) & InterruptControlBits.table
    if command[flag: .interruptRemapping] { control |= InterruptControlBits.enabled }
    setStatus(.interruptRemapping, command[flag: .interruptRemapping], &state)
    if !configuration.quirks.contains(.compatibilityAlwaysPasses) {
      if command[flag: .compatibilityInterrupts] {
        control |= InterruptControlBits.compatibility
      }
      setStatus(.compatibilityInterrupts, command[flag: .compatibilityInterrupts], &state)
    }
    interruptControl.store(control, ordering: .releasing)
  }

  /// SRTP: from now on the walks start where RTADDR says.
  private func latchRootTable(_ state: inout UnitState) {
    var root: RootTableAddress = state.registers[image: RegisterOffset.rtaddr]
    if configuration.quirks.contains(.tableModeIsOneBit) {
      let hasScalable: UInt64 = configuration.extendedCapability[flag: .scalableMode] ? 1 : 0
      root[.translationTableMode] &= hasScalable
    }
    let value = control.load(ordering: .relaxed) & ~ControlBits.root
    control.store(value | root.rawValue & ControlBits.root, ordering: .releasing)
    setStatus(.rootTable, true, &state)
    if configuration.capability[flag: .enhancedSetRootTablePointer]
      || configuration.quirks.contains(.globalCommandsDropCaches)
    {
      dropEverything()
    } else if root.mode == .abortDMA {
      // Without ESRTPS the caches outlive the tables; but this mode stops every DMA at once.
      forgetRequesters()
    }
  }

  private func enableTranslation(_ on: Bool, _ state: inout UnitState) {
    let was = control.load(ordering: .relaxed) & ControlBits.translationEnabled != 0
    setStatus(.translation, on, &state)
    setControl(ControlBits.translationEnabled, on)
    if was == on { return }
    if configuration.quirks.contains(.globalCommandsDropCaches) {
      dropEverything()
    } else {
      // The hit path does not look at TE: it finds no requester instead.
      forgetRequesters()
    }
  }
}
