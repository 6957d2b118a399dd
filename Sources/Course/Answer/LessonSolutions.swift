internal import Scenario
public import ScenarioFormat

/// The solutions of an exercise that has files.
public struct LessonSolutions: Sendable {
  private let check: ExerciseCheck
  private var part: ExercisePart { check.part }

  /// The solutions of the exercise that `check` is about, with the numbers of its seed.
  public init(_ check: ExerciseCheck) { self.check = check }

  /// What the solution of a row of the board is called, or the solution.
  public func name(_ row: BoardRow?) -> String {
    "solution" + (row.map { "-" + $0.name } ?? "") + part.ending
  }

  /// Every solution with the name of its row, empty where there is one.
  ///
  /// - Throws: `InputError` where one cannot be read.
  public func texts() throws(InputError) -> [(name: String, text: String)] {
    switch part.exercise.kind {
    case .predict, .diagnose: return []
    case .code: return [("", try check.files.source.text(at: part.file("solution.swift")))]
    default: break
    }
    let rows = part.exercise.board
    if rows.isEmpty { return [("", try check.text(name(nil)))] }
    var texts: [(name: String, text: String)] = []
    for row in rows { texts.append((row.name, try check.text(name(row)))) }
    return texts
  }
}
