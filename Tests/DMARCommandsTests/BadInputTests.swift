import Foundation
import TestSupport
import Testing

/// A scenario that is wrong in one place.
struct BadScenario: CustomTestStringConvertible, Sendable {
  let what: String
  /// Laid over the report's scenario.
  let text: String
  let place: String
  let message: String

  var testDescription: String { what }

  static let all: [BadScenario] = [
    BadScenario(
      what: "a syntax error", text: "machine: {memory: 1GiB\nsteps: []\n", place: "2:6",
      message: "well-formed YAML was expected"),
    BadScenario(
      what: "a tab", text: "machine:\n\tmemory: 1GiB\n", place: "2:1",
      message: "well-formed YAML was expected"),
    BadScenario(
      what: "an unknown key", text: "machine:\n  memroy: 1GiB\n", place: "2:3",
      message: #"unknown key "memroy" in machine; did you mean "memory"?"#),
    BadScenario(
      what: "an unknown key like no other", text: "machine:\n  zzzzzzzzz: 1\n", place: "2:3",
      message:
        "one of memory, dmar, units, pci, x2apic, ioapics, acpi_devices, tboot, firmware, cpus, "
        + "addresses, interrupted was expected"),
    BadScenario(
      what: "a key twice", text: "steps: []\nmachine: {}\nsteps: []\n", place: "1:1",
      message: #"the key "steps" stands twice"#),
    BadScenario(
      what: "a wrong type", text: "machine:\n  units: [1, 2]\n", place: "2:10",
      message: "units is a list; a mapping from a name was expected"),
    BadScenario(
      what: "a value out of range", text: "boot:\n  domains:\n    0x15: {levels: 6}\n",
      place: "3:20", message: #"levels is "6"; a number from 3 to 5 was expected"#),
    BadScenario(
      what: "a domain id out of range", text: "boot:\n  domains:\n    70000: {levels: 4}\n",
      place: "3:5", message: "a domain id from 0 to 65535 was expected"),
    BadScenario(
      what: "no number", text: "steps:\n  - page_request: {device: 00:1a.0, address: ten}\n",
      place: "2:46", message: #"address is "ten"; a number, decimal or 0x was expected"#),
    BadScenario(
      what: "neither a number nor a name",
      text: "steps:\n  - dma: {device: 00:1a.0, access: read, address: 1+ring}\n",
      place: "2:51", message: "or the name of a dma_map such as ring or ring+0x40 was expected"),
    BadScenario(
      what: "no device", text: "steps:\n  - dma: {device: 1a.0, access: read, address: 0}\n",
      place: "2:19", message: "a PCI address such as 00:1a.0, or first was expected"),
    BadScenario(
      what: "a slip in a word", text: "kernel:\n  behaviour: {klist_add: irqsav}\n", place: "2:26",
      message: #"one of plain, irqsave was expected; did you mean "irqsave"?"#),
    BadScenario(
      what: "a missing key", text: "steps:\n  - dma: {device: 00:1a.0, access: read}\n",
      place: "2:10", message: "dma has no address; a number, or the name of a dma_map"),
    BadScenario(
      what: "two things in a step", text: "steps:\n  - wait: 1\n    remove_device: 00:1a.0\n",
      place: "2:5", message: "a step does 2 things; exactly one was expected"),
    BadScenario(
      what: "time that goes back", text: "steps:\n  - wait: 1\n    times: [2.0, 1.5]\n",
      place: "3:18", message: "time goes back here"),
    BadScenario(
      what: "tables outside memory", text: "boot:\n  pages: {list: [0x900000000]}\n", place: "2:10",
      message: "a table at 0x900000000 lies outside memory; an address in memory was expected"),
    BadScenario(
      what: "a domain's table outside memory",
      text:
        "boot:\n  pages: {list: [0x1000, 0x2000, 0x900000000]}\n  domains:\n    0x15: {levels: 4}\n",
      place: "4:11", message: "a table at 0x900000000 lies outside memory"),
    BadScenario(
      what: "memory written outside memory",
      text: "steps:\n  - write_memory: {address: 0x900000000, words: [1]}\n", place: "2:5",
      message: "there is no memory at 0x900000000"),
    BadScenario(
      what: "an unknown unit",
      text: "steps:\n  - write_register: {unit: dmar7, offset: 0, value: 0}\n", place: "2:5",
      message: #"no unit is called "dmar7"; dmar0 was expected"#),
    BadScenario(
      what: "an interrupt entry of an unknown unit",
      text: "steps:\n  - interrupt_entry: {index: 1, vector: 0x30, unit: dmar7}\n", place: "2:5",
      message: #"no unit is called "dmar7"; dmar0 was expected"#),
    BadScenario(
      what: "an extends that is a list", text: "machine: {extends: []}\n", place: "1:20",
      message: "a file name was expected"),
    BadScenario(
      what: "capabilities that contradict each other",
      text: "machine:\n  units:\n    dmar0: {cap: 0x0, ecap: 0x0}\n", place: "3:12",
      message: "SAGAW"),
  ]
}

@Suite("Bad input ends with its place, what stands there and what was expected")
struct BadInputTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test(
    "bad input in a scenario ends with exit 65, its place, and nothing on standard output",
    arguments: BadScenario.all)
  func scenario(_ bad: BadScenario) throws {
    let report = Repository.path("Configs/klist-splat/report.yaml")
    // A mapping may stand at the end as well, so that the places of the case's text hold.
    let path = try folder.write("\(bad.text)extends: \(report)\n", as: "bad.yaml")
    let result = try Tool.dmar("replay", path)
    #expect(result.status == 65)
    #expect(result.output.isEmpty)
    #expect(
      result.errorText.hasPrefix("dmar: \(path):\(bad.place): "), "\(result.errorText)")
    #expect(result.errorText.contains(bad.message), "\(result.errorText)")
  }

  @Test("a missing file ends with exit 66")
  func missing() throws {
    let result = try Tool.dmar("replay", "nowhere.yaml")
    #expect(result.status == 66)
    #expect(result.output.isEmpty)
    #expect(result.errorText == "dmar: nowhere.yaml: No such file or directory\n")
  }

  @Test("a missing base is named where it is extended, with exit 65: it is the file that is wrong")
  func missingBase() throws {
    let path = try folder.write("steps: []\nextends: other.yaml\n", as: "a.yaml")
    let result = try Tool.dmar("replay", path)
    #expect(result.status == 65)
    #expect(result.errorText.hasPrefix("dmar: \(path):2:10: "))
    #expect(result.errorText.contains("No such file or directory; a readable file was expected"))
  }

  @Test("scenarios that extend each other end with exit 65")
  func circle() throws {
    let first = try folder.write("extends: b.yaml\n", as: "a.yaml")
    _ = try folder.write("extends: a.yaml\n", as: "b.yaml")
    let result = try Tool.dmar("replay", first)
    #expect(result.status == 65)
    #expect(result.errorText.contains("b.yaml:1:10: extends goes in a circle"))
  }

  @Test("a bomb of aliases ends with exit 65")
  func aliases() throws {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    for level in 1...8 {
      let alias = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
      text += "a\(level): &a\(level) [\(alias)]\n"
    }
    let result = try Tool.dmar("replay", try folder.write(text, as: "bomb.yaml"))
    #expect(result.status == 65)
    #expect(result.errorText.contains("values once aliases are followed"))
  }

  @Test("a bomb of aliases as a key ends with exit 65")
  func keyOfAliases() throws {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    for level in 1...8 {
      let alias = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
      text += "a\(level): &a\(level) [\(alias)]\n"
    }
    let bomb = try Tool.dmar("replay", try folder.write(text + "? *a8\n: x\n", as: "bomb.yaml"))
    #expect(bomb.status == 65)
    let list = try Tool.dmar("replay", try folder.write("a: &a [1]\n? *a\n: x\n", as: "list.yaml"))
    #expect(list.status == 65)
    #expect(
      list.errorText.contains(
        "list.yaml:2:3: a key that is itself a structure; a word was expected"))
  }

  @Test("files that extend files twice over share one budget")
  func extendsTwice() throws {
    _ = try folder.write("x: 1\n", as: "e0.yaml")
    var last = ""
    for level in 1...30 {
      let text = "a: {extends: e\(level - 1).yaml}\nb: {extends: e\(level - 1).yaml}\n"
      last = try folder.write(text, as: "e\(level).yaml")
    }
    let result = try Tool.dmar("replay", last)
    #expect(result.status == 65)
    #expect(result.errorText.contains("values once aliases are followed"))
  }

  @Test("kernels that take the machine over, each with all its memory blocks, are bounded")
  func kernels() throws {
    let minimal =
      "kernel: {release: \"6.1.0\"}\n"
      + "machine: {memory: 1GiB, units: {dmar0: {cap: 0xd2008c40660462, ecap: 0xf050da}}}\nsteps:\n"
    func run(_ count: Int) throws -> Tool {
      let steps = String(repeating: "  - kexec: {boot: {memory_blocks: 65536}}\n", count: count)
      return try Tool.dmar("replay", try folder.write(minimal + steps, as: "kernels.yaml"))
    }
    let few = try run(2)
    #expect(few.status == 0, "\(few.errorText)")
    let many = try run(200)
    #expect(many.status == 65)
    #expect(many.errorText.contains("kernels.yaml:11:5: more than 8 kernels"))
  }

  @Test("values, and files that extend files, stand only so deep in each other")
  func depth() throws {
    let deep = String(repeating: "[", count: 6000) + String(repeating: "]", count: 6000)
    let aliases = (1...300).map { "a\($0): &a\($0) [*a\($0 - 1)]\n" }.joined()
    _ = try folder.write("x: 1\n", as: "f0.yaml")
    var last = ""
    for level in 1...300 {
      last = try folder.write("extends: f\(level - 1).yaml\n", as: "f\(level).yaml")
    }
    let paths = [
      try folder.write(deep, as: "deep.yaml"),
      try folder.write("a0: &a0 x\n" + aliases, as: "aliases.yaml"), last,
    ]
    for path in paths {
      let result = try Tool.dmar("replay", path)
      #expect(result.status == 65)
      #expect(result.errorText.contains("more than 200 deep"), "\(path)")
    }
  }

  @Test("one bad scenario among good ones keeps standard output empty")
  func nothingHalf() throws {
    let path = try folder.write("steps: 1\n", as: "bad.yaml")
    let result = try Tool.dmar("replay", "Configs/klist-splat/report.yaml", path)
    #expect(result.status == 65)
    #expect(result.output.isEmpty)
  }

  @Test(
    "a path of --set that fits nothing ends with exit 65",
    arguments: ["steps[7].dma.access=read", "machine", "steps.x=1", "[x]=1", "kernel.zzz=1"])
  func override(_ setting: String) throws {
    let result = try Tool.dmar(
      "replay", "Configs/klist-splat/report.yaml", "--set", setting)
    #expect(result.status == 65)
    #expect(result.output.isEmpty)
    #expect(result.errorText.contains("expected"), "\(result.errorText)")
  }

  @Test("wrong usage ends with exit 64")
  func usage() throws {
    #expect(try Tool.dmar("replay").status == 64)
    #expect(try Tool.dmar("nonsense").status == 64)
    #expect(
      try Tool.dmar(
        "walk", "Configs/klist-splat/report.yaml", "--device", "x", "--iova", "0"
      ).status == 64)
  }
}
