internal import KernelProfiles
internal import KernelRuntime
internal import VTdFormats

/// What the driver does around a sleep of the whole machine (S3), as the last thing before it and as
/// the first after it, with interrupts off (`iommu_syscore_ops`, and the local APIC's for interrupt
/// remapping).
extension BringUp {
  /// iommu_suspend, then lapic_suspend: devices stand still by now. What one still sends goes
  /// where its address says until the unit translates again.
  func suspend() throws(DriverError) {
    try kernel.call("iommu_suspend") { () throws(DriverError) in
      for unit in activeUnits { try flusher.flushContextsAndTranslations(of: unit) }
      for unit in activeUnits {
        switches.disableTranslation(of: unit)
        unit.savedFaultEvent = kernel.locked(unit.registerLock, .irqsave) {
          SavedFaultEvent(
            control: unit.port.read32(at: RegisterOffset.fectl),
            data: unit.port.read32(at: RegisterOffset.fedata),
            address: unit.port.read32(at: RegisterOffset.feaddr),
            upperAddress: unit.port.read32(at: RegisterOffset.feuaddr))
        }
      }
    }
    try kernel.call("lapic_suspend") { () throws(DriverError) in
      for unit in remappingUnits { try stopRemapping(of: unit) }
    }
  }

  /// lapic_resume, then iommu_resume. Tables lie in memory, which was refreshed meanwhile; what a
  /// unit has forgotten is its registers. The page-request queue is not among what is set up again.
  func resume() throws(DriverError) {
    try kernel.call("lapic_resume") { () throws(DriverError) in
      guard !remappingUnits.isEmpty else { return }
      for unit in ordered { restartQueue(of: unit) }
      for unit in remappingUnits {
        remapping.setInterruptTable(of: unit)
        if !unit.capability[flag: .enhancedSetInterruptRootPointer] {
          try flusher.flushInterruptEntries(of: unit)
        }
        kernel.locked(unit.registerLock, .irqsave) { unit.command(.interruptRemapping) }
      }
    }
    try kernel.call("iommu_resume") { () throws(DriverError) in
      for unit in activeUnits { restartQueue(of: unit) }
      for unit in activeUnits {
        flusher.flushWriteBuffer(of: unit)
        switches.setRootTable(of: unit)
        try flusher.flushEverything(of: unit)
        kernel.locked(unit.registerLock, .irqsave) { unit.command(.translation) }
        switches.disableProtectedRegions(of: unit)
      }
      for unit in activeUnits { restoreFaultEvent(of: unit) }
    }
  }

  /// Those that translate: a unit that is left alone has no root table.
  private var activeUnits: [IntelIOMMU] { ordered.filter { $0.rootTable != nil } }
  private var remappingUnits: [IntelIOMMU] { ordered.filter { $0.interruptTable != nil } }

  /// iommu_disable_irq_remapping.
  private func stopRemapping(of unit: IntelIOMMU) throws(DriverError) {
    if !unit.capability[flag: .enhancedSetInterruptRootPointer] {
      try flusher.flushInterruptEntries(of: unit)
    }
    let status = GlobalStatus(rawValue: unit.port.read32(at: RegisterOffset.gsts))
    if status[flag: .interruptRemapping] { switches.disable(.interruptRemapping, of: unit) }
  }

  /// dmar_reenable_qi: off if it is on, and on from its start, in the memory that it had.
  private func restartQueue(of unit: IntelIOMMU) {
    guard let queue = unit.queue else { return }
    let status = GlobalStatus(rawValue: unit.port.read32(at: RegisterOffset.gsts))
    if status[flag: .queuedInvalidation] { switches.disable(.queuedInvalidation, of: unit) }
    flusher.start(queue, of: unit)
  }

  /// The control register comes first, so a fault in this moment has an event without an address.
  private func restoreFaultEvent(of unit: IntelIOMMU) {
    guard let saved = unit.savedFaultEvent else { return }
    kernel.locked(unit.registerLock, .irqsave) {
      unit.port.write32(saved.control, at: RegisterOffset.fectl)
      unit.port.write32(saved.data, at: RegisterOffset.fedata)
      unit.port.write32(saved.address, at: RegisterOffset.feaddr)
      unit.port.write32(saved.upperAddress, at: RegisterOffset.feuaddr)
    }
  }
}
