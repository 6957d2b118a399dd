@testable import Course
import ScenarioFormat
import Testing

@Suite("schedules")
struct ScheduleTests {
  private static let start = LockText(
    """
    @a/0 L(A) L(B) U(B) U(A)   # a remark
    @b/1 L(B) L(A) U(A) U(B)
    """)

  private func exercise(budget: Int? = nil, board: [BoardRow] = []) -> Exercise {
    var exercise = Exercise(kind: .schedule(.avoid))
    exercise.budget = budget
    exercise.board = board
    return exercise
  }

  @Test("a text's words are read without its remarks")
  func words() {
    #expect(Self.start.program == "@a/0 L(A) L(B) U(B) U(A) @b/1 L(B) L(A) U(A) U(B)")
  }

  /// An order of the words, and a part of what is said of it; nil where it ends in a deadlock.
  private static let orders: [(order: String, says: String?)] = [
    ("@a/0 L(A) @b/1 L(B) @a/0 L(B) U(B) U(A) @b/1 L(A) U(A) U(B)", nil),
    ("@a/0 L(A) @b/1 L(B) L(A) U(A) U(B) @a/0 L(B) U(B) U(A)", nil),
    ("@a/0 L(A) L(B) U(B) U(A) @b/1 L(B) L(A) U(A) U(B)", "came to an end"),
    ("@a/0 L(A) L(B) @b/1 L(B) L(A) U(A) U(B) @a/0 U(B) U(A)", "came to an end"),
    ("@a/0 L(A) U(A) @b/1 L(B) L(A) U(A) U(B)", "was expected"),
    ("@a/1 L(A) L(B) U(B) U(A) @b/1 L(B) L(A) U(A) U(B)", "on CPU 0"),
    ("@a/0 L(A) nonsense", "lock program"),
  ]

  @Test("a schedule reaches a deadlock or does not", arguments: orders.indices)
  func reach(_ index: Int) {
    let (order, says) = Self.orders[index]
    let check = AnswerCheck(
      LockText(order), start: Self.start, schedule: .reach, exercise: exercise())
    if let says {
      #expect(check.complaints.contains { $0.contains(says) }, "\(check.complaints)")
    } else {
      #expect(check.isPassed, "\(check.complaints)")
      #expect(check.remarks.last == "b waits for A, held by a")
    }
  }

  @Test("an order in which a handler cannot come is impossible")
  func impossible() {
    let start = LockText("@t/0 HARDIRQ_DISABLE L(A) U(A) HARDIRQ_ENABLE @hardirq:h/0 L(A) U(A)")
    let order = LockText(
      "@t/0 HARDIRQ_DISABLE L(A) @hardirq:h/0 L(A) U(A) @t/0 U(A) HARDIRQ_ENABLE")
    let check = AnswerCheck(order, start: start, schedule: .reach, exercise: exercise())
    #expect(check.complaints.contains { $0.contains("cannot come then") }, "\(check.complaints)")
  }

  /// A program, and a part of what is said of it; nil where it is right.
  private static let cures: [(program: String, says: String?)] = [
    ("@a/0 L(A) L(B) U(B) U(A) @b/1 L(A) L(B) U(B) U(A)", nil),
    ("@a/0 L(A) L(B) U(B) U(A) @b/1 L(B) L(A) U(A) U(B)", "still comes to a deadlock"),
    ("@a/0 L(A) L(B) U(B) U(A) @b/1 L(A) U(A)", "no longer takes B"),
    (
      "@a/0 L(A) U(A) L(A) U(A) L(A) U(A) L(A) L(B) U(B) U(A) @b/1 L(A) L(B) U(B) U(A)",
      "at most 4 may"
    ),
  ]

  @Test("a program is searched in all of its mixtures", arguments: cures.indices)
  func avoid(_ index: Int) {
    let (program, says) = Self.cures[index]
    let check = AnswerCheck(
      LockText(program), start: Self.start, schedule: .avoid, exercise: exercise(budget: 4))
    if let says {
      #expect(check.complaints.contains { $0.contains(says) }, "\(check.complaints)")
    } else {
      #expect(check.isPassed, "\(check.complaints)")
    }
  }

  @Test("a cure is known by its word")
  func board() {
    let start = LockText("@t/0 L(K) U(K) @hardirq:h/0 L(K) U(K)")
    let board = [
      BoardRow(name: "irqsave", sign: "+t HARDIRQ_DISABLE"),
      BoardRow(name: "lock-free", sign: "-hardirq:h L(K)"),
    ]
    let irqsave = AnswerCheck(
      LockText("@t/0 HARDIRQ_DISABLE L(K) U(K) HARDIRQ_ENABLE @hardirq:h/0 L(K) U(K)"),
      start: start, schedule: .avoid, exercise: exercise(budget: 2, board: board))
    #expect(irqsave.reached == ["irqsave"] && irqsave.isPassed, "\(irqsave.complaints)")
    let free = AnswerCheck(
      LockText("@t/0 L(K) U(K) @hardirq:h/0"), start: start, schedule: .avoid,
      exercise: exercise(budget: 2, board: board))
    #expect(free.reached == ["lock-free"] && free.isPassed, "\(free.complaints)")
    let trylock = AnswerCheck(
      LockText("@t/0 L(K) U(K) @hardirq:h/0 LT(K) U(K)"), start: start, schedule: .avoid,
      exercise: exercise(
        budget: 2, board: board + [BoardRow(name: "trylock", sign: "+hardirq:h LT(K)")]))
    #expect(trylock.reached == ["trylock"], "\(trylock.reached)")
  }
}
