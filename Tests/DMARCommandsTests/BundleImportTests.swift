import Foundation
import TestSupport
import Testing

/// Bundles of `dmar collect`, taken on Debian's own kernels while a device faulted.
@Suite("Bundles of real machines")
struct BundleImportTests {
  /// What stands behind `DMAR: ` in the lines of faults, in their order.
  private static func faultLines(_ text: String) -> [Substring] {
    text.split(separator: "\n").compactMap { line in
      guard line.contains("Request device") || line.contains("handling fault status") else {
        return nil
      }
      return line.range(of: "DMAR: ").map { line[$0.lowerBound...] }
    }
  }

  @Test(
    "are imported, and the replay prints the fault lines of their kernel",
    arguments: [
      "debian-6.12-legacy", "debian-6.12-scalable", "debian-7.3-legacy", "debian-7.3-scalable",
    ])
  func bundle(_ name: String) throws {
    let path = Repository.path("Tests/Golden/bundles/\(name).tar.xz")
    let folder = try TemporaryFolder()
    let log = try Tool.shell("tar -xJOf '\(path)' dmar-bundle/dev/kmsg", in: folder)
    let wanted = Self.faultLines(log.outputText)
    #expect(wanted.count == 2)
    let scenario = folder.url.appending(path: "rebuilt.yaml").path(percentEncoded: false)
    let imported = try Tool.dmar("import", path, "-o", scenario)
    #expect(imported.status == 0, "\(imported.errorText)")
    let replayed = try Tool.dmar("replay", scenario)
    #expect(Self.faultLines(replayed.outputText) == wanted)
  }
}
