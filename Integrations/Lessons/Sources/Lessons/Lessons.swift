import IOMMULab

/// `swift run Lessons` runs all programs; `swift run Lessons stale` runs one.
@main
enum Lessons {
  static var programs: [(name: String, run: () throws -> Void)] {
    [
      ("decode", decode), ("fault", fault), ("walk", walk), ("stale", stale), ("pasid", pasid),
      ("interrupt", interrupt), ("locks", locks), ("scenario", scenario), ("log", log),
      ("spoil", spoil),
    ]
  }

  static func main() throws {
    let wanted = CommandLine.arguments.dropFirst()
    for program in programs where wanted.isEmpty || wanted.contains(program.name) {
      print("== \(program.name)")
      try program.run()
    }
  }
}
