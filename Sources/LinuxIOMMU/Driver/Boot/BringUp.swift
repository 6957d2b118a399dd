internal import ACPITables
internal import KernelLog
internal import KernelProfiles
internal import VTdFormats

/// From the table to units that translate (intel_prepare_irq_remapping and
/// intel_enable_irq_remapping early in the boot, intel_iommu_init later).
extension IntelIOMMUDriver {
  /// Makes every unit remap interrupts, then gets it ready to remap DMA.
  ///
  /// - Parameters:
  ///   - functions: what the scan of the bus has found.
  ///   - isCrashKernel: this kernel runs because another one crashed (kdump).
  func bringUp(
    _ interrupts: [InterruptEntryChange], _ messages: BootMessages?,
    functions: [ProbedFunction] = [], isCrashKernel: Bool = false
  ) throws(DriverError) {
    let remapsInterrupts = kernel.build.configuration.remapsInterrupts
    if let messages {
      announceCommandLine(messages.commandLine)
      if announceBadUnit(messages) {
        isLeftAlone = true
        if remapsInterrupts { _ = announceTable(messages) }
        return
      }
    } else if units.contains(where: { !$0.answers }) {
      isLeftAlone = true
      return
    }
    // The table is read when interrupts are remapped, long before the bus is scanned, or else after.
    if remapsInterrupts, let messages, !announceTable(messages) { isLeftAlone = true }
    ordered = unitsInOrder(messages?.table)
    if remapsInterrupts, !isLeftAlone {
      try bringUpInterrupts(ordered, messages, isCrashKernel: isCrashKernel)
    }
    try change(interrupts.filter { !$0.isLate })
    applyGraphicsQuirks(functions, isTold: messages != nil)
    if let messages {
      forceOn(messages)
      if !remapsInterrupts, !announceTable(messages) { isLeftAlone = true }
      if !isLeftAlone, !findScopes(messages) { isLeftAlone = true }
      if isLeftAlone { return }
    }
    try kernel.locked(coreLocks.global, .exclusive) { () throws(DriverError) in
      try bringUpTranslation(messages, isCrashKernel: isCrashKernel)
    }
  }

  /// init_dmars, under `dmar_global_lock`.
  private func bringUpTranslation(
    _ messages: BootMessages?, isCrashKernel: Bool
  ) throws(DriverError) {
    // intel_disable_iommus: what firmware or an earlier kernel switched on does not stay on.
    guard options.isOn else { return stopTranslation(of: ordered) }
    if let messages {
      announceMissing(messages.table)
      ignoreEmptyUnits(messages)
    }
    auditCapabilities(ordered, isTold: messages != nil)
    for unit in ordered {
      if isIgnored(unit) {
        stopTranslation(of: [unit])
        continue
      }
      if unit.queue == nil {
        stopQueue(of: unit)
        try enableQueue(of: unit)
      }
      if messages != nil { announceQueue(of: unit) }
      try makeRootTable(of: unit, isCrashKernel: isCrashKernel, isTold: messages != nil)
    }
    for unit in ordered where unit.rootTable != nil {
      if messages != nil { announceNoPASIDAllocator(of: unit) }
      setRootTable(of: unit)
      try flushEverything(of: unit)
    }
    for unit in ordered where unit.rootTable != nil {
      try enablePageRequests(of: unit)
      enableFaultEvent(of: unit)
    }
  }

  /// register_pasid_allocator, in kernels built with shared virtual memory while there were virtual
  /// commands: a guest asks its host for PASIDs, if the unit is used in scalable mode.
  private func announceNoPASIDAllocator(of unit: IntelIOMMU) {
    let behaviour = kernel.build.behaviour
    guard behaviour.virtualCommandRegisters == .shown, behaviour.scalableMode != .absent,
      unit.capability[flag: .cachingMode], !isScalable(unit)
    else { return }
    kernel.print(.warning, "DMAR: VT-d Scalable Mode not enabled, no PASID allocation")
  }

  /// The last thing of intel_iommu_init: devices have their domains by then. A unit whose tables were
  /// taken over translates all the time.
  func enableTranslation() {
    kernel.locked(coreLocks.global, .shared) {
      for unit in ordered {
        if unit.rootTable != nil, !unit.hasInheritedTables {
          kernel.locked(unit.registerLock, .irqsave) { unit.command(.translation) }
        }
        disableProtectedRegions(of: unit)
      }
    }
  }

  /// A unit that a hypervisor shadows gains nothing from late flushes: the driver flushes at once.
  func distrustCachingMode(says: Bool) {
    let isShadowed = units.contains { unit in
      unit.capability[flag: .cachingMode]
        && !(isScalable(unit) && unit.extendedCapability[flag: .firstStage])
    }
    guard isShadowed else { return }
    options.makeStrict()
    if says { announce(.batchingDisallowed) }
  }

