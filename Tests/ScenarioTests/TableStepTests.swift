import Machine
import Scenario
import ScenarioFormat
import TestSupport
import Testing
import VTdFormats
import VTdUnit

@Suite("steps that build tables")
struct TableStepTests {
  private static let head = """
    kernel: {release: "6.1"}
    machine:
      memory: 1GiB
      units:
        dmar0: {cap: 0x91d2078c40380e06, ecap: 0x3ed9ce4f050de}
      pci:
        functions:
          "00:03.0": {vendor: 0x8086, device: 0x100e, class: 0x020000}
          "00:04.0": {vendor: 0x8086, device: 0x100e, class: 0x020000}
    boot: {driver: off}
    steps:

    """

  private static func run(_ steps: String) throws -> ScenarioRun {
    let scenario = try ScenarioLoader().load(text: head + steps, named: "test")
    guard case .finished(let run) = try ScenarioRun.run(scenario) else {
      throw InputError(at: Place(file: "test"), "skipped")
    }
    return run
  }

  /// Steps, and the reasons of the faults that they end in.
  private static let cases: [(name: String, steps: String, reasons: [UInt8])] = [
    (
      "legacy tables map what they say",
      """
        - tables: {device: "00:03.0", mappings: [{iova: 0x40000000, target: 0x21000000, access: r}]}
        - dma: {device: "00:03.0", access: read, address: 0x40000000}
        - dma: {device: "00:03.0", access: write, address: 0x40000000}
        - dma: {device: "00:04.0", access: read, address: 0x40000000}
      """, [0x05, 0x02]
    ),
    (
      "a large page is mapped whole",
      """
        - tables: {device: "00:03.0", mappings: [{iova: 0x40000000, target: 0x22000000, size: 2MiB, pages: 2MiB}]}
        - dma: {device: "00:03.0", access: write, address: 0x401ffffc}
        - dma: {device: "00:03.0", access: write, address: 0x40200000}
      """, [0x05]
    ),
    (
      "two devices of one domain share page tables, and a second step adds to them",
      """
        - tables: {device: "00:03.0", domain: 7, mappings: [{iova: 0x1000, target: 0x21000000}], start: false}
        - tables: {device: "00:04.0", domain: 7, mappings: [{iova: 0x2000, target: 0x21001000}]}
        - dma: {device: "00:03.0", access: write, address: 0x2000}
        - dma: {device: "00:04.0", access: write, address: 0x1000}
      """, []
    ),
    (
      "first-stage tables serve a PASID",
      """
        - tables: {preset: first-stage, device: "00:03.0", pasid: 5, mappings: [{iova: 0x7f0000000000, target: 0x21000000}]}
        - dma: {device: "00:03.0", access: write, address: 0x7f0000000000, pasid: 5}
        - dma: {device: "00:03.0", access: write, address: 0x7f0000000000, pasid: 6}
      """, [0x59]
    ),
    (
      "nested tables go through both stages",
      """
        - tables: {preset: nested, device: "00:03.0", mappings: [{iova: 0x40000000, target: 0x21000000}]}
        - dma: {device: "00:03.0", access: write, address: 0x40000000}
        - dma: {device: "00:03.0", access: write, address: 0x40001000}
      """, [0x71]
    ),
    (
      "an entry of the second stage of nested tables is changed",
      """
        - tables: {preset: nested, device: "00:03.0", mappings: [{iova: 0x40000000, target: 0x21000000}]}
        - entry: {stage: second, address: 0x21000000, set: {W: 0}}
        - dma: {device: "00:03.0", access: read, address: 0x40000000}
        - dma: {device: "00:03.0", access: write, address: 0x40000000}
      """, [0x85]
    ),
    (
      "the only stage of legacy tables can be named",
      """
        - tables: {device: "00:03.0", mappings: [{iova: 0x40000000, target: 0x21000000}]}
        - entry: {stage: second, device: "00:03.0", address: 0x40000000, set: {R: 0}}
        - dma: {device: "00:03.0", access: read, address: 0x40000000}
      """, [0x06]
    ),
    (
      "pass-through passes",
      """
        - tables: {preset: pass-through, device: "00:03.0"}
        - dma: {device: "00:03.0", access: write, address: 0x1000}
      """, []
    ),
    (
      "a field of an entry is changed by its name",
      """
        - tables: {device: "00:03.0", mappings: [{iova: 0x40000000, target: 0x21000000}]}
        - entry: {device: "00:03.0", address: 0x40000000, level: 2, set: {W: 0}}
        - dma: {device: "00:03.0", access: write, address: 0x40000000}
      """, [0x05]
    ),
    (
      "a reserved bit is changed by its number, in the upper word too",
      """
        - tables: {device: "00:03.0", mappings: [{iova: 0x40000000, target: 0x21000000}]}
        - entry: {table: root, device: "00:03.0", set: {64: 1}}
        - dma: {device: "00:03.0", access: write, address: 0x40000000}
      """, [0x0a]
    ),
    (
      "an entry is written whole",
      """
        - tables: {device: "00:03.0", mappings: [{iova: 0x40000000, target: 0x21000000}]}
        - entry: {table: context, device: "00:03.0", words: [0x0]}
        - dma: {device: "00:03.0", access: write, address: 0x40000000}
      """, [0x02]
    ),
  ]

