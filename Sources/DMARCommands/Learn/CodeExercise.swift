internal import Course
internal import Glibc
internal import Scenario
internal import ScenarioFormat

/// An exercise in Swift: a package of the student's own, whose tests are the lesson's.
struct CodeExercise {
  private let part: ExercisePart

  init(_ part: ExercisePart) { self.part = part }

  /// Where the answer and the lesson's tests stand in the package.
  private static let folder = "Tests/LessonTests"
  static let answer = folder + "/Answer.swift"
  private static let tests = folder + "/LessonTests.swift"

  /// The sources that the program was built from, which the package depends on; nil where it was
  /// installed without them.
  static var sources: String? {
    if let folder = getenv("DMAR_SOURCES") { return String(cString: folder) }
    guard let library = ScenarioPath.shipped, library.hasSuffix("/Configs") else { return nil }
    let folder = String(library.dropLast("/Configs".count))
    return access(folder + "/Package.swift", F_OK) == 0 ? folder : nil
  }

  /// Puts the package's files into a folder; an answer that is there stays.
  ///
  /// - Throws: `OutputError`, or `InputError` where the sources of the library are not there.
  func put(into folder: String, overwriting: Bool) throws {
    guard let sources = Self.sources else {
      throw InputError(
        .notFound, at: Place(whole: "DMAR_SOURCES"),
        "the exercise is in Swift and needs the sources of IOMMULab; set DMAR_SOURCES to a checkout"
      )
    }
    for path in ["", "/Tests", "/" + Self.folder] { try OutputFile.makeFolder(folder + path) }
    try OutputFile.write(Self.manifest(sources), to: folder + "/Package.swift")
    try OutputFile.write(
      try Files.text(at: part.file("LessonTests.swift")), to: folder + "/" + Self.tests)
    let answer = folder + "/" + Self.answer
    if overwriting || access(answer, F_OK) != 0 {
      try OutputFile.write(try Files.text(at: part.file("start.swift")), to: answer)
    }
  }

  private static func manifest(_ sources: String) -> String {
    let name = sources.split(separator: "/").last.map { String($0) } ?? sources
    return """
      // swift-tools-version: 6.2
      import PackageDescription

      let package = Package(
        name: "Lesson",
        dependencies: [.package(path: "\(sources)")],
        targets: [
          .testTarget(
            name: "LessonTests",
            dependencies: [.product(name: "IOMMULab", package: "\(name)")])
        ])

      """
  }

  /// Runs the lesson's tests in the package.
  func check(_ folder: String) -> AnswerCheck {
    var result = AnswerCheck()
    do {
      // The lesson's own tests are written again, in case the student changed them.
      try put(into: folder, overwriting: false)
      let (status, lines) = try Self.run("swift test", in: folder)
      if status != 0 {
        for line in lines where line.contains("error:") || line.contains("recorded an issue") {
          result.complain(line)
        }
        if result.isPassed {
          result.complain(lines.last ?? "swift test ended with status \(status)")
        }
      }
    } catch {
      result.complain("\(error)")
    }
    return result
  }

  /// Runs a command in a folder; its lines, and its exit status.
  private static func run(_ command: String, in folder: String) throws(OutputError)
    -> (Int32, [String])
  {
    let quoted = folder.split(separator: "'", omittingEmptySubsequences: false)
      .joined(separator: "'\\''")
    guard let stream = popen("cd '\(quoted)' && \(command) 2>&1", "r") else {
      throw .cannotCreate(command, errno)
    }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = fread(&chunk, 1, chunk.count, stream)
      if count == 0 { break }
      bytes += chunk[..<count]
    }
    let status = pclose(stream)
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { String($0) }
    return (status, lines)
  }
}
