internal import KernelLog
internal import KernelProfiles
internal import KernelRuntime
internal import VTdFormats

/// Interrupt remapping (drivers/iommu/intel/irq_remapping.c).
final class InterruptRemapping {
  private let kernel: KernelContext
  private let core: IOMMUCore
  private let tables: TableMemory
  private let flusher: Flusher
  private let switches: UnitSwitches
  private let units: [IntelIOMMU]
  /// Interrupts are remapped in the extended mode, with 32-bit destinations.
  var usesExtendedInterrupts = false

  init(
    in kernel: KernelContext, core: IOMMUCore, flusher: Flusher, switches: UnitSwitches
  ) {
    self.kernel = kernel
    self.core = core
    tables = flusher.tables
    self.flusher = flusher
    self.switches = switches
    units = flusher.units
  }

  /// INTR_REMAP_TABLE_REG_SIZE: 2^(15+1) entries.
  static let interruptTableSize: UInt64 = 0xf

  /// intel_setup_irq_remapping: memory for the table, then the queue.
  func setUpInterruptRemapping(of unit: IntelIOMMU) throws(DriverError) {
    let entries: UInt64 = 2 << Self.interruptTableSize
    let size = entries * InterruptEntry.byteCount
    unit.interruptTable = try tables.allocatePages(Int(size / Paging.pageSize))
    switches.stopQueue(of: unit)
    try flusher.enableQueue(of: unit)
  }

  /// iommu_set_irq_remapping.
  func setInterruptTable(of unit: IntelIOMMU) {
    guard let table = unit.interruptTable else { return }
    var pointer = InterruptTableAddress()
    pointer[inPlace: .address] = table.rawValue
    pointer[.size] = Self.interruptTableSize
    pointer[flag: .extendedInterruptMode] = usesExtendedInterrupts
    kernel.locked(unit.registerLock, .irqsave) {
      unit.port.write64(pointer.rawValue, at: RegisterOffset.irta)
      unit.command(.setInterruptTable)
    }
  }

  /// What follows a new table, then iommu_enable_irq_remapping for a unit that does not remap yet.
  func enableInterruptRemapping(of unit: IntelIOMMU) throws(DriverError) {
    guard unit.interruptTable != nil else { return }
    // With ESIRTPS the unit drops its cache by itself.
    if !unit.capability[flag: .enhancedSetInterruptRootPointer] {
      try flusher.flushInterruptEntries(of: unit)
    }
    guard unit.startsRemapping else { return }
    kernel.locked(unit.registerLock, .irqsave) { unit.command(.interruptRemapping) }
  }

  /// Changes entries, in order, each of the unit that it names. A name that no unit has is the caller's
  /// error to find.
  func change(_ changes: [InterruptEntryChange]) throws(DriverError) {
    for change in changes {
      let named = change.unit.map { name in units.first { $0.name == name } }
      guard let unit = named ?? units.first else { continue }
      if change.entry != nil, unit.interruptTable != nil { allocateInterruptEntry() }
      guard change.isLate else {
        try self.change(change, of: unit)
        continue
      }
      // The device's driver asks for it.
      try core.requestingInterrupt { () throws(DriverError) in try self.change(change, of: unit) }
    }
  }

  /// modify_irte: the entry, then the flush of what the unit has cached of it.
  func change(_ change: InterruptEntryChange, of unit: IntelIOMMU) throws(DriverError) {
    guard let table = unit.interruptTable else { return }
    var entry = InterruptEntry()
    if let wanted = change.entry {
      entry[flag: .present] = true
      // The hint lets any of the addressed CPUs take it; by APIC id there is but one.
      // In x2APIC mode CPUs are addressed by bit within their cluster, in every release.
      entry[flag: .destinationMode] =
        usesExtendedInterrupts || kernel.build.behaviour.interruptDestination == .logical
      entry[flag: .redirectionHint] = true
      entry[.vector] = UInt64(wanted.vector)
      // An xAPIC's id lies in the second byte.
      entry[.destination] =
        usesExtendedInterrupts
        ? UInt64(wanted.destination) : UInt64(wanted.destination & 0xff) << 8
      entry[.sourceID] = UInt64(wanted.source.rawValue)
      entry[.sourceValidation] = UInt64(SourceValidationType.sourceID.rawValue)
    }
    let address = table.rawValue + UInt64(change.index) * InterruptEntry.byteCount
    try kernel.locked(core.locks.interruptEntries, .irqsave) { () throws(DriverError) in
      try tables.store(entry.low, at: address)
      try tables.store(entry.high, at: address + 8)
      try flusher.flushInterruptEntries(change.index, of: unit)
    }
  }

  /// alloc_irte, which finds a free entry; the scenario says which.
  private func allocateInterruptEntry() {
    kernel.call("intel_irq_remapping_alloc") {
      let global = core.lockBehaviour.interruptAllocation == .on ? core.locks.global : nil
      kernel.locked(global, .shared) {
        kernel.locked(core.locks.interruptEntries, .irqsave) {}
      }
    }
  }

  // MARK: What an earlier kernel left

  /// Interrupt remapping that was on: a crash kernel copies the table, any other switches it off.
  /// Answers whether the unit goes on remapping.
  func inheritInterrupts(
    of unit: IntelIOMMU, isCrashKernel: Bool, isTold: inout Bool
  ) throws(DriverError) -> Bool {
    let status = GlobalStatus(rawValue: unit.port.read32(at: RegisterOffset.gsts))
    guard status[flag: .interruptRemapping] else { return false }
    let number = unit.number
    let behaviour = kernel.build.behaviour
    guard isCrashKernel, behaviour.takeOver != .none else {
      if behaviour.takeOver != .none, isTold {
        kernel.announce(.interruptRemappingNotKdump(unit: number))
        if behaviour.remappingFound == .once { isTold = false }
      }
      try flusher.flushInterruptEntries(of: unit)
      switches.disable(.interruptRemapping, of: unit)
      return false
    }
    let isCopied = try copyInterruptTable(of: unit)
    if isTold {
      kernel.announce(
        isCopied ? .interruptTableCopied(unit: number) : .interruptTableNotCopied(unit: number))
    }
    return true
  }

  /// iommu_load_old_irte: a table of the same size, entry by entry.
  private func copyInterruptTable(of unit: IntelIOMMU) throws(DriverError) -> Bool {
    let old = InterruptTableAddress(rawValue: unit.port.read64(at: RegisterOffset.irta))
    guard old[.size] == Self.interruptTableSize, let table = unit.interruptTable else {
      return false
    }
    let bytes = UInt64(old.entryCount) * InterruptEntry.byteCount
    for offset in stride(from: 0, to: bytes, by: 8) {
      let word = tables.load(old[inPlace: .address] &+ offset)
      if word != 0 { try tables.store(word, at: table.rawValue + offset) }
    }
    return true
  }
}
