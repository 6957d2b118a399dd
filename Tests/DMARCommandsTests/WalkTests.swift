import Foundation
import TestSupport
import Testing

@Suite("dmar walk")
struct WalkTests {
  /// What a walk of a scenario of Configs/faults must say, line for line in this order.
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let file: String
    var arguments = ["--iova", "0x40000000"]
    let lines: [String]
    var testDescription: String { name }
  }

  static let cases: [Case] = [
    Case(
      name: "legacy, blocked at the leaf", file: "0x05-write-not-permitted",
      arguments: ["--iova", "0x40000000", "--write"],
      lines: [
        "TES is set; RTADDR: legacy mode (TTM 0), root table at 0x20000000",
        "1. root entry at 0x20000000 (entry 0x0, by the bus)",
        "CTP       63:12    0x20010000",
        "2. context entry at 0x20010180 (entry 0x18, by device and function)",
        "6. second-stage entry, level 1 at 0x20103000 (entry 0x0, by bits 20:12 of 0x40000000)",
        "allowed   R-- so far", "failed    no write permission in the second stage",
        "blocked: fault reason 0x05",
        "recorded as 0x8000000500000018:0000000040000000",
      ]),
    Case(
      name: "legacy, an AtomicOp", file: "base",
      arguments: ["--iova", "0x40000abc", "--atomic"],
      lines: ["does an AtomicOp at", "the permission suffices", "-> 0x21000abc (page of 4 KiB, RW"]),
    Case(
      name: "remapping off", file: "base",
      arguments: [
        "--iova", "0x40000000", "--set",
        "steps=[{write_register: {unit: dmar0, offset: 0x18, value: 0x0}}]",
      ],
      lines: ["TES is clear: DMA is not translated", "translated: 0x40000000 -> 0x40000000"]),
    Case(
      name: "abort-DMA mode", file: "base",
      arguments: [
        "--iova", "0x40000000", "--set",
        "steps=[{write_register: {unit: dmar0, offset: 0x20, value: 0xc00, width: 64}}, "
          + "{write_register: {unit: dmar0, offset: 0x18, value: 0xc4000000}}]",
      ],
      lines: ["abort-DMA mode (TTM 3), nothing passes or is recorded", "blocked: abort-DMA mode"]),
    Case(
      name: "scalable, second stage, with FPD of nothing", file: "0x79-second-stage-not-present",
      lines: [
        "scalable mode (TTM 1)", "scalable-mode root entry", "scalable-mode context entry",
        "PASID directory entry", "bits 19:6 of PASID 0x0", "PASID table entry",
        "failed    second-stage entry has neither read nor write permission",
      ]),
    Case(
      name: "first stage, execution", file: "0x5c-execute-requests-disabled",
      arguments: ["--iova", "0x40000000", "--pasid", "0", "--execute"],
      lines: ["fetches instructions at 0x40000000 with PASID 0x0", "fault reason 0x5c"]),
    Case(
      name: "first stage, accessed bits due", file: "0x91-first-stage-accessed-refused",
      lines: ["first-stage entry, level 4", "allowed   RWXU so far", "sets      A", "translated:"]),
    Case(
      name: "nested: second-stage steps for each first-stage entry",
      file: "0x77-first-stage-table-not-writable",
      lines: [
        "second-stage entry, level 4 at 0x20100000 (entry 0x0, by bits 47:39 of 0x20200000)",
        "first-stage entry, level 4 at 0x20200000 (entry 0x0, by bits 47:39 of 0x40000000)",
        "by bits 47:39 of 0x20201008)", "first-stage entry, level 3 at 0x20201008",
        "first-stage entry, level 1", "fault reason 0x77",
      ]),
    Case(
      name: "an interrupt through its entry", file: "interrupt-remapped",
      arguments: ["--iova", "0xfee000b0", "--write"],
      lines: [
        "is the interrupt range: no table is asked", "an interrupt request",
        "IRES is set; IRTA: 256 entries at 0x20300000, xAPIC mode",
        "interrupt entry at 0x20300050 (entry 0x5, by handle and subhandle)",
        "remapped by entry 5, vector 0x30 to APIC 0x1",
      ]),
    Case(
      name: "an interrupt that is blocked", file: "0x26-interrupt-source-mismatch",
      arguments: ["--iova", "0xfee000b0", "--write"],
      lines: [
        "failed    source-id fails", "fault reason 0x26", "recorded as 0x8000002600000018:0005",
      ]),
    Case(
      name: "a read of the interrupt range", file: "base",
      arguments: ["--iova", "0xfee00000"], lines: ["blocked: a read of the interrupt range"]),
    Case(
      name: "a translation request", file: "../stale/device-tlb-left-over",
      arguments: ["--iova", "0x40000000", "--type", "translation-request"],
      lines: ["asks for a translation of 0x40000000", "TT allows ATS", "answered: 0x21000000"]),
    Case(
      name: "a translation request for what is not there", file: "../stale/device-tlb-left-over",
      arguments: ["--iova", "0x40001000", "--type", "translation-request"],
      lines: ["failed    no read permission", "answered: no permission (R=W=0), and no fault"]),
    Case(
      name: "a table that cannot be read", file: "0x07-paging-entry-unreadable",
      lines: ["cannot be read: there is no memory", "failed    second-stage entry cannot be read"]),
  ]

  private func walk(_ file: String, _ arguments: [String]) throws -> Tool {
    try Tool.dmar(["walk", "Configs/faults/\(file).yaml", "--device", "00:03.0"] + arguments)
  }

  @Test(
    "dmar walk tells every step in order, with what was checked and why it ends", arguments: cases)
  func tells(_ walk: Case) throws {
    let result = try self.walk(walk.file, walk.arguments)
    #expect(result.status == 0)
    var rest = result.outputText.split(separator: "\n")[...]
    for line in walk.lines {
      guard let index = rest.firstIndex(where: { $0.contains(line) }) else {
        Issue.record("\"\(line)\" is missing, or not in order, in\n\(result.outputText)")
        return
      }
      rest = rest[index...]
    }
  }

  @Test("JSON says the same, for every mode", arguments: cases)
  func json(_ walk: Case) throws {
    let data = try self.walk(walk.file, walk.arguments + ["--format", "json"]).output
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let steps = try #require(object["steps"] as? [[String: Any]])
    for step in steps {
      #expect(step["structure"] is String)
      #expect(step["address"] is String)
      #expect(step["fields"] is [[String: Any]])
      #expect(step["checks"] is [String])
    }
    let verdict = try #require(object["verdict"] as? [String: Any])
    let outcome = try #require(verdict["outcome"] as? String)
    #expect((object["interrupt"] != nil) == (outcome == "interrupt request"))
    if let reason = verdict["reason"] as? Int {
      #expect(walk.lines.contains { $0.contains(String(reason, radix: 16)) } || reason > 0)
      #expect((verdict["record"] as? [String])?.count == 2)
    }
  }

  @Test(
    "--dma walks the request that the scenario's DMA sends",
    arguments: cases.filter {
      ["legacy, blocked at the leaf", "an interrupt through its entry"].contains($0.name)
    })
  func dma(_ walk: Case) throws {
    let byHand = try self.walk(walk.file, walk.arguments)
    let bySteps = try Tool.dmar(["walk", "Configs/faults/\(walk.file).yaml", "--dma", "1"])
    #expect(bySteps.status == 0)
    #expect(bySteps.outputText == byHand.outputText)
  }

  @Test("--dma takes the tables that the DMA meets: here before dma_unmap and after it")
  func dmaOfDriver() throws {
    let mapped = try Tool.dmar(["walk", "Configs/driver/unmap-strict.yaml", "--dma", "1"])
    #expect(mapped.outputText.contains("writes 0xfffff000"))
    #expect(mapped.outputText.contains("translated: 0xfffff000 -> 0x2001000"))
    let unmapped = try Tool.dmar(["walk", "Configs/driver/unmap-strict.yaml", "--dma", "2"])
    #expect(unmapped.outputText.contains("blocked: fault reason 0x05"))
    let beyond = try Tool.dmar(["walk", "Configs/driver/unmap-strict.yaml", "--dma", "3"])
    #expect(beyond.status == 65)
    #expect(beyond.errorText.contains("--dma 3: the scenario has 2 DMAs"))
    let unsent = try Tool.dmar(["walk", "Configs/bus/bus-master-off.yaml", "--dma", "1"])
    #expect(unsent.status == 65)
    #expect(unsent.errorText.contains("no unit gets the request: not sent: Bus Master Enable"))
  }

  @Test(
    "--dma takes what is sent from the scenario alone",
    arguments: [
      ["--dma", "0"], ["--dma", "1", "--iova", "0"], ["--dma", "1", "--write"],
      ["--dma", "1", "--steps", "1"], ["--dma", "1", "--root", "0x1000"], ["--iova", "0"], [],
    ])
  func usageOfDMA(_ arguments: [String]) throws {
    let result = try Tool.dmar(["walk", "Configs/faults/base.yaml"] + arguments)
    #expect(result.status == 64)
  }

  @Test(
    "options that exclude each other, or are not numbers, are wrong usage",
    arguments: [
      ["--iova", "0x1000", "--write", "--atomic"], ["--iova", "0x1000", "--execute"],
      ["--iova", "0x1000", "--privileged"], ["--iova", "0x1000", "--zero-length", "--write"],
      ["--iova", "0x1000", "--pasid", "1", "--execute", "--write"], ["--iova", "4k"],
      ["--iova", "0x1000", "--pasid", "0x100000"], ["--iova", "0x1000", "--steps", "-1"],
      ["--iova", "0x1000", "--data", "0x100000000"], ["--iova", "0x1000", "--type", "odd"],
    ])
  func usage(_ arguments: [String]) throws {
    #expect(try walk("base", arguments).status == 64)
  }
}
