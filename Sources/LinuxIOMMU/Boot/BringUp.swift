internal import ACPITables
internal import KernelLog
internal import KernelProfiles
internal import KernelRuntime
internal import VTdFormats

/// From the table to units that translate (intel_prepare_irq_remapping and
/// intel_enable_irq_remapping early in the boot, intel_iommu_init later).
final class BringUp {
  let kernel: KernelContext
  let core: IOMMUCore
  let tables: TableMemory
  let functionTable: FunctionTable
  let flusher: Flusher
  let faults: FaultReporter
  let pageRequests: PageRequests
  let domains: Domains
  let switches: UnitSwitches
  let remapping: InterruptRemapping
  let report: BootReport
  /// Firmware's table was bad: the units stay as they are.
  private(set) var isLeftAlone = false
  /// `dmar_drhd_units`: the units in the order in which the driver goes through them.
  private(set) var ordered: [IntelIOMMU] = []

  init(
    in kernel: KernelContext, faults: FaultReporter, pageRequests: PageRequests, domains: Domains,
    switches: UnitSwitches, remapping: InterruptRemapping
  ) {
    self.kernel = kernel
    core = domains.core
    tables = domains.tables
    functionTable = domains.functionTable
    flusher = domains.flusher
    self.faults = faults
    self.pageRequests = pageRequests
    self.domains = domains
    self.switches = switches
    self.remapping = remapping
    report = BootReport(kernel: kernel, functionTable: domains.functionTable)
  }

  /// Makes every unit remap interrupts, then gets it ready to remap DMA.
  ///
  /// - Parameters:
  ///   - functions: what the scan of the bus has found.
  ///   - isCrashKernel: this kernel runs because another one crashed (kdump).
  func run(
    _ interrupts: [InterruptEntryChange], _ messages: BootMessages?,
    functions: [ProbedFunction] = [], isCrashKernel: Bool = false
  ) throws(DriverError) {
    let remapsInterrupts = kernel.build.configuration.remapsInterrupts
    if let messages {
      report.announceCommandLine(messages.commandLine)
      if report.announceBadUnit(messages) {
        isLeftAlone = true
        if remapsInterrupts { _ = report.announceTable(messages) }
        return
      }
      optOut(messages)
    } else if functionTable.units.contains(where: { !$0.answers }) {
      isLeftAlone = true
      return
    }
    // The table is read when interrupts are remapped, long before the bus is scanned, or else after.
    if remapsInterrupts, let messages, !report.announceTable(messages) { isLeftAlone = true }
    ordered = report.unitsInOrder(messages?.table)
    if remapsInterrupts, !isLeftAlone {
      try bringUpInterrupts(ordered, messages, isCrashKernel: isCrashKernel)
    }
    try remapping.change(interrupts.filter { !$0.isLate })
    applyGraphicsQuirks(functions, isTold: messages != nil)
    if let messages {
      forceOn(messages)
      if !remapsInterrupts, !report.announceTable(messages) { isLeftAlone = true }
      if !isLeftAlone, !report.findScopes(messages) { isLeftAlone = true }
      if isLeftAlone { return }
    }
    try kernel.locked(core.locks.global, .exclusive) { () throws(DriverError) in
      try bringUpTranslation(messages, isCrashKernel: isCrashKernel)
    }
  }

  /// What the table's flags say against DMA remapping, where the kernel listens.
  private func optOut(_ messages: BootMessages) {
    guard kernel.build.behaviour.remappingOptOut == .obeyed,
      messages.table.flags.contains(.dmaRemappingOptOut)
    else { return }
    report.announceOptOut()
    domains.options.isOn = false
    domains.options.isOffByFirmware = true
  }