  @Test("tables and entries do what they say", arguments: cases.indices)
  func faults(_ index: Int) throws {
    let (name, steps, reasons) = Self.cases[index]
    let run = try Self.run(steps)
    #expect(
      run.machine.faultRecords.map { $0.reason.rawValue } == reasons, "\(name)")
  }

  @Test("the words are those that lessons write by hand")
  func words() throws {
    let run = try Self.run(
      """
        - tables: {device: "00:03.0", mappings: [{iova: 0x40000000, target: 0x21000000}]}
        - check_memory: {address: 0x20000000, words: [0x20010001, 0x0]}
        - check_memory: {address: 0x20010180, words: [0x20100001, 0x102]}
        - check_memory: {address: 0x20100000, words: [0x20101003]}
        - check_memory: {address: 0x20101008, words: [0x20102003]}
        - check_memory: {address: 0x20102000, words: [0x20103003]}
        - check_memory: {address: 0x20103000, words: [0x21000003]}
      """)
    #expect(run.failedChecks == [])
  }

  /// Steps that cannot be taken, and a part of the message.
  private static let wrong: [(steps: String, says: String)] = [
    ("  - entry: {address: 0x1000, set: {W: 0}}", "no step has built tables"),
    ("  - tables: {device: \"00:03.0\", mappings: [{iova: 0x1, target: 0x0}]}", "not a multiple"),
    ("  - tables: {base: 0x40000000}", "no page"),
    ("  - tables: {unit: dmar9}", "no unit is called"),
    ("  - tables: {domain: 0}", "1 to 0xffff"),
    (
      "  - tables: {}\n  - entry: {address: 0x1000, set: {W: 0}}", "nothing is mapped"
    ),
    (
      "  - tables: {mappings: [{iova: 0x1000, target: 0x0}]}\n"
        + "  - entry: {stage: first, address: 0x1000, set: {W: 0}}", "preset: nested makes both"
    ),
    (
      "  - tables: {mappings: [{iova: 0x1000, target: 0x0}]}\n"
        + "  - entry: {table: context, stage: second, set: {P: 0}}",
      "a stage was expected for the entry of a page table"
    ),
    (
      "  - tables: {mappings: [{iova: 0x1000, target: 0x0}]}\n"
        + "  - entry: {address: 0x1000, set: {Z: 1}}", "one of these was expected: R, W"
    ),
    (
      "  - tables: {mappings: [{iova: 0x1000, target: 0x0}]}\n"
        + "  - entry: {address: 0x1000, set: {W: 2}}", "no field \"W\" for 0x2"
    ),
    (
      "  - tables: {mappings: [{iova: 0x1000, target: 0x0}]}\n"
        + "  - entry: {address: 0x1000, words: [0, 0]}", "at most 1 were expected"
    ),
    ("  - entry: {set: {W: 0}}", "an address was expected"),
    ("  - entry: {address: 0x0}", "set or words was expected"),
    (
      "  - tables: {}\n  - tables: {preset: first-stage}", "one kind of tables was expected"
    ),
  ]

  @Test("what cannot be built is said with its place", arguments: wrong.indices)
  func errors(_ index: Int) {
    let (steps, says) = Self.wrong[index]
    let error = #expect(throws: InputError.self) { try Self.run(steps) }
    #expect(error?.message.contains(says) == true, "\(error?.message ?? "")")
    #expect((error?.place.line ?? 0) > 10)
  }
}
