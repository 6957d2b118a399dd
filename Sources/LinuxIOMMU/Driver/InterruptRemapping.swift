internal import KernelProfiles
public import VTdFormats

/// An entry of the interrupt-remapping table as the kernel sets it up, or takes down.
public struct InterruptEntryChange: Hashable, Sendable {
  public var index: Int
  /// Nil takes the entry down.
  public var entry: Entry?
  /// Whether a device's driver does it, when the units and all domains are set up: an interrupt
  /// controller's pins come first, the messages of devices later.
  public var isLate: Bool

  public struct Entry: Hashable, Sendable {
    public var vector: UInt8
    /// The local APIC, or several of them by bit in logical mode.
    public var destination: UInt32
    /// Who may send; an IOAPIC has the source-id of its device scope.
    public var source: SourceID

    public init(vector: UInt8, destination: UInt32, source: SourceID) {
      self.vector = vector
      self.destination = destination
      self.source = source
    }
  }

  public init(index: Int, entry: Entry?, isLate: Bool = false) {
    self.index = index
    self.entry = entry
    self.isLate = isLate
  }
}

/// Interrupt remapping (drivers/iommu/intel/irq_remapping.c).
extension IntelIOMMUDriver {
  /// INTR_REMAP_TABLE_REG_SIZE: 2^(15+1) entries.
  static let interruptTableSize: UInt64 = 0xf

  /// intel_setup_irq_remapping: memory for the table, then the queue.
  func setUpInterruptRemapping(of unit: IntelIOMMU) throws(DriverError) {
    let entries: UInt64 = 2 << Self.interruptTableSize
    let size = entries * InterruptEntry.byteCount
    unit.interruptTable = try allocatePages(Int(size / Paging.pageSize))
    stopQueue(of: unit)
    try enableQueue(of: unit)
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
      try flushInterruptEntries(of: unit)
    }
    guard unit.startsRemapping else { return }
    kernel.locked(unit.registerLock, .irqsave) { unit.command(.interruptRemapping) }
  }

  /// Changes entries of the first unit, in order.
  func change(_ changes: [InterruptEntryChange]) throws(DriverError) {
    guard let unit = units.first else { return }
    for change in changes {
      if change.entry != nil, unit.interruptTable != nil { allocateInterruptEntry() }
      guard change.isLate else {
        try self.change(change, of: unit)
        continue
      }
      // The device's driver asks for it.
      try requestingInterrupt { () throws(DriverError) in try self.change(change, of: unit) }
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
    try kernel.locked(coreLocks.interruptEntries, .irqsave) { () throws(DriverError) in
      try store(entry.low, at: address)
      try store(entry.high, at: address + 8)
      try flushInterruptEntries(change.index, of: unit)
    }
  }

  /// alloc_irte, which finds a free entry; the scenario says which.
  private func allocateInterruptEntry() {
    kernel.call("intel_irq_remapping_alloc") {
      let global = lockBehaviour.interruptAllocation == .on ? coreLocks.global : nil
      kernel.locked(global, .shared) {
        kernel.locked(coreLocks.interruptEntries, .irqsave) {}
      }
    }
  }
}
