import Scenario
import ScenarioFormat

func scenarioFormat() throws {
  let text = """
    machine:
      memory: 1GiB
      units:
        dmar0: {cap: 0xd2008c40660462, ecap: 0xf050da}
    steps:
      - dma: {device: "00:03.0", acces: write, address: 0x1000}
    """
  do {
    let scenario = try ScenarioLoader().load(text: text, named: "mine.yaml")
    print(scenario.steps.count)
  } catch {
    print(error)
  }
}
