internal import KernelProfiles
internal import KernelRuntime
internal import VTdFormats

/// What the driver switches on and off in a unit, command by command.
final class UnitSwitches {
  private let kernel: KernelContext
  private let faults: FaultReporter
  private let functionTable: FunctionTable
  /// `iommu_skip_te_disable`: a graphics device is there that must not lose its translation.
  var keepsGraphicsTranslation = false

  init(in kernel: KernelContext, faults: FaultReporter, functionTable: FunctionTable) {
    self.kernel = kernel
    self.faults = faults
    self.functionTable = functionTable
  }

  /// iommu_set_root_entry.
  func setRootTable(of unit: IntelIOMMU) {
    guard let root = unit.rootTable else { return }
    var pointer = RootTableAddress()
    pointer[inPlace: .rootTable] = root.rawValue
    let mode: TranslationTableMode = unit.isScalable ? .scalable : .legacy
    pointer[.translationTableMode] = UInt64(mode.rawValue)
    kernel.locked(unit.registerLock, .irqsave) {
      unit.port.write64(pointer.rawValue, at: RegisterOffset.rtaddr)
      unit.command(.setRootTable)
    }
  }

  /// What an earlier kernel left: faults are told and cleared, the queue is switched off
  /// (dmar_fault, dmar_disable_qi).
  func stopQueue(of unit: IntelIOMMU) {
    faults.handleFaults(of: unit)
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

  /// iommu_disable_translation does nothing for a unit of graphics alone whose device would hang.
  private func keepsTranslation(of unit: IntelIOMMU) -> Bool {
    keepsGraphicsTranslation && functionTable.coversGraphicsOnly(unit)
      && (unit.capability[flag: .readDraining] || unit.capability[flag: .writeDraining])
  }

  /// iommu_disable_protect_mem_regions: what firmware kept from all DMA until units translate.
  func disableProtectedRegions(of unit: IntelIOMMU) {
    guard
      unit.capability[flag: .protectedLowMemory] || unit.capability[flag: .protectedHighMemory]
    else { return }
    kernel.locked(unit.registerLock, .irqsave) {
      var enable = ProtectedMemoryEnable(rawValue: unit.port.read32(at: RegisterOffset.pmen))
      enable[flag: .enable] = false
      unit.port.write32(enable.rawValue, at: RegisterOffset.pmen)
      let after = ProtectedMemoryEnable(rawValue: unit.port.read32(at: RegisterOffset.pmen))
      if after[flag: .status] { unit.confirmsNothing() }
    }
  }
}
