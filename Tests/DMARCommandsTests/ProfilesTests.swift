import Foundation
import TestSupport
import Testing

@Suite("dmar profiles")
struct ProfilesTests {
  @Test("dmar profiles writes the page of the documentation, which is the committed one")
  func page() throws {
    let page = try Tool.dmar("profiles", "--format", "markdown").outputText
    let committed = try String(
      contentsOfFile: Repository.path(
        "Sources/KernelProfiles/KernelProfiles.docc/KernelProfiles.md"), encoding: .utf8)
    #expect(page == committed, "make docs writes it anew")
  }

  @Test("lists every change, and the settings of one release")
  func text() throws {
    let changes = try Tool.dmar("profiles").outputText
    #expect(changes.contains("6.0-rc1"))
    #expect(changes.contains("8ac0b64b9735  the dump looks the device up on the PCI bus"))
    let settings = try Tool.dmar("profiles", "3.10.0-1062.el7.x86_64").outputText
    #expect(settings.contains("fault_lines            F2\n"))
    #expect(settings.contains("rate_limit             none\n"))
  }

  @Test("dmar profiles gives all of it as JSON")
  func json() throws {
    let result = try Tool.dmar("profiles", "--format", "json")
    let document = try #require(
      try JSONSerialization.jsonObject(with: result.output) as? [String: Any])
    let profiles = try #require(document["profiles"] as? [[String: Any]])
    #expect(profiles.first?["release"] as? String == "2.6.32")
    #expect(profiles.count > 20)
  }

  @Test("--kernel takes the releases of dmar profiles besides files")
  func replay() throws {
    let log = try Tool.dmar(
      "replay", "Configs/klist-splat/report.yaml", "--kernel", "4.4", "--no-timestamps"
    ).outputText
    #expect(
      log == """
        DMAR: DRHD: handling fault status reg 3
        DMAR: DMAR:[DMA Write] Request device [00:1a.0] fault addr 0\u{20}
        DMAR:[fault reason 05] PTE Write access is not set

        """)
  }

  @Test("--kernel gives the release that is printed, too")
  func printedRelease() throws {
    let log = try Tool.dmar(
      "replay", "Configs/klist-splat/report.yaml", "--kernel", "6.0-rc1", "--no-timestamps"
    ).outputText
    #expect(log.contains("Not tainted 6.0-rc1 #1"))
    #expect(!log.contains("5.20.0"))
  }

  @Test("dmar profiles refuses what is not a release")
  func wrong() throws {
    #expect(try Tool.dmar("profiles", "2.4.37").status == 64)
    #expect(try Tool.dmar("profiles", "latest").status == 64)
  }
}
