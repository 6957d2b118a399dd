internal import Glibc
internal import Scenario
internal import ScenarioFormat

/// What a student has done: a folder of their own with a file for each answer and one for progress.
struct LearnProgress {
  /// The folder: `$XDG_STATE_HOME/dmar/course`, or `~/.local/state/dmar/course`.
  let folder: String
  /// Numbers of the lessons that are done.
  private(set) var done: Set<Int> = []
  /// How many hints were shown, by lesson.
  private(set) var hints: [Int: Int] = [:]

  private var file: String { folder + "/progress" }

  /// Reads the progress; a student who has none yet begins with nothing done.
  init(folder: String?) {
    self.folder = folder ?? Self.usual
    // What is not there, or is no progress file, is a fresh start.
    let text = (try? Files.text(at: file)) ?? ""
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count >= 2, let number = Int(words[1]) else { continue }
      switch words[0] {
      case "done": done.insert(number)
      case "hints": hints[number] = words.count > 2 ? Int(words[2]) ?? 0 : 0
      default: continue
      }
    }
  }

  private static var usual: String {
    func variable(_ name: String) -> String? {
      getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
    let state = variable("XDG_STATE_HOME") ?? (variable("HOME") ?? ".") + "/.local/state"
    return state + "/dmar/course"
  }

  /// The student's file for a lesson.
  func answer(_ number: Int) -> String { "\(folder)/\(number < 10 ? "0" : "")\(number).yaml" }

  /// Notes that a lesson is done.
  mutating func finish(_ number: Int) throws(OutputError) {
    done.insert(number)
    try write()
  }

  /// Notes that one more hint was shown, and says which one is next: 0, 1, 2.
  mutating func nextHint(_ number: Int, of count: Int) throws(OutputError) -> Int {
    let next = hints[number, default: 0]
    hints[number] = min(next + 1, count)
    try write()
    return min(next, max(count - 1, 0))
  }

  /// Forgets a lesson.
  mutating func reset(_ number: Int) throws(OutputError) {
    done.remove(number)
    hints[number] = nil
    try write()
  }

  /// Makes the folder and every folder above it.
  func makeFolder() throws(OutputError) {
    var path = ""
    for part in folder.split(separator: "/", omittingEmptySubsequences: false) {
      path +=
        path.isEmpty && part.isEmpty ? "/" : (path.hasSuffix("/") || path.isEmpty ? "" : "/") + part
      if path != "/" { try OutputFile.makeFolder(path) }
    }
  }

  private func write() throws(OutputError) {
    try makeFolder()
    let lines =
      done.sorted().map { "done \($0)\n" }
      + hints.sorted { $0.key < $1.key }.map { "hints \($0.key) \($0.value)\n" }
    try OutputFile.write(lines.joined(), to: file)
  }
}
