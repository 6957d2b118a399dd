internal import Report
internal import Text

/// What a page can ask about scenarios, logs and lessons, with the run that it asked for last.
///
/// This folder stands on rooms up to the course. Where one of them does not compile for a browser, the
/// module is built without it (`Tests/compile-embedded`), and says so by its `operations`.
struct Runs {
  /// The run that was asked for last, of which single events can be asked for.
  private var last: RunView?

  /// What can be asked.
  enum Operation: String, CaseIterable {
    case style
    case check
    case run
    case report
    case picture
    case walk
    case cures
    case matrix
    case explain
    case `import`
    case lessons
    case exercise
    case checkAnswer = "check-answer"
    case solution
  }

  /// - Throws: `Failure` where the question cannot be answered.
  mutating func answer(_ operation: Operation, _ request: Request) throws(Failure) -> ModuleAnswer {
    switch operation {
    case .style: ModuleAnswer([("css", .string(RunView.style))])
    case .check: try CheckOperation.answer(request)
    case .run: try RunOperation.answer(request, &last)
    case .report: try ReportOperation.answer(request)
    case .picture: try ReportOperation.picture(request, of: last)
    case .walk: try WalkOperation.answer(request)
    case .cures: try CuresOperation.answer(request)
    case .matrix: try MatrixOperation.answer(request)
    case .explain: try ExplainOperation.answer(request)
    case .import: try ImportOperation.answer(request)
    case .lessons: try LessonsOperation.answer(request)
    case .exercise: try ExerciseOperation.answer(request)
    case .checkAnswer: try ExerciseOperation.check(request)
    case .solution: try ExerciseOperation.solution(request)
    }
  }
}
