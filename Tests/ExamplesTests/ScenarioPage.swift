import Scenario
import ScenarioFormat

func scenarioText() throws {
  let text = """
    kernel: {release: "6.1"}
    machine:
      memory: 1GiB
      units:
        dmar0: {cap: 0xd2008c40660462, ecap: 0xf050da}
      pci:
        functions:
          "00:03.0": {vendor: 0x8086, device: 0x100e, class: 0x020000}
    boot: {driver: off}
    steps:
      - tables: {device: "00:03.0", mappings: [{iova: 0x40000000, target: 0x21000000}]}
      - entry: {device: "00:03.0", address: 0x40000000, set: {W: 0}}
      - dma: {device: "00:03.0", access: write, address: 0x40000000}
    expect:
      faults:
        - {device: "00:03.0", access: write, address: 0x40000000, reason: 0x05}
    """
  let scenario = try ScenarioLoader().load(text: text, named: "mine.yaml")
  switch try ScenarioRun.run(scenario) {
  case .finished(let run):
    for line in run.lines { print(line) }
    print(Verdict(of: run, against: scenario.expectation).isPassed)
  case .skipped(let reason):
    print(reason)
  }
}
