internal import PCI
public import VTdFormats

/// A fault record that a scenario expects, by what it says; what is not given may be anything but a
/// PASID, which must be given where there is one.
public struct RecordExpectation: Hashable, Sendable {
  public var source: SourceID
  public var reason: FaultReason
  /// The unit's words for the reason.
  public var cause: String?
  public var type: FaultRequestType?
  public var address: IOVA?
  /// For interrupt requests.
  public var index: UInt16?
  public var pasid: PASID?
  public var isPrivileged: Bool
  public var isExecute: Bool
  public var addressType: AddressType?

  static let schema = Section(
    name: "record",
    fields: [
      Field("device", .form(.device), required: true, "the source-id"),
      Field("reason", .integer(0...0xff), required: true, "the fault reason"),
      Field("cause", .text, "what the reason means, as dmar decode reason says it"),
      Field("type", .oneOf(types.map(\.name)), "what the request wanted (T1 and T2)"),
      Field("address", .integer(0...(.max)), "the page"),
      Field("index", .integer(0...0xffff), "the interrupt index, for the reasons 0x20 to 0x28"),
      Field("pasid", .integer(0...0xf_ffff), "the PASID; none unless given"),
      Field("privileged", .boolean, "supervisor privilege was asked for"),
      Field("execute", .boolean, "execute permission was asked for"),
      Field("at", .oneOf(AddressTypeNames.all), "the address type"),
    ])

  private static let types: [(name: String, type: FaultRequestType)] = [
    ("read", .read), ("write", .write), ("atomic", .atomic), ("page-request", .pageRequest),
  ]

  init(from section: CheckedValue) throws {
    source = try section.required("device").address().sourceID
    reason = FaultReason(rawValue: try section.required("reason").integer(as: UInt8.self))
    cause = try section["cause"]?.text()
    let name = try section["type"]?.text()
    type = Self.types.first { $0.name == name }?.type
    address = try section["address"].map { IOVA(rawValue: try $0.integer()) }
    index = try section["index"]?.integer(as: UInt16.self)
    pasid = try section["pasid"].map { PASID(rawValue: try $0.integer(as: UInt32.self)) }
    isPrivileged = try section["privileged"]?.boolean() ?? false
    isExecute = try section["execute"]?.boolean() ?? false
    addressType = try section["at"].map { AddressTypeNames.type(named: try $0.text()) }
  }

  /// What is not as expected, one sentence each.
  func mismatches(_ record: FaultRecord, place: Int) -> [String] {
    var mismatches: [String] = []
    func check<Value: Equatable>(_ what: String, _ actual: Value, _ wanted: Value?) {
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
    types.first { $0.type == type }?.name ?? "unknown"
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
