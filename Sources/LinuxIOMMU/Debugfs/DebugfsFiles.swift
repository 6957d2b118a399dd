internal import KernelProfiles
internal import KernelRuntime
internal import PCI
internal import VTdFormats

extension Debugfs {
  /// The lines of all files of one kind.
  func lines(_ file: DebugfsFile) -> [String] {
    budget = DebugfsBudget()
    return lines(of: file) + budget.remarks()
  }

  private func lines(of file: DebugfsFile) -> [String] {
    switch file {
    case .registers: functionTable.units.flatMap(registerSet)
    case .translationStructures: functionTable.units.flatMap(translationStructures)
    case .domainTranslations:
      hasDeviceFiles
        ? functionTable.shown.flatMap { translations(of: $0) } : domainTranslations()
    case .interruptEntries: interruptEntries()
    case .invalidationQueue: functionTable.units.flatMap(queueContents)
    case .latencies: functionTable.units.flatMap(latencies)
    }
  }

  /// All files.
  var entries: [DebugfsEntry] {
    budget = DebugfsBudget()
    return DebugfsFile.allCases.flatMap { file -> [DebugfsEntry] in
      if file == .latencies, kernel.build.behaviour.latencyFile == .absent { return [] }
      if file == .domainTranslations, hasDeviceFiles {
        return functionTable.shown.map { function in
          let lines = translations(of: function)
          return DebugfsEntry(
            path: "\(function)/\(file.rawValue)", lines: lines + budget.remarks())
        }
      }
      let lines = lines(of: file)
      return [DebugfsEntry(path: file.rawValue, lines: lines + budget.remarks())]
    }
  }

  private var hasDeviceFiles: Bool { kernel.build.behaviour.driver.hasDeviceFiles }
}
