import Foundation
import TestSupport
import Testing

/// The page itself is tested in a browser (Tests/Page); here a stand-in with the same two places serves.
@Suite("dmar lab")
struct LabTests {
  private static let page = """
    <main><!--report--></main><script type="application/json" id="start">{}</script>
    """

  /// A tree with the program, an empty folder of scenarios and, unless told otherwise, the page.
  private static func tree(withPage: Bool = true) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let result = try Tool.shell(
      """
      mkdir -p tree/bin tree/share/dmar/Configs tree/share/dmar/site
      ln "$DMAR" tree/bin/dmar || cp "$DMAR" tree/bin/dmar
      cp -r '\(Repository.path("Configs"))/.' tree/share/dmar/Configs
      """, in: folder)
    #expect(result.status == 0, "\(result.errorText)")
    if withPage { _ = try folder.write(page, as: "tree/share/dmar/site/index.html") }
    return folder
  }

  private static func start(of page: String) throws -> [String: Any] {
    let parts = page.components(separatedBy: "id=\"start\">")
    let text = try #require(parts.last?.components(separatedBy: "</script>").first)
    return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  @Test("dmar lab says how to build the page where it is not built, with exit 66")
  func notBuilt() throws {
    let folder = try Self.tree(withPage: false)
    for line in ["lab", "lab klist-splat/report", "report klist-splat/report --interactive"] {
      let result = try Tool.shell("tree/bin/dmar \(line)", in: folder)
      #expect(result.status == 66)
      #expect(result.errorText.hasPrefix("dmar: the page is not built: "), "\(result.errorText)")
      #expect(result.errorText.contains("`make site` builds it"))
    }
  }

  @Test("dmar lab prints the path of the page where there is no display")
  func noDisplay() throws {
    let folder = try Self.tree()
    let result = try Tool.shell(
      "unset DISPLAY WAYLAND_DISPLAY; tree/bin/dmar lab && TMPDIR=$PWD tree/bin/dmar lab klist-splat/report",
      in: folder)
    #expect(result.status == 0, "\(result.errorText)")
    let paths = result.outputText.split(separator: "\n").map(String.init)
    try #require(paths.count == 2)
    #expect(paths[0].hasSuffix("tree/share/dmar/site/index.html"))
    #expect(try String(contentsOfFile: paths[0], encoding: .utf8) == Self.page)
    let start = try Self.start(of: try String(contentsOfFile: paths[1], encoding: .utf8))
    #expect(start["scenario"] as? String == "klist-splat/report.yaml")
    #expect((start["files"] as? [String: Any])?.isEmpty == true)
  }

  @Test(
    "dmar lab gives the page a scenario's own files, by names that tell nothing of what is above them"
  )
  func ownFiles() throws {
    let folder = try Self.tree()
    let result = try Tool.shell(
      """
      mkdir -p secret/a secret/b
      echo 'extends: Configs/driver/base.yaml' > secret/b/base.yaml
      printf 'extends: ../b/base.yaml\\ndescription: "</script><b>"\\nsteps: []\\nexpect: {log: x.log}\\n' \
        > secret/a/mine.yaml
      printf 'one\\n' > secret/a/x.log
      echo 'not named' > secret/a/other.log
      tree/bin/dmar lab secret/a/mine.yaml -o out.html
      """, in: folder)
    #expect(result.status == 0, "\(result.errorText)")
    let page = try String(contentsOf: folder.url.appending(path: "out.html"), encoding: .utf8)
    #expect(!page.contains("<b>") && !page.contains("secret"))
    let start = try Self.start(of: page)
    #expect(start["scenario"] as? String == "a/mine.yaml")
    let files = try #require(start["files"] as? [String: String])
    #expect(Set(files.keys) == ["a/mine.yaml", "a/x.log", "b/base.yaml"])
    #expect(files["a/mine.yaml"]?.contains("</script><b>") == true)
  }

  @Test("dmar lab refuses a scenario that is not in order, at its place")
  func wrongScenario() throws {
    let folder = try Self.tree()
    let result = try Tool.shell("echo 'steps: 1' > a.yaml; tree/bin/dmar lab a.yaml", in: folder)
    #expect(result.status == 65)
    #expect(result.errorText.hasPrefix("dmar: a.yaml:1:8: steps is \"1\""))
    #expect(try Tool.shell("tree/bin/dmar lab no.yaml", in: folder).status == 66)
    #expect(try Tool.shell("tree/bin/dmar lab -o x", in: folder).status == 64)
  }

  @Test("dmar lab puts the machine into a report that can be read without it")
  func interactiveReport() throws {
    let folder = try Self.tree()
    let result = try Tool.shell(
      "tree/bin/dmar report klist-splat/report --interactive -o out.html", in: folder)
    #expect(result.status == 0, "\(result.errorText)")
    let page = try String(contentsOf: folder.url.appending(path: "out.html"), encoding: .utf8)
    #expect(page.contains("<article id=\"door-report\""))
    #expect(page.contains("inconsistent lock state"))
    #expect(try Self.start(of: page)["report"] as? Bool == true)
    let both = try Tool.shell(
      "tree/bin/dmar report klist-splat/report --interactive --svg way", in: folder)
    #expect(both.status == 64)
  }
}
