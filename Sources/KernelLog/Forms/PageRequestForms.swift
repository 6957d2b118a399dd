/// What the driver prints about page requests. None has the driver's prefix.
enum PageRequestForms {
  private static func row(
    _ words: StaticString, level: LogLevel = .error,
    _ make: @escaping @Sendable (FormValues) -> PageRequestLine
  ) -> LineForm {
    LineForm(.bare, words, level: level) { .pageRequest(make($0)) }
  }

  private static func words(_ values: FormValues) -> PageRequestLine.Words {
    PageRequestLine.Words(low: values[1], high: values[2])
  }

  static let rows: [LineForm] = [
    row("%u: Page request without PASID: %08llx %08llx") { .withoutPASID(unit: $0[0], words($0)) },
    row("IOMMU: %u: Page request without PASID") { .withoutPASID(unit: $0[0], nil) },
    row("IOMMU: %u: Address is not canonical") { .notCanonical(unit: $0[0]) },
    row("IOMMU: %u: Page request in Privilege Mode") { .privileged(unit: $0[0]) },
    row("Unexpected page request in Privilege Mode") { _ in .privileged(unit: nil) },
    row("IOMMU: %u: Execution request not supported") { .execute(unit: $0[0]) },
    row("Execution request not supported") { _ in .execute(unit: nil) },
    row("%u: Page request for invalid PASID %4$d%|: %2$08llx %3$08llx") {
      .unknownPASID(unit: $0[0], pasid: $0[3], words($0))
    },
    row("%u: Invalid page request%|: %08llx %08llx") { .invalid(unit: $0[0], words($0)) },
    row("IOMMU: %u: PRQ overflow detected", level: .info) { .overflow(unit: $0[0]) },
    row("IOMMU: %u: PRQ overflow cleared", level: .info) { .overflowCleared(unit: $0[0]) },
  ]
}

extension PageRequestLine {
  var values: FormValues {
    switch self {
    case .withoutPASID(let unit, let words): FormValues(unit, words?.low, words?.high)
    case .notCanonical(let unit), .overflow(let unit), .overflowCleared(let unit):
      FormValues(unit)
    case .privileged(let unit), .execute(let unit): FormValues(unit)
    case .unknownPASID(let unit, let pasid, let words):
      FormValues(unit, words.low, words.high, pasid)
    case .invalid(let unit, let words): FormValues(unit, words.low, words.high)
    }
  }
}
