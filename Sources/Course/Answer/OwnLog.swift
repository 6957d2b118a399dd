internal import Diagnosis
internal import LogReading
internal import Rebuild
internal import Scenario
internal import ScenarioFormat
internal import VTdFormats

/// The last lesson: the student's own log and a cured scenario beside it.
///
/// The answer is the scenario; the log has the same name with `.log`.
public struct OwnLog: Sendable {
  private let files: CourseFiles

  /// Checks answers that lie in these files.
  init(_ files: CourseFiles) { self.files = files }

  /// The log that belongs to a scenario.
  public static func log(of path: String) -> String {
    (path.hasSuffix(".yaml") ? String(path.dropLast(5)) : path) + ".log"
  }

  /// Checks that the log has a fault with a cause, that the scenario has the DMAs that the log
  /// reports, and that none of them faults any more.
  ///
  /// - Parameters:
  ///   - path: the scenario.
  ///   - log: the log that it is to come from.
  ///   - exercise: its misconceptions.
  /// - Throws: `InputError` where a file cannot be read or the scenario not be run.
  func check(_ path: String, from log: String, _ exercise: Exercise) throws(InputError)
    -> AnswerCheck
  {
    let lines = try files.source.text(at: log).utf8.split(separator: UInt8(ascii: "\n")).map {
      String(decoding: $0, as: UTF8.self)
    }
    var result = AnswerCheck()
    let cause = LogQuestions.cause(of: lines)
    guard cause != "none" else {
      result.complain("\(log) has no DMA fault; a kernel's log with one was expected")
      return result
    }
    result.remarks = ["the log: \(cause)"]
    guard let rebuilt = try rebuild(lines, named: log) else {
      result.complain("\(log) cannot be rebuilt: dmar import says why")
      return result
    }
    result.add(
      try AnswerCheck(
        cured: try files.loader.load(path), of: rebuilt, isOwn: path, exercise: exercise))
    return result
  }

  /// The scenario that `dmar import` makes of a log; nil where it makes none.
  private func rebuild(_ lines: [String], named name: String) throws(InputError)
    -> ScenarioDescription?
  {
    var boots = LogBoots()
    boots.begin(file: name)
    var reader = LogReader()
    let bytes = Array(lines.map { $0 + "\n" }.joined().utf8)
    bytes.withUnsafeBytes { buffer in reader.read(buffer) { boots.take($0) } }
    reader.finish { boots.take($0) }
    let boot = boots.chosen.0
    if boot.timeline.isEmpty { return nil }
    let rebuilt = RebuiltScenario(
      boot.collector.contents, boot.timeline, from: name, platform: PlatformFiles(),
      replayingWritten: { written, takesSteps in
        Replay.run(takesSteps: takesSteps) { () throws(InputError) in
          try scenario(written, named: name)
        }
      })
    return rebuilt.isEmpty ? nil : try scenario(rebuilt.scenario.written, named: name)
  }

  /// The scenario that a file with this text describes.
  private func scenario(_ written: Written, named name: String) throws(InputError)
    -> ScenarioDescription
  {
    try ScenarioLoader(from: files.source.adding(written.node, named: name)).load(name)
  }
}
