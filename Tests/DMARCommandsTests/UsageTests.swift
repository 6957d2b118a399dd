import Foundation
import TestSupport
import Testing

@Suite("What dmar says of arguments that are not right")
struct UsageTests {
  @Test(
    "a misspelt command gets the one that was meant, at any depth",
    arguments: [
      (["repaly", "a.yaml"], "replay", "Usage: dmar <subcommand>"),
      (["explian"], "explain", "Usage: dmar <subcommand>"),
      (["help", "lokcheck"], "lockcheck", "Usage: dmar <subcommand>"),
      (["pci", "snapshto"], "snapshot", "Usage: dmar pci"),
    ])
  func suggestion(arguments: [String], meant: String, usage: String) throws {
    let result = try Tool.dmar(arguments)
    #expect(result.status == 64)
    #expect(result.errorText.contains("did you mean \"\(meant)\"?"), "\(result.errorText)")
    #expect(result.errorText.contains(usage), "\(result.errorText)")
  }

  @Test(
    "a misspelt scenario gets the one that was meant, part by part of its path",
    arguments: [
      (["replay", "klist-splat/reprot"], "klist-splat/report"),
      (["test", "klist-splta"], "klist-splat"),
      (["check", "Configs/klist-splta/report.yaml"], "Configs/klist-splat/report.yaml"),
      (["matrix", "Configs/klist-splat/reprot.yaml"], "Configs/klist-splat/report.yaml"),
    ])
  func scenarioSuggestion(arguments: [String], meant: String) throws {
    let result = try Tool.dmar(arguments)
    #expect(result.status == 66)
    #expect(
      result.errorText
        == "dmar: \(arguments[1]): No such file or directory; did you mean \"\(meant)\"?\n")
  }

  @Test(
    "a misspelt option that every command has is suggested",
    arguments: [
      (["--verison"], "version"), (["profiles", "--verison"], "version"),
      (["profiles", "--hepl"], "help"),
    ])
  func optionSuggestion(arguments: [String], meant: String) throws {
    let result = try Tool.dmar(arguments)
    #expect(result.status == 64)
    #expect(
      result.errorText.contains(
        "Error: Unknown option '\(arguments.last ?? "")'. Did you mean '--\(meant)'?\nUsage: dmar"),
      "\(result.errorText)")
  }

  @Test(
    "a misspelt option is told before an argument that is missing or cannot be read",
    arguments: [
      (["import", "--hlep"], "--hlep", "help"),
      (["decode", "--formt", "json"], "--formt", "format"),
      (["walk", "--fromat", "json", "a.yaml"], "--fromat", "format"),
      (["pci", "list", "--fromat", "json"], "--fromat", "format"),
      (["explain", "--hlep"], "--hlep", "help"),
      (["calibrate", "--verison"], "--verison", "version"),
      (["test", "--juint=a.xml", "a"], "--juint", "junit"),
    ])
  func optionFirst(arguments: [String], given: String, meant: String) throws {
    let result = try Tool.dmar(arguments)
    #expect(result.status == 64)
    #expect(
      result.errorText.hasPrefix("Error: Unknown option '\(given)'. Did you mean '--\(meant)'?\n"),
      "\(result.errorText)")
  }

  @Test("what stands behind -- is no option, and a name that is near none gets no advice")
  func noOption() throws {
    let behind = try Tool.dmar("replay", "nowhere", "--", "--fromat")
    #expect(!behind.errorText.contains("Unknown option"), "\(behind.errorText)")
    let far = try Tool.dmar("replay", "--xyzzy")
    #expect(far.errorText.hasPrefix("Error: Unknown option '--xyzzy'\n"), "\(far.errorText)")
  }

  @Test(
    "a file that cannot be what extends names gets the one that was meant",
    arguments: [
      ("driver/base", "Configs/driver/base.yaml"),
      ("Configs/driver/base", "Configs/driver/base.yaml"), ("mine", "mine.yaml"),
    ])
  func extendsSuggestion(name: String, meant: String) throws {
    let folder = try TemporaryFolder()
    _ = try folder.write("steps: []\n", as: "mine.yaml")
    let path = try folder.write("extends: \(name)\nsteps: []\n", as: "a.yaml")
    let result = try Tool.dmar("check", path)
    #expect(result.status == 65)
    #expect(
      result.errorText
        == "dmar: \(path):1:10: \(name): No such file or directory; did you mean \"\(meant)\"?\n")
  }

  @Test("a warning about interrupt entries tells where they are written")
  func interruptPlace() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      """
      extends: Configs/driver/base.yaml
      boot:
        interrupts: [{index: 5, vector: 0x30, source: "00:03.0"}]
      steps: []

      """, as: "a.yaml")
    let text = try Tool.dmar("replay", path).errorText
    #expect(text.contains("\(path):3:15: boot.interrupts sets entries up"), "\(text)")
  }

  @Test("an address without 0x is told as the number that it may be")
  func address() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      """
      extends: Configs/driver/base.yaml
      steps: [{dma: {device: "00:03.0", access: read, address: deadb000}}]

      """, as: "a.yaml")
    let text = try Tool.dmar("replay", path).errorText
    #expect(text.hasSuffix("was expected, or 0xdeadb000 if it is an address\n"), "\(text)")
  }

  @Test(
    "a scenario for others to extend is told as that, and gives no result",
    arguments: [
      ["matrix"], ["walk", "--device", "00:03.0", "--iova", "0"], ["report", "-o", "-"],
    ])
  func abstract(arguments: [String]) throws {
    let result = try Tool.dmar(arguments + ["Configs/driver/base.yaml"])
    #expect(result.status == 65)
    #expect(result.outputText.isEmpty)
    #expect(
      result.errorText
        == "dmar: Configs/driver/base.yaml: skipped: it is abstract: other scenarios extend it\n")
  }

  @Test("walk takes no more steps than a scenario has")
  func steps() throws {
    let result = try Tool.dmar(
      "walk", CommandTests.report, "--device", "00:1a.0", "--iova", "0", "--steps", "9")
    #expect(result.status == 65)
    #expect(
      result.errorText
        == "dmar: --steps 9: the scenario has 1 step; a number up to that was expected\n")
  }

  @Test("a command that resembles none gets the list of them")
  func list() throws {
    let text = try Tool.dmar("frobnicate").errorText
    #expect(text.contains("; one of replay, "), "\(text)")
  }

  @Test(
    "what is found wrong while a command runs ends in that command's usage",
    arguments: [
      ["decode", "pte", "zz"], ["decode", "reason", "300"], ["decode", "descriptor", "0xf"],
      ["profiles", "abc"], ["profiles", "99.1"],
    ])
  func usage(arguments: [String]) throws {
    let result = try Tool.dmar(arguments)
    #expect(result.status == 64)
    #expect(
      result.errorText.contains("\nUsage: dmar \(arguments[0]) ["), "\(result.errorText)")
    #expect(result.errorText.contains("  See 'dmar \(arguments[0]) --help'"))
  }

  @Test("decode suggests the kind that was meant")
  func kind() throws {
    let text = try Tool.dmar("decode", "contxt", "1").errorText
    #expect(text.contains("no kind is called \"contxt\"; did you mean \"context\"?"), "\(text)")
  }

  @Test(
    "serve calls its options by their own names",
    arguments: [
      (["--memory", "x"], "--memory x: a size"), (["--device", "foo"], "--device foo: "),
      (["--listen", ""], "--listen: an empty path"),
    ])
  func serve(arguments: [String], message: String) throws {
    let result = try Tool.dmar(["serve", "--qtest"] + arguments)
    #expect(result.status == 64)
    #expect(result.errorText.contains("Error: \(message)"), "\(result.errorText)")
  }

  @Test(
    "--kernel takes a release as people write it",
    arguments: [
      "6.6", "v6.6", "6.0-rc1", "4.19.0-27-amd64", "3.10.0-1062.el7.x86_64", "7.3.1", "2.6.32.71",
      "6.1+",
      "5.14.0.el9", "5.20.0-0.rc0.20220812git7ebfc85e2cd7.10.fc38.x86_64", "6.6.0_1",
    ])
  func release(_ release: String) throws {
    #expect(try Tool.dmar("replay", CommandTests.report, "--kernel", release).status == 0)
  }

  @Test(
    "--kernel refuses what is neither a file nor a release that is known",
    arguments: [
      "1.0", "99.1", "6.1a", "6.1.", "6", "", "latest", "6.1.zz", "6.1.2.3", "6.01", "06.1",
      "6.1.-3",
    ])
  func noRelease(_ text: String) throws {
    let result = try Tool.dmar("replay", CommandTests.report, "--kernel", text)
    #expect(result.status == 66)
    #expect(
      result.errorText.hasPrefix(
        "dmar: --kernel \(text): there is no such file, and it is not a release that has a profile; "
          + "one from 2.6.32 to "), "\(result.errorText)")
    #expect(!result.errorText.contains(":1:1"))
  }

  @Test("a whole file and an argument have no line and column")
  func places() throws {
    for arguments in [
      ["replay", "nowhere.yaml"], ["check", "nowhere.yaml"], ["test", "nowhere.yaml"],
    ] {
      let result = try Tool.dmar(arguments)
      #expect(result.status == 66)
      #expect(result.errorText.contains("nowhere.yaml: No such file"), "\(result.errorText)")
    }
    for (setting, message) in [
      ("foo=1", "unknown key \"foo\""), ("kernel={release: [", "did not find"),
      ("steps[9].x=3", "[9] is beyond the list"),
    ] {
      let result = try Tool.dmar("replay", CommandTests.report, "--set", setting)
      #expect(result.status == 65)
      #expect(
        result.errorText.contains("dmar: --set \(setting): "), "\(result.errorText)")
      #expect(result.errorText.contains(message), "\(result.errorText)")
    }
  }

  @Test("a file that --set names is seen from where the program runs")
  func fileOfSetting() throws {
    let result = try Tool.dmar(
      "replay", CommandTests.report, "--set", "expect.log=Configs/nowhere/a.log")
    #expect(
      result.errorText.contains("Configs/nowhere/a.log: No such file"), "\(result.errorText)")
    #expect(!result.errorText.contains("expect.log=Configs/Configs"))
  }
}
