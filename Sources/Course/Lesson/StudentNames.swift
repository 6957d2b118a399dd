/// The placeholders for a student's files in a lesson's text, and the files' real names.
public enum StudentNames {
  /// The student's file.
  public static let file = "YOUR-FILE"
  /// The log beside it, or the first of the logs that are asked about.
  public static let log = "YOUR-LOG"

  /// A line with each word replaced by another one.
  public static func replacing(_ word: String, by other: String, in line: String) -> String {
    let bytes = Array(line.utf8)
    let wanted = Array(word.utf8)
    var replaced: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes.count - index >= wanted.count,
        bytes[index..<index + wanted.count].elementsEqual(wanted)
      {
        replaced += Array(other.utf8)
        index += wanted.count
      } else {
        replaced.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: replaced, as: UTF8.self)
  }
}

extension ExercisePart {
  /// The number by which the student's files are named: `04`, or `05-2` for a second exercise.
  public var fileNumber: String {
    (lesson < 10 ? "0" : "") + "\(lesson)" + (number == 1 ? "" : "-\(number)")
  }

  /// What the student's file is called: the answer, or what questions are asked about; nil where an
  /// exercise has none.
  public var fileName: String? {
    switch exercise.kind {
    case .predict(let prediction): prediction.isAboutRun ? fileNumber + ending : nil
    case .diagnose: nil
    case .build, .repair, .break, .flush, .schedule, .own: fileNumber + ending
    case .code: fileNumber + "/Tests/LessonTests/Answer.swift"
    }
  }

  /// The name of the log that the lesson's text mentions.
  public var logName: String {
    fileNumber + (exercise.kind == .diagnose ? "-1.log" : ".log")
  }

  /// The name of the exercise's file that the student's file is copied from; nil where it has none.
  public var startName: String? {
    switch exercise.kind {
    case .predict(let prediction): prediction.isAboutRun ? "start.yaml" : nil
    case .diagnose: nil
    case .schedule: "start.locks"
    case .code: "start.swift"
    case .own: "start.log"
    case .build, .repair, .break, .flush: "start.yaml"
    }
  }
}
