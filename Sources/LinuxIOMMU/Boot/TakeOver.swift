internal import KernelLog
internal import KernelProfiles
internal import KernelRuntime
internal import VTdFormats

/// What another kernel left switched on: taken over by a crash kernel, switched off by any other.
extension BringUp {
  /// A new root table, which a crash kernel fills with copies of the context tables that the crashed
  /// one had: devices that nobody stopped go on with their old mappings.
  func makeRootTable(
    of unit: IntelIOMMU, isCrashKernel: Bool, isTold: Bool
  ) throws(DriverError) {
    let takeOver = kernel.build.behaviour.takeOver
    var isOn = GlobalStatus(rawValue: unit.port.read32(at: RegisterOffset.gsts))[flag: .translation]
    if isOn, !isCrashKernel || takeOver == .none {
      switches.disableTranslation(of: unit)
      isOn = false
      // Kernels that copy nothing say nothing.
      if takeOver != .none, isTold {
        kernel.announce(.translationNotKdump(unit: unit.number))
      }
    }
    let root = try tables.allocatePage()
    unit.rootTable = root
    guard isOn else { return }
    let number = unit.number
    if isTold { kernel.announce(.translationAlreadyEnabled) }
    if try copyTables(of: unit, to: root) {
      unit.hasInheritedTables = true
      if isTold { kernel.announce(.translationTablesCopied(unit: number)) }
    } else {
      if isTold { kernel.announce(.translationTablesNotCopied(unit: number)) }
      switches.disableTranslation(of: unit)
    }
  }

  /// copy_translation_tables; false where the old tables are of the other mode, which cannot be
  /// changed while the unit translates.
  private func copyTables(of unit: IntelIOMMU, to root: PhysicalAddress) throws(DriverError)
    -> Bool
  {
    let old = RootTableAddress(rawValue: unit.port.read64(at: RegisterOffset.rtaddr))
    let wasScalable = old.mode == .scalable
    guard wasScalable == unit.isScalable, old[inPlace: .rootTable] != 0 else { return false }
    if wasScalable, kernel.build.behaviour.takeOver == .legacy { return false }
    for bus in UInt64(0)..<256 {
      let entry = old[inPlace: .rootTable] &+ bus * RootEntry.byteCount
      let slot = root.rawValue + bus * RootEntry.byteCount
      // The halves of a scalable entry are laid out alike; a legacy entry has the first alone.
      let halves = wasScalable ? [0, 1] : [0]
      var isFirst = true
      for half in halves {
        let offset = UInt64(half) * RootEntry.byteCount / 2
        let oldHalf = RootEntry(low: tables.load(entry + offset), high: 0)
        guard oldHalf[flag: .present] else { continue }
        let table = try copyContexts(
          of: unit, from: oldHalf[inPlace: .contextTable], bus: UInt8(bus),
          isUpper: half == 1, isScalable: wasScalable)
        var copy = RootEntry()
        copy[inPlace: .contextTable] = table.rawValue
        copy[flag: .present] = true
        // The first table found goes to the first place, in kernels that do not keep count.
        let isMisplaced = kernel.build.behaviour.takeOver == .misplacedHalf && isFirst
        try tables.store(copy.low, at: slot + (isMisplaced ? 0 : offset))
        isFirst = false
      }
    }
    return true
  }

  /// copy_context_table: entries that are present, the first 128 bits of each.
  private func copyContexts(
    of unit: IntelIOMMU, from old: UInt64, bus: UInt8, isUpper: Bool, isScalable: Bool
  ) throws(DriverError) -> PhysicalAddress {
    let table = try tables.allocatePage()
    let count = isScalable ? 128 : 256
    let width = isScalable ? ScalableContextEntry.byteCount : ContextEntry.byteCount
    for index in 0..<count {
      let offset = UInt64(index) * width
      var entry = ContextEntry(low: tables.load(old + offset), high: tables.load(old + offset + 8))
      guard entry[flag: .present] else { continue }
      let devfn = UInt8(index + (isUpper ? 128 : 0))
      unit.inherited.insert(SourceID(bus: bus, devfn: devfn))
      // Before scalable tables were copied, the entry itself was marked, in a bit for software.
      if kernel.build.behaviour.takeOver == .legacy { entry[.available] = 1 }
      try tables.store(entry.high, at: table.rawValue + offset + 8)
      try tables.store(entry.low, at: table.rawValue + offset)
    }
    return table
  }

  /// intel_iommu_shutdown, before another kernel is started in the ordinary way. Interrupts stay
  /// remapped.
  func shutDown() {
    guard kernel.build.behaviour.shutdown == .turnsOff else { return }
    guard domains.options.isOn else { return }
    for unit in ordered { switches.disableProtectedRegions(of: unit) }
    for unit in ordered where unit.rootTable != nil { switches.disableTranslation(of: unit) }
  }
}
