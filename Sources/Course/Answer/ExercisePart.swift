/// An exercise of a lesson with its files.
public struct ExercisePart: Sendable {
  /// The lesson's number.
  public let lesson: Int
  /// Which of the lesson's exercises it is, from 1.
  public let number: Int
  /// How many the lesson has.
  public let count: Int
  /// What is asked for.
  public let exercise: Exercise
  /// The lesson's folder.
  public let folder: String

  /// Every exercise of a lesson.
  ///
  /// - Parameters:
  ///   - lesson: the lesson.
  ///   - folder: where its files are.
  public static func all(of lesson: Lesson, in folder: String) -> [ExercisePart] {
    lesson.exercises.enumerated().map { index, exercise in
      ExercisePart(
        lesson: lesson.number, number: index + 1, count: lesson.exercises.count,
        exercise: exercise, folder: folder)
    }
  }

  /// What it is asked for by: `4`, or `5.2` where the lesson has several.
  public var name: ExerciseName {
    ExerciseName(lesson: lesson, part: count == 1 ? nil : number)
  }

  /// A file of the exercise: those of the second one of a lesson begin with `2-`.
  ///
  /// - Parameter name: what it is called where there is one exercise, such as `start.yaml`.
  public func file(_ name: String) -> String {
    "\(folder)/" + (number == 1 ? "" : "\(number)-") + name
  }

  /// What files of its kind end with.
  public var ending: String {
    switch exercise.kind {
    case .schedule: ".locks"
    default: ".yaml"
    }
  }
}
