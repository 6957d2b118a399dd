internal import Course
internal import Scenario
internal import ScenarioFormat

/// The solutions of an exercise that has files.
struct LessonSolutions {
  private let check: ExerciseCheck
  private var part: ExercisePart { check.part }

  init(_ check: ExerciseCheck) { self.check = check }

  /// What the solution of a row of the board is called, or the solution.
  func name(_ row: BoardRow?) -> String {
    "solution" + (row.map { "-" + $0.name } ?? "") + part.ending
  }

  /// Every solution with the name of its row, empty where there is one.
  ///
  /// - Throws: `InputError` where one cannot be read.
  func texts() throws(InputError) -> [(name: String, text: String)] {
    switch part.exercise.kind {
    case .predict, .diagnose: return []
    case .code: return [("", try Files.text(at: part.file("solution.swift")))]
    default: break
    }
    let rows = part.exercise.board
    if rows.isEmpty { return [("", shown(try check.text(name(nil))))] }
    var texts: [(name: String, text: String)] = []
    for row in rows { texts.append((row.name, shown(try check.text(name(row))))) }
    return texts
  }

  private func shown(_ text: String) -> String { StudentFiles.moved(text, from: part.folder) }
}
