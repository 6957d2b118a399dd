import Foundation
import Scenario
import ScenarioFormat
import TestSupport
import Testing

@Suite("extends through folders that are links")
struct LinkedFolderTests {
  static let base = """
    kernel: {release: "6.6"}
    machine: {memory: 1GiB, units: {dmar0: {cap: 0xd2008c40660462, ecap: 0xf050da}}}
    steps: []

    """

  /// real/base.yaml, real/inner/a.yaml that extends it, and link -> real/inner.
  private func tree() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let inner = folder.url.appending(path: "real/inner")
    try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
    _ = try folder.write(Self.base, as: "real/base.yaml")
    _ = try folder.write("extends: ../base.yaml\n", as: "real/inner/a.yaml")
    _ = try folder.write("extends: ./../inner/a.yaml\n", as: "real/inner/b.yaml")
    try FileManager.default.createSymbolicLink(
      at: folder.url.appending(path: "link"), withDestinationURL: inner)
    return folder
  }

  @Test(
    "extends in a linked folder is seen from the folder that the link leads to",
    arguments: ["a.yaml", "b.yaml"])
  func link(_ name: String) throws {
    let folder = try tree()
    let path = folder.url.appending(path: "link/\(name)").path(percentEncoded: false)
    #expect(try ScenarioLoader().load(path).namesRelease)
  }

  @Test("a circle through a link is found as any other")
  func circle() throws {
    let folder = try tree()
    _ = try folder.write("extends: ../../link/c.yaml\n", as: "real/inner/c.yaml")
    let path = folder.url.appending(path: "link/c.yaml").path(percentEncoded: false)
    #expect {
      try ScenarioLoader().load(path)
    } throws: { error in "\(error)".contains("extends goes in a circle") }
  }

  @Test("a path with . before .. leads above the folder")
  func dot() throws {
    let folder = try tree()
    let path = folder.url.path(percentEncoded: false) + "/real/inner/./a.yaml"
    #expect(try ScenarioLoader().load(path).namesRelease)
  }
}
