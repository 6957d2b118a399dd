import Testing
import VTdFormats

struct FaultReasonTests {
  @Test("Each code has one row, and rows ascend")
  func rowsAscend() {
    let codes = FaultReason.rows.map(\.reason.rawValue)
    #expect(codes == Set(codes).sorted())
  }

  /// A named set and the codes that it stands for.
  struct SetCase: CustomTestStringConvertible, Sendable {
    let name: String
    let set: Set<FaultReason>
    let codes: Set<UInt8>
    var testDescription: String { name }
  }

  static let sets = [
    SetCase(name: "pageMissing", set: FaultReason.pageMissing, codes: [0x05, 0x06, 0x71, 0x79]),
    SetCase(
      name: "pageNotPermitted", set: FaultReason.pageNotPermitted,
      codes: [0x05, 0x06, 0x79, 0x85, 0x86]),
    SetCase(
      name: "pageRefused", set: FaultReason.pageRefused,
      codes: [0x05, 0x06, 0x71, 0x79, 0x85, 0x86]),
    SetCase(
      name: "functionMissing", set: FaultReason.functionMissing, codes: [0x01, 0x02, 0x39, 0x41]),
    SetCase(
      name: "legacyFunctionMissing", set: FaultReason.legacyFunctionMissing, codes: [0x01, 0x02]),
    SetCase(
      name: "tablesMissing", set: FaultReason.tablesMissing,
      codes: [0x01, 0x02, 0x39, 0x41, 0x51, 0x59]),
    SetCase(
      name: "notAttached", set: FaultReason.notAttached, codes: [0x01, 0x02, 0x39, 0x41, 0x59]),
    SetCase(
      name: "nothingMapped", set: FaultReason.nothingMapped,
      codes: [0x01, 0x02, 0x05, 0x06, 0x39, 0x41, 0x59, 0x71, 0x79]),
    SetCase(
      name: "detachedOrUnmapped", set: FaultReason.detachedOrUnmapped,
      codes: [0x02, 0x05, 0x06, 0x41, 0x59, 0x71, 0x79]),
    SetCase(
      name: "pageEntryReserved", set: FaultReason.pageEntryReserved, codes: [0x0c, 0x72, 0x7a]),
    SetCase(
      name: "scalableEntryWrong", set: FaultReason.scalableEntryWrong,
      codes: [0x3a, 0x42, 0x43, 0x52, 0x5a, 0x5b]),
    SetCase(
      name: "interruptEntryWrong", set: FaultReason.interruptEntryWrong,
      codes: [0x20, 0x21, 0x22, 0x23, 0x24, 0x26]),
  ]

  @Test("A named set holds the codes that the specification's tables give it", arguments: sets)
  func namedSets(_ test: SetCase) {
    #expect(Set(test.set.map(\.rawValue)) == test.codes)
  }

  @Test("A structure that cannot be read is a fault for a translation request too")
  func readFailuresAreRecorded() {
    for row in FaultReason.rows where row.problem == .unreadable {
      #expect(!row.isAnswered, "\(row.reason)")
    }
  }
}
