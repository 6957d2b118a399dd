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

  @Test("extends in a file that is a link is seen from both folders, the link's own first")
  func linkedFile() throws {
    let folder = try tree()
    let link = folder.url.appending(path: "a.yaml")
    try FileManager.default.createSymbolicLink(
      at: link, withDestinationURL: folder.url.appending(path: "real/inner/a.yaml"))
    let path = link.path(percentEncoded: false)
    #expect(try ScenarioLoader().load(path).namesRelease)
    // Once the link's folder has the file that is named, that one is taken.
    let near = folder.url.appending(path: "near")
    try FileManager.default.createDirectory(at: near, withIntermediateDirectories: true)
    _ = try folder.write(Self.base.replacing("1GiB", with: "2GiB"), as: "base.yaml")
    try FileManager.default.createSymbolicLink(
      at: near.appending(path: "a.yaml"),
      withDestinationURL: folder.url.appending(path: "real/inner/a.yaml"))
    let own = try ScenarioLoader().load(near.appending(path: "a.yaml").path(percentEncoded: false))
    #expect(own.machine.memorySize == 2 << 30)
  }

  @Test("a file and a folder that links lead to as well are found by their own names")
  func ownNames() throws {
    let folder = try tree()
    let root = folder.url.path(percentEncoded: false)
    try FileManager.default.createSymbolicLink(
      at: folder.url.appending(path: "aa.yaml"),
      withDestinationURL: folder.url.appending(path: "real/base.yaml"))
    try FileManager.default.createSymbolicLink(
      at: folder.url.appending(path: "a-link"),
      withDestinationURL: folder.url.appending(path: "real"))
    let found = try ScenarioFiles.files(below: root.hasSuffix("/") ? String(root.dropLast()) : root)
    #expect(
      found.map { String($0.dropFirst(root.hasSuffix("/") ? root.count : root.count + 1)) }
        == ["real/base.yaml", "real/inner/a.yaml", "real/inner/b.yaml"])
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