  private func bringUpInterrupts(
    _ ordered: [IntelIOMMU], _ messages: BootMessages?, isCrashKernel: Bool
  ) throws(DriverError) {
    auditInterruptCapabilities(ordered, isTold: messages != nil)
    if let messages {
      guard messages.table.flags.contains(.interruptRemapping) else { return }
      guard findInterruptSources(messages) else {
        announce(.interruptRemappingLeftOff)
        return giveUpInterruptRemapping(isTold: true)
      }
    }
    // One unit that cannot is enough to do without.
    guard ordered.allSatisfy({ $0.extendedCapability[flag: .interruptRemapping] }) else {
      return giveUpInterruptRemapping(isTold: messages != nil)
    }
    usesExtendedInterrupts = chooseInterruptMode(messages?.table, isTold: messages != nil)
    var isTold = messages != nil
    for unit in ordered {
      try setUpInterruptRemapping(of: unit)
      let wasOn = try inheritInterrupts(of: unit, isCrashKernel: isCrashKernel, isTold: &isTold)
      setInterruptTable(of: unit)
      if !wasOn { unit.startsRemapping = true }
    }
    for unit in ordered { try enableInterruptRemapping(of: unit) }
    if messages != nil { announceInterruptRemapping() }
  }

  // MARK: Root tables

  /// iommu_set_root_entry.
  func setRootTable(of unit: IntelIOMMU) {
    guard let root = unit.rootTable else { return }
    var pointer = RootTableAddress()
    pointer[inPlace: .rootTable] = root.rawValue
    let mode: TranslationTableMode = isScalable(unit) ? .scalable : .legacy
    pointer[.translationTableMode] = UInt64(mode.rawValue)
    kernel.locked(unit.registerLock, .irqsave) {
      unit.port.write64(pointer.rawValue, at: RegisterOffset.rtaddr)
      unit.command(.setRootTable)
    }
  }

  /// Global invalidation of the context cache, the PASID cache and the IOTLB: a new root table makes
  /// all that is cached void. With ESRTPS the unit does it by itself.
  func flushEverything(of unit: IntelIOMMU) throws(DriverError) {
    if unit.capability[flag: .enhancedSetRootTablePointer] { return }
    guard unit.queue != nil else { return flushThroughRegisters(of: unit) }
    try flushContextsGlobally(of: unit)
    if isScalable(unit) { try flushPASIDsGlobally(of: unit) }
    try flushTranslationsGlobally(of: unit)
  }

  /// iommu_flush_all's part of a unit.
  func flushContextsAndTranslations(of unit: IntelIOMMU) throws(DriverError) {
    guard unit.queue != nil else { return flushThroughRegisters(of: unit) }
    try flushContextsGlobally(of: unit)
    try flushTranslationsGlobally(of: unit)
  }

  /// The same by CCMD and IOTLB, for units without a queue.
  private func flushThroughRegisters(of unit: IntelIOMMU) {
    var context = ContextCommand()
    context[flag: .invalidate] = true
    context.requestedGranularity = .global
    var iotlb = IOTLBCommand()
    iotlb[flag: .invalidate] = true
    iotlb.requestedGranularity = .global
    kernel.locked(unit.registerLock, .irqsave) {
      unit.port.write64(context.rawValue, at: RegisterOffset.ccmd)
    }
    kernel.locked(unit.registerLock, .irqsave) {
      unit.port.write64(iotlb.rawValue, at: unit.extendedCapability.iotlbRegisterOffset + 8)
    }
  }

  // MARK: Events

  /// dmar_set_interrupt (dmar_msi_write, dmar_msi_unmask), then one run of the handler and FSTS
  /// written back: faults that firmware left behind would keep the event from being raised again.
  private func enableFaultEvent(of unit: IntelIOMMU) {
    setEvent(unit.faultMessage, control: RegisterOffset.fectl, of: unit)
    handleFaults(of: unit)
    let status = unit.port.read32(at: RegisterOffset.fsts)
    unit.port.write32(status, at: RegisterOffset.fsts)
  }

  /// The message of an event: data, address and upper address behind the control register, which
  /// then loses its mask.
  func setEvent(_ message: EventMessage, control: Int, of unit: IntelIOMMU) {
    requestingInterrupt {
      kernel.locked(unit.registerLock, .irqsave) {
        unit.port.write32(message.data, at: RegisterOffset.data(ofEvent: control))
        unit.port.write32(
          UInt32(truncatingIfNeeded: message.address),
          at: RegisterOffset.address(ofEvent: control))
        unit.port.write32(
          UInt32(truncatingIfNeeded: message.address >> 32),
          at: RegisterOffset.upperAddress(ofEvent: control))
      }
      kernel.locked(unit.registerLock, .irqsave) {
        unit.port.write32(EventControl().rawValue, at: control)
      }
    }
  }
}
