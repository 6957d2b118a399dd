internal import Lockdep
internal import Text

extension Question {
  /// In what contexts a lock is taken, and what the lock validator says of it.
  static func letters(_ numbers: inout SeededNumbers) -> Question {
    // Each is a way to take the lock; a program has one to three of them, none twice.
    var ways = [
      "@task L(K) U(K)", "@task HARDIRQ_DISABLE L(K) U(K) HARDIRQ_ENABLE",
      "@task SOFTIRQ_DISABLE L(K) U(K) SOFTIRQ_ENABLE", "@hardirq L(K) U(K)",
      "@softirq L(K) U(K)",
    ]
    var chosen: [String] = []
    for _ in 0...numbers.next(below: 3) {
      chosen.append(ways.remove(at: Int(numbers.next(below: UInt64(ways.count)))))
    }
    let text = chosen.joined(separator: " ")
    let letters = Self.letters(of: text) ?? "...."
    let order = Array(letters)
    func swapped(_ letter: Character) -> Character {
      letter == "+" ? "-" : letter == "-" ? "+" : letter
    }
    return Question(
      text: "the four letters of K after  \(text)", answer: letters,
      wrong: [
        "plus-and-minus": String(order.map(swapped)),
        "softirq-first": String([order[2], order[3], order[0], order[1]]),
        "reads-first": String([order[1], order[0], order[3], order[2]]),
      ].filter { $0.value != letters })
  }

  /// The letters that reports print for the lock K behind a program; nil where it takes no K.
  static func letters(of text: String) -> String? {
    guard let program = try? LockProgram(parsing: text) else { return nil }
    let runner = LockProgramRunner(
      program, configuration: LockdepConfiguration(rawNesting: false, goesOn: true),
      readsAreRecursive: false,
      symbols: ProgramSymbols(function: "program"))
    _ = runner.run()
    for lockClass in runner.validator.classes
    where runner.validator.listedName(of: lockClass).hasSuffix("lock_K") {
      return lockClass.usage.description
    }
    return nil
  }
}