  /// init_dmars, under `dmar_global_lock`.
  private func bringUpTranslation(
    _ messages: BootMessages?, isCrashKernel: Bool
  ) throws(DriverError) {
    // intel_disable_iommus: what firmware or an earlier kernel switched on does not stay on.
    guard domains.options.isOn else { return switches.stopTranslation(of: ordered) }
    if let messages {
      report.announceMissing(messages.table)
      report.ignoreEmptyUnits(messages)
    }
    report.auditCapabilities(ordered, isTold: messages != nil)
    for unit in ordered {
      if domains.isIgnored(unit) {
        switches.stopTranslation(of: [unit])
        continue
      }
      if unit.queue == nil {
        switches.stopQueue(of: unit)
        try flusher.enableQueue(of: unit)
      }
      if messages != nil { report.announceQueue(of: unit) }
      try makeRootTable(of: unit, isCrashKernel: isCrashKernel, isTold: messages != nil)
    }
    for unit in ordered where unit.rootTable != nil {
      if messages != nil { announceNoPASIDAllocator(of: unit) }
      switches.setRootTable(of: unit)
      try flusher.flushEverything(of: unit)
    }
    for unit in ordered where unit.rootTable != nil {
      try pageRequests.enablePageRequests(of: unit)
      enableFaultEvent(of: unit)
    }
  }

  /// register_pasid_allocator, in kernels built with shared virtual memory while there were virtual
  /// commands: a guest asks its host for PASIDs, if the unit is used in scalable mode.
  private func announceNoPASIDAllocator(of unit: IntelIOMMU) {
    let behaviour = kernel.build.behaviour
    guard behaviour.virtualCommandRegisters == .shown, behaviour.scalableMode != .absent,
      unit.capability[flag: .cachingMode], !unit.isScalable
    else { return }
    kernel.print(.note(.noPASIDAllocator))
  }

  /// The last thing of intel_iommu_init: devices have their domains by then. A unit whose tables were
  /// taken over translates all the time.
  func enableTranslation() {
    kernel.locked(core.locks.global, .shared) {
      for unit in ordered {
        if unit.rootTable != nil, !unit.hasInheritedTables {
          kernel.locked(unit.registerLock, .irqsave) { unit.command(.translation) }
        }
        switches.disableProtectedRegions(of: unit)
      }
    }
  }

  /// A unit that a hypervisor shadows gains nothing from late flushes: the driver flushes at once.
  func distrustCachingMode(says: Bool) {
    let isShadowed = functionTable.units.contains { unit in
      unit.capability[flag: .cachingMode]
        && !(unit.isScalable && unit.extendedCapability[flag: .firstStage])
    }
    guard isShadowed else { return }
    domains.options.makeStrict()
    if says { kernel.announce(.batchingDisallowed) }
  }

  private func bringUpInterrupts(
    _ ordered: [IntelIOMMU], _ messages: BootMessages?, isCrashKernel: Bool
  ) throws(DriverError) {
    report.auditInterruptCapabilities(ordered, isTold: messages != nil)
    if let messages {
      guard messages.table.flags.contains(.interruptRemapping) else { return }
      guard report.findInterruptSources(messages) else {
        kernel.announce(.interruptRemappingLeftOff)
        return report.giveUpInterruptRemapping(isTold: true)
      }
    }
    // One unit that cannot is enough to do without.
    guard ordered.allSatisfy({ $0.extendedCapability[flag: .interruptRemapping] }) else {
      return report.giveUpInterruptRemapping(isTold: messages != nil)
    }
    remapping.usesExtendedInterrupts = report.chooseInterruptMode(
      messages?.table, isTold: messages != nil)
    var isTold = messages != nil
    for unit in ordered {
      try remapping.setUpInterruptRemapping(of: unit)
      let wasOn = try remapping.inheritInterrupts(
        of: unit, isCrashKernel: isCrashKernel, isTold: &isTold)
      remapping.setInterruptTable(of: unit)
      if !wasOn { unit.startsRemapping = true }
    }
    for unit in ordered { try remapping.enableInterruptRemapping(of: unit) }
    if messages != nil {
      report.announceInterruptRemapping(x2apic: remapping.usesExtendedInterrupts)
    }
  }

  // MARK: Events

  /// dmar_set_interrupt (dmar_msi_write, dmar_msi_unmask), then one run of the handler and FSTS
  /// written back: faults that firmware left behind would keep the event from being raised again.
  private func enableFaultEvent(of unit: IntelIOMMU) {
    core.setEvent(unit.faultMessage, control: RegisterOffset.fectl, of: unit)
    faults.handleFaults(of: unit)
    let status = unit.port.read32(at: RegisterOffset.fsts)
    unit.port.write32(status, at: RegisterOffset.fsts)
  }

}
