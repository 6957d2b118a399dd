import Diagnosis
import Foundation
import KernelLog
import LogReading
import Rebuild
import Testing

/// The inputs that fuzzing starts from and what it ever found: none may trap, and reading in pieces
/// must not matter.
@Suite struct FuzzCaseTests {
  static let cases: [URL] = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Fuzz/Cases")
    let files = ["LogReader", "LogExplanation"].flatMap { target in
      (try? FileManager.default.contentsOfDirectory(
        at: folder.appending(path: target), includingPropertiesForKeys: nil)) ?? []
    }
    return files.sorted { $0.lastPathComponent < $1.lastPathComponent }
  }()

  @Test("the cases are there")
  func present() {
    #expect(Self.cases.count >= 8)
  }

  @Test("a case is read, explained and rebuilt without a trap", arguments: cases)
  func runs(_ file: URL) throws {
    let bytes = Array(try Data(contentsOf: file))
    let explained = explanation(of: bytes)
    _ = ExplanationText(width: 40).render(explained)
    _ = ExplanationJSON(explained).document
    var collector = LogCollector(keepsTables: true)
    var timeline = FaultTimeline()
    var reader = LogReader()
    for start in stride(from: 0, to: bytes.count, by: 5) {
      bytes[start..<min(start + 5, bytes.count)].withUnsafeBytes { piece in
        reader.read(piece) { event in
          collector.take(event)
          timeline.take(event)
        }
      }
    }
    reader.finish { event in
      collector.take(event)
      timeline.take(event)
    }
    #expect(collector.contents.eventCount == explained.contents.eventCount)
    _ = RebuiltScenario(collector.contents, timeline, from: "case").yaml
  }
}
