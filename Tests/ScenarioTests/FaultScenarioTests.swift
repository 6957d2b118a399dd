import Foundation
import Machine
import Scenario
import ScenarioFormat
import TestSupport
import Testing
import VTdFormats

@Suite("The scenarios of the fault reasons")
struct FaultScenarioTests {
  /// By fault reason, from the first digits of the file's name.
  static let files: [UInt8: [String]] = {
    let all = (try? ScenarioFiles.files(below: Repository.path("Configs/faults"))) ?? []
    return Dictionary(
      grouping: all.filter { ($0 as NSString).lastPathComponent.hasPrefix("0x") }
    ) {
      UInt8(($0 as NSString).lastPathComponent.dropFirst(2).prefix(2), radix: 16) ?? 0
    }
  }()

  /// What hardware has codes for (VT-d specification 7.1.3).
  static let codes: [ClosedRange<UInt8>] = [
    0x01...0x0e, 0x20...0x28, 0x30...0x32, 0x38...0x3a, 0x40...0x48, 0x50...0x52, 0x58...0x5d,
    0x70...0x7c, 0x80...0x87, 0x90...0x91,
  ]

  @Test("each fault reason has a scenario, and no scenario is of a reason that does not exist")
  func complete() {
    let codes = Set(Self.codes.flatMap { $0 })
    #expect(Set(Self.files.keys) == codes)
    #expect(Set(FaultReason.known.map(\.reason.rawValue)) == codes)
  }

  @Test(
    "the scenario of a fault reason expects the record, the kernel's line and the cause",
    arguments: files.keys.sorted())
  func record(_ code: UInt8) throws {
    for file in Self.files[code] ?? [] {
      let scenario = try ScenarioLoader().load(file)
      guard case .finished(let run) = try ScenarioRun.run(scenario) else { continue }
      let expected = try #require(scenario.expectation.records, "\(file)")
      if code == 0x91 {
        // Nothing that a scenario programs raises it, and the scenario says why.
        #expect(expected.isEmpty && run.machine.faultRecords.isEmpty)
        #expect(scenario.summary.contains("0x91"))
        continue
      }
      #expect(expected.map(\.reason.rawValue) == [code], "\(file)")
      #expect(run.machine.faultRecords.map(\.reason.rawValue) == [code], "\(file)")
      #expect(expected.allSatisfy { $0.cause == $0.reason.meaning }, "\(file)")
      // The kernel prints the code in three forms, by age and by kind.
      let line = "[fault reason 0x\(hex(UInt64(code), digits: 2))]"
      #expect(scenario.expectation.contains.contains { $0.hasPrefix(line) }, "\(file)")
    }
  }

  /// A scenario's DMA of another device, or of another page, meets other entries: the record follows.
  @Test(
    "another device or page changes the record, not the rules",
    arguments: [
      ("0x05-write-not-permitted", "device=\"00:03.1\"", 0x02),
      ("0x05-write-not-permitted", "device=\"01:00.0\"", 0x01),
      ("0x05-write-not-permitted", "address=0x40001000", 0x05),
      ("0x05-write-not-permitted", "access=read", nil),
      ("0x06-read-not-permitted", "address=0x8040001000", 0x06),
      ("0x06-read-not-permitted", "access=write", nil),
      ("0x04-address-beyond-width", "address=0xfffffffff000", 0x06),
      ("0x79-second-stage-not-present", "address=0x8040000000", 0x79),
      ("0x79-second-stage-not-present", "device=\"00:13.0\"", 0x39),
      ("0x79-second-stage-not-present", "device=\"00:03.1\"", 0x41),
      ("0x80-address-not-canonical", "address=0xffff800000000000", 0x71),
      ("0x85-scalable-write-not-permitted", "access=read", nil),
      ("0x85-scalable-write-not-permitted", "access=atomic", 0x85),
    ] as [(String, String, UInt8?)])
  func changed(_ name: String, _ change: String, _ code: UInt8?) throws {
    let file = Repository.path("Configs/faults/\(name).yaml")
    let steps = try ScenarioLoader().load(file).steps.count
    let scenario = try ScenarioLoader(
      overrides: [try Override("steps[\(steps - 1)].dma.\(change)")]
    ).load(file)
    guard case .finished(let run) = try ScenarioRun.run(scenario) else { return }
    #expect(run.machine.faultRecords.map(\.reason.rawValue) == (code.map { [$0] } ?? []))
  }
}
