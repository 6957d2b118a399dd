internal import ACPITables
internal import KernelLog
internal import KernelProfiles
internal import KernelRuntime
internal import VTdFormats

/// What interrupt remapping says while it is switched on (intel_prepare_irq_remapping).
extension BootReport {
  /// parse_ioapics_under_ir: the interrupt controllers that each unit's scope names. False where one
  /// of the machine's has no unit, or none remaps interrupts.
  func findInterruptSources(_ messages: BootMessages) -> Bool {
    let table = messages.table
    var known: Set<Int> = []
    var isSupported = false
    for unit in unitsInOrder(table) where unit.extendedCapability[flag: .interruptRemapping] {
      let number = unit.number
      guard
        let hardware = table.units.first(where: { $0.registerBase == unit.registerBase.rawValue })
      else { continue }
      isSupported = true
      for scope in hardware.scopes {
        switch scope.kind {
        case .ioapic:
          known.insert(Int(scope.enumerationID))
          kernel.announce(
            .ioapic(id: Int(scope.enumerationID), base: unit.registerBase, unit: number))
        case .hpet: kernel.announce(.hpet(id: Int(scope.enumerationID), base: unit.registerBase))
        default: break
        }
      }
    }
    let lost = messages.interruptControllers?.first { !known.contains($0) }
    if isSupported, let lost { kernel.announce(.firmwareUnmappedIOAPIC(id: lost)) }
    return isSupported && lost == nil
  }

  /// intel_cleanup_irq_remapping, for the units have not been set up yet: all it leaves is a line,
  /// where x2APIC mode would have needed them.
  func giveUpInterruptRemapping(isTold: Bool) {
    guard isTold, kernel.build.configuration.hasX2APIC,
      kernel.build.behaviour.bootLines == .current
    else { return }
    kernel.announce(.interruptRemappingFailed)
  }

  /// Which mode interrupts are remapped in, with what is said on the way: x2APIC where the CPU has
  /// it, firmware does not opt out, and every unit can.
  func chooseInterruptMode(_ table: DMARTable?, isTold: Bool) -> Bool {
    guard kernel.build.configuration.hasX2APIC else { return false }
    if let table, table.flags.contains(.x2APICOptOut) {
      if isTold {
        kernel.announce(.x2apicOptOut)
        kernel.announce(.x2apicOptOutOverride)
      }
      return false
    }
    var isExtended = true
    for unit in unitsInOrder(table)
    where !unit.extendedCapability[flag: .extendedInterruptMode] {
      if isTold { kernel.announce(.unitWithoutExtendedInterrupts(unit.number)) }
      isExtended = false
    }
    if isExtended, isTold { kernel.announce(.queueWillBeEnabled) }
    return isExtended
  }

  func announceInterruptRemapping(x2apic isExtended: Bool) {
    if functionTable.units.contains(where: { $0.interruptTable != nil }) {
      kernel.announce(.interruptRemapping(x2apic: isExtended))
    }
  }
}
