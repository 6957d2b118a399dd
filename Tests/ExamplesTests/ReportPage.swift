import Recording
import Report
import Scenario
import ScenarioFormat

func report() throws {
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
    """
  let scenario = try ScenarioLoader().load(text: text, named: "mine.yaml")
  if case .finished(let run) = try ScenarioRun.run(scenario, isRecorded: true),
    let record = run.record
  {
    let page = RunPage(record, explanation: nil, sources: [], producer: "mine")
    for line in page.text(.way, glyphs: .ascii) ?? [] { print(line) }
    print(page.html.hasPrefix("<!DOCTYPE html>"), page.picture(.walk) != nil)
  }
}
