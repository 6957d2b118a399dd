internal import KernelLog
internal import KernelProfiles
internal import VTdFormats

/// What another kernel left switched on: taken over by a crash kernel, switched off by any other.
extension IntelIOMMUDriver {
  /// A new root table, which a crash kernel fills with copies of the context tables that the crashed
  /// one had: devices that nobody stopped go on with their old mappings.
  func makeRootTable(
    of unit: IntelIOMMU, isCrashKernel: Bool, isTold: Bool
  ) throws(DriverError) {
    let takeOver = kernel.build.behaviour.takeOver
    var isOn = GlobalStatus(rawValue: unit.port.read32(at: RegisterOffset.gsts))[flag: .translation]
    if isOn, !isCrashKernel || takeOver == .none {
      disableTranslation(of: unit)
      isOn = false
      // Kernels that copy nothing say nothing.
      if takeOver != .none, isTold, let number = index(of: unit) {
        announce(.translationNotKdump(unit: number))
      }
    }
    let root = try allocatePage()
    unit.rootTable = root
    guard isOn, let number = index(of: unit) else { return }
    if isTold { announce(.translationAlreadyEnabled) }
    if try copyTables(of: unit, to: root) {
      unit.hasInheritedTables = true
      if isTold { announce(.translationTablesCopied(unit: number)) }
    } else {
      if isTold { announce(.translationTablesNotCopied(unit: number)) }
      disableTranslation(of: unit)
    }
  }

  /// copy_translation_tables; false where the old tables are of the other mode, which cannot be
  /// changed while the unit translates.
  private func copyTables(of unit: IntelIOMMU, to root: PhysicalAddress) throws(DriverError)
    -> Bool
  {
    let old = RootTableAddress(rawValue: unit.port.read64(at: RegisterOffset.rtaddr))
    let wasScalable = old.mode == .scalable
    guard wasScalable == isScalable(unit), old[inPlace: .rootTable] != 0 else { return false }
    if wasScalable, kernel.build.behaviour.takeOver == .legacy { return false }
    for bus in UInt64(0)..<256 {
      let entry = old[inPlace: .rootTable] &+ bus * RootEntry.byteCount
      let slot = root.rawValue + bus * RootEntry.byteCount
      // The halves of a scalable entry are laid out alike; a legacy entry has the first alone.
      let halves = wasScalable ? [0, 1] : [0]
      var isFirst = true
      for half in halves {
        let offset = UInt64(half) * RootEntry.byteCount / 2
        let oldHalf = RootEntry(low: load(entry + offset), high: 0)
        guard oldHalf[flag: .present] else { continue }
        let table = try copyContexts(
          of: unit, from: oldHalf[inPlace: .contextTable], bus: UInt8(bus),
          isUpper: half == 1, isScalable: wasScalable)
        var copy = RootEntry()
        copy[inPlace: .contextTable] = table.rawValue
        copy[flag: .present] = true
        // The first table found goes to the first place, in kernels that do not keep count.
        let isMisplaced = kernel.build.behaviour.takeOver == .misplacedHalf && isFirst
        try store(copy.low, at: slot + (isMisplaced ? 0 : offset))
        isFirst = false
      }
    }
    return true
  }

  /// copy_context_table: entries that are present, the first 128 bits of each.
  private func copyContexts(
    of unit: IntelIOMMU, from old: UInt64, bus: UInt8, isUpper: Bool, isScalable: Bool
  ) throws(DriverError) -> PhysicalAddress {
    let table = try allocatePage()
    let count = isScalable ? 128 : 256
    let width = isScalable ? ScalableContextEntry.byteCount : ContextEntry.byteCount
    for index in 0..<count {
      let offset = UInt64(index) * width
      var entry = ContextEntry(low: load(old + offset), high: load(old + offset + 8))
      guard entry[flag: .present] else { continue }
      let devfn = UInt8(index + (isUpper ? 128 : 0))
      unit.inherited.insert(SourceID(rawValue: UInt16(bus) << 8 | UInt16(devfn)))
      // Before scalable tables were copied, the entry itself was marked, in a bit for software.
      if kernel.build.behaviour.takeOver == .legacy { entry[.available] = 1 }
      try store(entry.high, at: table.rawValue + offset + 8)
      try store(entry.low, at: table.rawValue + offset)
    }
    return table
  }

  // MARK: Interrupts

  /// Interrupt remapping that was on: a crash kernel copies the table, any other switches it off.
  /// Answers whether the unit goes on remapping.
  func inheritInterrupts(
    of unit: IntelIOMMU, isCrashKernel: Bool, isTold: inout Bool
  ) throws(DriverError) -> Bool {
    let status = GlobalStatus(rawValue: unit.port.read32(at: RegisterOffset.gsts))
    guard status[flag: .interruptRemapping], let number = index(of: unit) else { return false }
    let behaviour = kernel.build.behaviour
    guard isCrashKernel, behaviour.takeOver != .none else {
      if behaviour.takeOver != .none, isTold {
        announce(.interruptRemappingNotKdump(unit: number))
        if behaviour.remappingFound == .once { isTold = false }
      }
      try flushInterruptEntries(of: unit)
      disable(.interruptRemapping, of: unit)
      return false
    }
    let isCopied = try copyInterruptTable(of: unit)
    if isTold {
      announce(
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
      let word = load(old[inPlace: .address] &+ offset)
      if word != 0 { try store(word, at: table.rawValue + offset) }
    }
    return true
  }

  // MARK: Switching off

  /// What an earlier kernel left: faults are told and cleared, the queue is switched off
  /// (dmar_fault, dmar_disable_qi).
  func stopQueue(of unit: IntelIOMMU) {
    handleFaults(of: unit)
    let status = GlobalStatus(rawValue: unit.port.read32(at: RegisterOffset.gsts))
    if status[flag: .queuedInvalidation] { disable(.queuedInvalidation, of: unit) }
  }

  /// Takes one bit out of the global command.
  func disable(_ bit: BitField<GlobalCommand>, of unit: IntelIOMMU) {
    kernel.locked(unit.registerLock, .irqsave) { unit.command(bit, on: false) }
  }

  /// iommu_disable_translation.
  func disableTranslation(of unit: IntelIOMMU) {
    if !keepsTranslation(of: unit) { disable(.translation, of: unit) }
  }

  /// The same for each that translates.
  func stopTranslation(of units: [IntelIOMMU]) {
    for unit in units {
      let status = GlobalStatus(rawValue: unit.port.read32(at: RegisterOffset.gsts))
      if status[flag: .translation] { disableTranslation(of: unit) }
    }
  }

  /// intel_iommu_shutdown, before another kernel is started in the ordinary way. Interrupts stay
  /// remapped.
  func shutDown() {
    guard kernel.build.behaviour.shutdown == .turnsOff else { return }
    guard options.isOn else { return }
    for unit in ordered { disableProtectedRegions(of: unit) }
    for unit in ordered where unit.rootTable != nil { disableTranslation(of: unit) }
  }
}
