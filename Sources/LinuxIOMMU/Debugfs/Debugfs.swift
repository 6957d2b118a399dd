internal import VTdFormats

/// The files below `/sys/kernel/debug/iommu/intel`: what the driver shows of its units and tables.
public enum DebugfsFile: String, CaseIterable, Hashable, Sendable {
  case registers = "iommu_regset"
  case translationStructures = "dmar_translation_struct"
  case domainTranslations = "domain_translation_struct"
  case interruptEntries = "ir_translation_struct"
}

extension IntelIOMMUDriver {
  /// The lines of a file.
  func debugfs(_ file: DebugfsFile) -> [String] {
    switch file {
    case .registers: units.flatMap(registerSet)
    case .translationStructures: units.flatMap(translationStructures)
    case .domainTranslations: domainTranslations()
    case .interruptEntries: interruptEntries()
    }
  }

  func padded(_ value: UInt64) -> String { "0x" + hex(value, digits: 16) }
}
