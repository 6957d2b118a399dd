internal import KernelProfiles
internal import PCI
internal import VTdFormats

/// What the files below `/sys/kernel/debug/iommu/intel` hold: what the driver shows of its units and
/// tables.
public enum DebugfsFile: String, CaseIterable, Hashable, Sendable {
  case registers = "iommu_regset"
  case translationStructures = "dmar_translation_struct"
  case domainTranslations = "domain_translation_struct"
  case interruptEntries = "ir_translation_struct"
  case invalidationQueue = "invalidation_queue"
}

/// One of those files.
public struct DebugfsEntry: Hashable, Sendable {
  /// Its path below the folder of the driver.
  public let path: String
  public let lines: [String]
}

extension IntelIOMMUDriver {
  /// The lines of all files of one kind.
  func debugfs(_ file: DebugfsFile) -> [String] {
    debugfsBudget = DebugfsBudget()
    return lines(of: file) + debugfsBudget.remarks()
  }

  private func lines(of file: DebugfsFile) -> [String] {
    switch file {
    case .registers: units.flatMap(registerSet)
    case .translationStructures: units.flatMap(translationStructures)
    case .domainTranslations:
      hasDeviceFiles ? probed.flatMap { translations(of: $0.address) } : domainTranslations()
    case .interruptEntries: interruptEntries()
    case .invalidationQueue: units.flatMap(queueContents)
    }
  }

  /// All files.
  var debugfsEntries: [DebugfsEntry] {
    debugfsBudget = DebugfsBudget()
    return DebugfsFile.allCases.flatMap { file -> [DebugfsEntry] in
      if file == .domainTranslations, hasDeviceFiles {
        return probed.map { function in
          let lines = translations(of: function.address)
          return DebugfsEntry(
            path: "\(function.address)/\(file.rawValue)", lines: lines + debugfsBudget.remarks())
        }
      }
      let lines = lines(of: file)
      return [DebugfsEntry(path: file.rawValue, lines: lines + debugfsBudget.remarks())]
    }
  }

  private var hasDeviceFiles: Bool { kernel.build.behaviour.driver.hasDeviceFiles }

  func padded(_ value: UInt64) -> String { "0x" + hex(value, digits: 16) }
}
