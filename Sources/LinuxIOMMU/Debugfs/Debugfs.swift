internal import KernelRuntime
internal import PhysicalMemory
internal import VTdFormats

/// What the files below `/sys/kernel/debug/iommu/intel` hold: what the driver shows of its units and
/// tables.
public enum DebugfsFile: String, CaseIterable, Hashable, Sendable {
  /// Each unit's registers.
  case registers = "iommu_regset"
  /// The tables of every device, down to context and PASID entries.
  case translationStructures = "dmar_translation_struct"
  /// The pages that each domain maps.
  case domainTranslations = "domain_translation_struct"
  /// The interrupt entries in use.
  case interruptEntries = "ir_translation_struct"
  /// Each unit's invalidation queue with its descriptors.
  case invalidationQueue = "invalidation_queue"
  /// How long invalidations took.
  case latencies = "dmar_perf_latency"
}

/// One of those files.
public struct DebugfsEntry: Hashable, Sendable {
  /// Its path below the folder of the driver.
  public let path: String
  /// What is printed.
  public let lines: [String]
}

/// The files of one driver.
final class Debugfs {
  let kernel: KernelContext
  let tables: TableMemory
  let functionTable: FunctionTable
  /// What is left for the files that are being written.
  var budget = DebugfsBudget()

  init(kernel: KernelContext, tables: TableMemory, functionTable: FunctionTable) {
    self.kernel = kernel
    self.tables = tables
    self.functionTable = functionTable
  }

  /// Whether a table lies in memory; one that does not is told at the end of the file.
  func isInMemory(_ table: UInt64) -> Bool {
    if tables.memory.load64(PhysicalAddress(rawValue: table)) != nil { return true }
    budget.note(outside: table)
    return false
  }

  func padded(_ value: UInt64) -> String { "0x" + hex(value, digits: 16) }
}
