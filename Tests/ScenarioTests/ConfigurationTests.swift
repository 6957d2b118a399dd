import Foundation
import Scenario
import ScenarioFormat
import TestSupport
import Testing
import VTdFormats

@Suite("The scenarios of the repository")
struct ConfigurationTests {
  static let files: [String] = {
    (try? ScenarioFiles.files(below: Repository.path("Configs"))) ?? []
  }()

  @Test("the scenarios of the repository are found")
  func found() {
    #expect(Self.files.count >= 14)
  }

  @Test("the scenarios of the repository do what they expect", arguments: files)
  func expectation(_ file: String) throws {
    let scenario = try ScenarioLoader().load(file)
    switch try ScenarioRun.run(scenario) {
    case .skipped: break
    case .finished(let run):
      #expect(Verdict(of: run, against: scenario.expectation).mismatches == [])
    }
  }

  @Test("run twice, print the same", arguments: files.prefix(3))
  func determinism(_ file: String) throws {
    let scenario = try ScenarioLoader().load(file)
    guard case .finished(let first) = try ScenarioRun.run(scenario),
      case .finished(let second) = try ScenarioRun.run(scenario)
    else { return }
    #expect(first.log == second.log)
  }

  @Test("a verdict fails for each thing that is not as expected")
  func verdictFails() throws {
    let changes = [
      "expect.faults=[]", "expect.dump=none", "expect.splat=none",
      #"expect.splat.usage="-...""#, "expect.splat.registered_in=[klist_put]",
      #"expect.contains=["no such line"]"#, "expect.lacks=[klist]", "expect.splat.class=other",
      "expect.splat.from=SOFTIRQ-ON-W",
    ]
    for change in changes {
      let loader = ScenarioLoader(overrides: [try Override("expect.log=~"), try Override(change)])
      let scenario = try loader.load(Repository.path("Configs/klist-splat/report.yaml"))
      guard case .finished(let run) = try ScenarioRun.run(scenario) else { continue }
      #expect(!Verdict(of: run, against: scenario.expectation).isPassed, "\(change)")
    }
  }
}
