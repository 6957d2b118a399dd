/// The table dump behind a fault. Entries are read with all their digits or not at all.
package enum DumpForms {
  private static func row(
    _ words: StaticString, _ make: @escaping @Sendable (FormValues) -> DumpLine
  ) -> LineForm {
    LineForm(.driver, words) { .dump(make($0)) }
  }

  private static func stop(
    _ words: StaticString, _ era: LineForm.Era = .always,
    _ make: @escaping @Sendable (FormValues) -> DumpStop
  ) -> LineForm {
    LineForm(.driver, words, era) { .dump(.stop(make($0))) }
  }

  static let rows: [LineForm] = [
    row("Dump %u table entries for IOVA %#llx") { .header(unit: $0[0], address: $0[1]) },
    // 5.16 prints it without a newline; the next record ends the line instead.
    row("root entry: 0x%016llx") { .rootEntry(low: $0[0]) },
    row("scalable mode root entry: hi 0x%016llx, low 0x%016llx") {
      .scalableRootEntry(high: $0[0], low: $0[1])
    },
    row("context entry: hi 0x%016llx, low 0x%016llx") { .contextEntry(high: $0[0], low: $0[1]) },
    row("pasid dir entry: 0x%016llx") { .pasidDirectoryEntry($0[0]) },
    row("pasid table entry[%2d]: 0x%016llx") { .pasidTableEntry(index: $0[0], value: $0[1]) },
    row("pte level: %1d, pte value: 0x%016llx") { .pageTableEntry(level: $0[0], value: $0[1]) },
    stop("root table entry is not present", .dump(.original)) { _ in .noRootTable },
    stop("root table is not present", .dump(.revised)) { _ in .noRootTable },
    stop("context table entry is not present", .dump(.original)) { _ in .noContextTable },
    stop("context table is not present", .dump(.revised)) { _ in .noContextTable },
    stop("legacy mode page table is not present") { _ in .noLegacyPageTable },
    stop("pasid directory entry is not present", .dump(.original)) { _ in .noPASIDDirectory },
    stop("pasid directory table is not present", .dump(.revised)) { _ in .noPASIDDirectory },
    stop("pasid table entry is not present", .dump(.original)) { _ in .noPASIDTable },
    stop("pasid table is not present", .dump(.revised)) { _ in .noPASIDTable },
    stop("scalable mode page table is not present") { _ in .noScalablePageTable },
    stop("PTE not present at level %1d", .dump(.original)) { .entryNotPresent(level: $0[0]) },
    // The revised line names the missing table, one level below the entry.
    stop("page table not present at level %2$1d", .dump(.revised)) {
      .entryNotPresent(level: $0[1] + 1)
    },
    stop("device [%b] not probed") { .deviceNotProbed($0[0]) },
    stop("no page table setup") { _ in .noPageTableSetUp },
  ]

  /// The wording that a line tells: that of the stops that one wording knows alone, or has in words
  /// of its own.
  package static func wording(of found: (line: DriverLine, form: LineForm)) -> DumpWording? {
    if case .dump(let wording) = found.form.era { return wording }
    guard case .dump(.stop(let stop)) = found.line else { return nil }
    switch stop {
    case .noLegacyPageTable, .noScalablePageTable: return .revised
    case .deviceNotProbed, .noPageTableSetUp: return .original
    default: return nil
    }
  }
}

extension DumpLine {
  var values: FormValues {
    switch self {
    case .header(let unit, let address): FormValues(unit, address)
    case .rootEntry(let value), .pasidDirectoryEntry(let value): FormValues(value)
    case .scalableRootEntry(let high, let low), .contextEntry(let high, let low):
      FormValues(high, low)
    case .pasidTableEntry(let number, let value), .pageTableEntry(let number, let value):
      FormValues(number, value)
    case .stop(.entryNotPresent(let level)): FormValues(level, level - 1)
    case .stop(.deviceNotProbed(let source)): FormValues(source)
    case .stop: FormValues()
    }
  }

  /// The line without `DMAR: `.
  public func body(_ wording: DumpWording) -> String {
    DriverLine.dump(self).words(LineGenerations(dump: wording))
  }
}
