internal import Course
internal import Glibc
internal import Scenario
internal import ScenarioFormat

/// Puts what an exercise starts from into the student's folder.
struct StudentFiles {
  let check: ExerciseCheck
  let progress: LearnProgress

  private var part: ExercisePart { check.part }

  /// Writes the files that are not there yet, or all of them.
  ///
  /// - Throws: `InputError` and `OutputError` where the exercise cannot be read or the folder not be
  ///   written.
  func put(overwriting: Bool) throws {
    switch part.exercise.kind {
    case .predict(let prediction):
      // It is read and not edited, and another seed has another one.
      if prediction.isAboutRun { try write("start.yaml", true) }
    case .diagnose:
      try progress.makeFolder()
      for (index, lines) in try check.logs().logs.enumerated() {
        // Other logs for another seed, so these are always written.
        try OutputFile.write(
          lines.map { $0 + "\n" }.joined(), to: progress.log(index + 1, of: part))
      }
    case .schedule: try write("start.locks", overwriting)
    case .code:
      try progress.makeFolder()
      try CodeExercise(part).put(into: progress.answer(part), overwriting: overwriting)
    case .own:
      try progress.makeFolder()
      let log = OwnLog.log(of: progress.answer(part))
      if overwriting || access(log, F_OK) != 0 {
        try OutputFile.write(try Files.text(at: part.file("start.log")), to: log)
      }
    case .build, .repair, .break, .flush: try write("start.yaml", overwriting)
    }
  }

  private func write(_ name: String, _ overwriting: Bool) throws {
    let path = progress.answer(part)
    if !overwriting && access(path, F_OK) == 0 { return }
    try progress.makeFolder()
    try OutputFile.write(Self.moved(try check.text(name), from: part.folder), to: path)
  }

  /// A scenario of a lesson as it reads in another folder: what it extends is found among those that
  /// came with the program.
  static func moved(_ text: String, from folder: String) -> String {
    let name = folder.split(separator: "/").last.map { String($0) } ?? ""
    var lines: [String] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("# yaml-language-server:") { continue }
      guard let start = line.firstRange(of: "extends: ")?.upperBound else {
        lines.append(String(line))
        continue
      }
      let path = line[start...]
      let place =
        path.hasPrefix("../../")
        ? String(path.dropFirst(6))
        : path.hasPrefix("../") ? "course/" + path.dropFirst(3) : "course/\(name)/" + path
      lines.append(line[..<start] + place)
    }
    return lines.joined(separator: "\n")
  }

  /// The file that a student edits; nil where an exercise has none.
  var file: String? {
    switch part.exercise.kind {
    case .predict(let prediction): prediction.isAboutRun ? progress.answer(part) : nil
    case .diagnose: nil
    case .build, .repair, .break, .flush, .schedule, .own: progress.answer(part)
    case .code: progress.answer(part) + "/" + CodeExercise.answer
    }
  }
}
