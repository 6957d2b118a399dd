import Foundation
import TestSupport
import Testing

@testable import DMARCommands

@Suite("dmar sweep")
struct SweepTests {
  static let report = CommandTests.report

  private static func objects(_ text: String) throws -> [[String: Any]] {
    try text.split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
  }

  @Test("runs all combinations, the last key fastest, an object a run")
  func combinations() throws {
    let result = try Tool.dmar(
      "sweep", Self.report, "--over", "kernel.profile=4.19,6.0-rc1", "--over",
      "steps[0].dma.access=read,write")
    #expect(result.status == 0, "\(result.errorText)")
    let runs = try Self.objects(result.outputText)
    #expect(runs.compactMap { $0["run"] as? Int } == [0, 1, 2, 3])
    let sets = runs.compactMap { $0["set"] as? [String: String] }
    #expect(sets.map { $0["kernel.profile"] } == ["4.19", "4.19", "6.0-rc1", "6.0-rc1"])
    #expect(sets.map { $0["steps[0].dma.access"] } == ["read", "write", "read", "write"])
    let splats = runs.compactMap { $0["splats"] as? [String] }
    #expect(splats.map(\.count) == [0, 0, 1, 1])
    let fault = try #require((runs[1]["faults"] as? [[String: Any]])?.first)
    #expect(fault["device"] as? String == "00:1a.0")
    #expect(fault["reason"] as? Int == 5)
  }

  @Test("dmar sweep gives what single runs with --set give, line for line")
  func equality() throws {
    let runs = try Self.objects(
      Tool.dmar(
        "sweep", Self.report, "--log", "--over", "steps[0].dma.address=0x0,0x1000"
      ).outputText)
    for (run, address) in zip(runs, ["0x0", "0x1000"]) {
      let single = try Tool.dmar(
        "replay", Self.report, "--set", "steps[0].dma.address=\(address)"
      ).outputText
      #expect((run["log"] as? [String])?.map { $0 + "\n" }.joined() == single)
    }
  }

  @Test("a run that cannot be has an error, and the others go on")
  func error() throws {
    let arguments = ["sweep", Self.report, "--over", "steps[0].dma.access=read,chew,write"]
    let result = try Tool.dmar(arguments)
    #expect(result.status == 0)
    let runs = try Self.objects(result.outputText)
    #expect(runs.map { $0["error"] is String } == [false, true, false])
    #expect(try Tool.dmar(arguments + ["--check"]).status == 1)
  }

  @Test("a sweep of which no run can be ends with 65")
  func nothingRun() throws {
    let result = try Tool.dmar("sweep", Self.report, "--over", "steps[0].dma.acces=read,write")
    #expect(result.status == 65)
    #expect(result.errorText.contains("no run could be made"), "\(result.errorText)")
    #expect(try Self.objects(result.outputText).count == 2)
  }

  @Test("a range may be hexadecimal, and its values are then")
  func hexadecimalRange() throws {
    let result = try Tool.dmar("sweep", Self.report, "--over", "steps[0].dma.address=0x9..0xb")
    let runs = try Self.objects(result.outputText)
    #expect(
      runs.map { ($0["set"] as? [String: String])?["steps[0].dma.address"] } == [
        "0x9", "0xa", "0xb",
      ])
  }

  @Test("--check checks each run against the scenario's expectations")
  func check() throws {
    let result = try Tool.dmar(
      "sweep", Self.report, "--check", "--over", "steps[0].dma.access=write,read")
    #expect(result.status == 1)
    let runs = try Self.objects(result.outputText)
    #expect(runs.map { $0["mismatches"] is [String] } == [false, true])
  }

  @Test("a sample is the same for the same seed, has each run once, and no more than asked for")
  func sample() throws {
    let arguments = [
      "sweep", Self.report, "--over", "steps[0].dma.address=0..9999", "--sample", "7",
    ]
    let first = try Tool.dmar(arguments).outputText
    let numbers = try Self.objects(first).compactMap { $0["run"] as? Int }
    #expect(numbers.count == 7 && Set(numbers).count == 7)
    #expect(try Tool.dmar(arguments).outputText == first)
    #expect(try Tool.dmar(arguments + ["--seed", "2"]).outputText != first)
  }

  @Test("more combinations than anyone waits for are refused, with the way to take some")
  func tooMany() throws {
    let result = try Tool.dmar(
      "sweep", Self.report, "--over", "a=0..99999", "--over", "b=0..99999")
    #expect(result.status == 64)
    #expect(result.errorText.contains("--sample"))
  }

  @Test("without --over there is one run, and --kernel is that of replay")
  func single() throws {
    let text = try Tool.dmar("sweep", Self.report, "--kernel", "4.19", "--log").outputText
    let log = try Self.objects(text).first?["log"] as? [String]
    let replayed = try Tool.dmar("replay", Self.report, "--kernel", "4.19").outputText
    #expect(log?.map { $0 + "\n" }.joined() == replayed)
  }

  @Test(
    "values are what stands between commas that are in no brackets and no quotation marks",
    arguments: [
      ("a=1,2", ["1", "2"]), ("a=[1,2],3", ["[1,2]", "3"]), ("a={x: 1, y: 2}", ["{x: 1, y: 2}"]),
      (#"a="x,y",z"#, [#""x,y""#, "z"]), ("a=2..4", ["2", "3", "4"]), ("a=", [""]),
      ("a=0x1..0x3", ["0x1", "0x2", "0x3"]), (#""a=b".c=1"#, ["1"]),
    ])
  func values(argument: String, values: [String]) throws {
    #expect(try #require(SweepAxis(argument: argument)).values == values)
  }

  @Test(
    "what is not a key with values is wrong usage",
    arguments: ["a", "=1", "a=5..2", "a=0..99999999"])
  func noAxis(_ argument: String) throws {
    #expect(SweepAxis(argument: argument) == nil)
    #expect(try Tool.dmar("sweep", Self.report, "--over", argument).status == 64)
  }

  @Test("counts of combinations do not overflow, and samples of nearly all are drawn")
  func counting() {
    #expect(SweepCombinations(Array(repeating: 1 << 20, count: 5)).count == .max)
    let combinations = SweepCombinations([10, 10])
    #expect(combinations.sample(99, seed: 3).count == 99)
    #expect(combinations.sample(1000, seed: 3).count == 100)
    #expect(combinations.choice(37) == [3, 7])
  }
}
