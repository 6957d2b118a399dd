internal import PCI
internal import ScenarioFormat
internal import VTdFormats

extension RecordExpectation {
  /// What is not as expected, one sentence each.
  func mismatches(_ record: FaultRecord, place: Int) -> [String] {
    var mismatches: [String] = []
    func check<Value: Equatable & CustomStringConvertible>(
      _ what: String, _ actual: Value, _ wanted: Value?
    ) {
      guard let wanted, actual != wanted else { return }
      mismatches.append(
        "the \(what) of fault record \(place) is \(actual); \(wanted) was expected")
    }
    check("source-id", record.source, source)
    check("reason", record.reason, reason)
    check("cause", record.reason.meaning ?? "unknown", cause)
    if record.reason.isInterruptRemapping {
      check("interrupt index", record.interruptIndex, index)
      return mismatches
    }
    check("type", Self.name(record.type), type.map(Self.name))
    check("address", record.address, address)
    check("PASID", record.pasid.map { "\($0)" } ?? "none", pasid.map { "\($0)" } ?? "none")
    check("privilege", record[flag: .privilege], isPrivileged)
    check("execution", record[flag: .execute], isExecute)
    check("address type", record[.addressType], addressType.map { UInt64($0.rawValue) })
    return mismatches
  }

  private static func name(_ type: FaultRequestType) -> String {
    types.first { $0.value == type }?.name ?? "unknown"
  }

  /// What differs between the records of a run and those that are expected.
  static func compare(_ records: [FaultRecord], with expected: [RecordExpectation]) -> [String] {
    if records.count != expected.count {
      let list = records.map { "\($0.source) \($0.reason)" }.joined(separator: ", ")
      return [
        "\(records.count) faults were recorded (\(list)); \(expected.count) were expected"
      ]
    }
    return zip(records, expected).enumerated().flatMap { place, pair in
      pair.1.mismatches(pair.0, place: place)
    }
  }
}
