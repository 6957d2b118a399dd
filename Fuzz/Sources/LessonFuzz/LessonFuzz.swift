import Course
import ScenarioFormat

/// Any bytes as a lesson: what is read is asked about with some seeds, its texts are filled in, and an
/// answer is checked against each of its questions.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzLesson(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  let lesson: Lesson
  do throws(InputError) {
    lesson = try Lesson(reading: text, file: "lesson.md")
  } catch {
    precondition(error.place.line >= 1, "an error without a line")
    return 0
  }
  for exercise in lesson.exercises {
    for seed: UInt64 in [0, 1, .max] {
      let values = SeededValues(exercise, seed: seed, round: seed)
      for line in exercise.task + exercise.hints + exercise.misconceptions.map(\.text) {
        _ = try? values.fill(line, at: Place(file: "lesson.md"))
      }
      guard case .predict(let prediction) = exercise.kind else { continue }
      let questions = prediction.questions(seed: seed)
      precondition(questions.allSatisfy { $0.accepts($0.answer) }, "a right answer is refused")
      let answers = exercise.task.flatMap { $0.split(separator: " ").map(String.init) }
      _ = AnswerCheck(answers, to: questions, exercise: exercise)
    }
    guard case .schedule(let schedule) = exercise.kind else { continue }
    let program = LockText(exercise.task.joined(separator: "\n"))
    let start = LockText(exercise.hints.joined(separator: "\n"))
    _ = AnswerCheck(program, start: start, schedule: schedule, exercise: exercise)
  }
  return 0
}
